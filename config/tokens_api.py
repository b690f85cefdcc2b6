"""Administration of the tokens by which clients' applications prove themselves (config/client_api.py)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from accounts.permissions import May, caller
from accounts.proof import require_fresh
from common.schemas import Words
from conversations.api_tokens import PER_MINUTE, make_token, revoke_token, token_view, tokens_of

router = Router(tags=["administration"])


class TokenShown(Schema):
    id: UUID
    name: str
    hint: str
    line_ids: list[UUID]
    per_minute: int
    made_by: str | None
    made_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class TokensShown(Schema):
    items: list[TokenShown]


class TokenMade(TokenShown):
    """`token` is shown here and never again."""

    token: str


class TokenGiven(Schema):
    name: Words = ""
    line_ids: list[UUID] = []
    per_minute: int = PER_MINUTE


@router.get("/tokens", auth=May("tokens.administer"), response=TokensShown)
def list_tokens(request: HttpRequest) -> dict[str, Any]:
    return {"items": tokens_of(caller(request).organisation_id)}


@router.post("/tokens", auth=May("tokens.administer"), response={201: TokenMade})
def add_token(request: HttpRequest, given: TokenGiven) -> Status[dict[str, Any]]:
    require_fresh(request)
    token, secret = make_token(
        actor=caller(request), name=given.name, line_ids=given.line_ids, per_minute=given.per_minute
    )
    return Status(201, {**token_view(token), "token": secret})


@router.post("/tokens/{uuid:token_id}/revoke", auth=May("tokens.administer"), response=TokenShown)
def revoke(request: HttpRequest, token_id: UUID) -> dict[str, Any]:
    return dict(token_view(revoke_token(actor=caller(request), token_id=token_id)))
