"""Tokens of clients' applications: made by an administrator, shown once, known again by their digest, revoked for good.

    Authorization: Bearer palabre_<43 signs>

A token is not a password: of its 256 random bits nothing can be guessed, so a plain digest keeps it, and looking one
up costs each call one index.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import TypedDict
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from accounts import audit
from accounts.models import User
from common.errors import Conflict, Invalid, NotFound
from common.text import name_of
from conversations.models import ApiToken, Line
from conversations.rendering import iso
from realtime.log import record_changes

PREFIX = "palabre_"  # by which scanners of leaked secrets know it
LONGEST = 100  # of what is taken for a token at all
PER_MINUTE = 600
MOST_PER_MINUTE = 60_000
USED_EVERY = timedelta(minutes=1)


class TokenView(TypedDict):
    id: str
    name: str
    hint: str
    line_ids: list[str]
    per_minute: int
    made_by: str | None
    made_at: str
    used_at: str | None
    revoked_at: str | None


def tokens_of(organisation_id: UUID) -> list[TokenView]:
    """Those that still work first, newest first."""
    found = ApiToken.objects.filter(organisation_id=organisation_id).select_related("made_by").prefetch_related("lines")
    return [token_view(one) for one in sorted(found, key=lambda one: (one.revoked_at is not None, -one.id.int))]


def token_view(token: ApiToken) -> TokenView:
    return {
        "id": str(token.id),
        "name": token.name,
        "hint": token.hint,
        "line_ids": sorted(str(line.id) for line in token.lines.all()),
        "per_minute": token.per_minute,
        "made_by": token.made_by.name if token.made_by else None,
        "made_at": iso(token.made_at),
        "used_at": iso(token.used_at) if token.used_at else None,
        "revoked_at": iso(token.revoked_at) if token.revoked_at else None,
    }


def make_token(
    *, actor: User, name: str, line_ids: Sequence[UUID], per_minute: int = PER_MINUTE
) -> tuple[ApiToken, str]:
    """(the token's row, the token: nobody can show it a second time).

    Raises Invalid: "required", "name_taken", "unknown_choice" (a line of nobody or of others), "per_minute".
    """
    organisation_id = actor.organisation_id
    name = name_of(name, longest=120, field="name")
    if not 1 <= per_minute <= MOST_PER_MINUTE:
        raise Invalid("per_minute", f"from 1 to {MOST_PER_MINUTE}", field="per_minute")
    wanted = set(line_ids)
    if not wanted:
        raise Invalid("required", "at least one line", field="line_ids")
    secret = PREFIX + secrets.token_urlsafe(32)
    with record_changes(organisation_id):
        lines = list(Line.objects.filter(organisation_id=organisation_id, id__in=wanted).order_by("address"))
        if len(lines) != len(wanted):
            raise Invalid("unknown_choice", "there is no such line", field="line_ids")
        if ApiToken.objects.filter(organisation_id=organisation_id, name=name, revoked_at=None).exists():
            raise Invalid("name_taken", "this name is used already", field="name")
        token = ApiToken.objects.create(
            organisation_id=organisation_id,
            name=name,
            hint=secret[-4:],
            digest=_digest(secret),
            per_minute=per_minute,
            made_by=actor,
        )
        token.lines.set(lines)
        audit.record(
            actor=actor, organisation_id=organisation_id, action="token.created", kind="token", object_id=token.id,
            name=name,
            changes={
                "token": [None, audit.SET], "lines": [None, ", ".join(line.address for line in lines)],
                "per_minute": [None, per_minute],
            },
        )  # fmt: skip
        token.refresh_from_db()
    return token, secret


def revoke_token(*, actor: User, token_id: UUID) -> ApiToken:
    """It opens nothing from now on. Raises NotFound, Conflict("revoked")."""
    with record_changes(actor.organisation_id):
        mine = ApiToken.objects.select_for_update(no_key=True)
        token = mine.filter(organisation_id=actor.organisation_id, id=token_id).first()
        if token is None:
            raise NotFound("no_such_token", "there is no such token")
        if token.revoked_at is not None:
            raise Conflict("revoked", "this token is revoked already")
        ApiToken.objects.filter(id=token.id).update(revoked_at=Now())
        audit.record(
            actor=actor, organisation_id=token.organisation_id, action="token.removed", kind="token",
            object_id=token.id, name=token.name, changes={"token": [audit.SET, None]},
        )  # fmt: skip
        token.refresh_from_db()
    return token


def token_for(secret: str) -> ApiToken | None:
    """The token that this is, with its organisation; None: nobody's, or revoked."""
    if not secret.startswith(PREFIX) or len(secret) > LONGEST:
        return None
    digest = _digest(secret)
    token = ApiToken.objects.select_related("organisation").filter(digest=digest, revoked_at=None).first()
    if token is not None:
        # At most once a minute: each call would write the row otherwise.
        stale = Q(used_at=None) | Q(used_at__lt=Now() - USED_EVERY)
        ApiToken.objects.filter(stale, id=token.id).update(used_at=Now())
    return token


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
