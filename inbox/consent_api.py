"""Opt-outs: of the person on screen, and the organisation's list."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from accounts.permissions import May, caller
from common.errors import NotFound
from common.schemas import Words, as_json, schema_of
from conversations.visibility import conversations_of
from inbox import desk
from inbox.consent import OptOutView, SaidView, opt_outs, said_of, set_consent

router = Router(tags=["consent"])

OptOutSchema: Any = schema_of(OptOutView)
SaidSchema: Any = schema_of(SaidView)


class ConsentReason(Schema):
    reason: Annotated[Words, Field(max_length=300)]


class OptOuts(Schema):
    items: list[OptOutSchema]


class SaidList(Schema):
    items: list[SaidSchema]


@router.post("/conversations/{uuid:conversation_id}/opt-out", auth=May("consent.opt_out"), response=SaidSchema)
def write_opt_out(request: HttpRequest, conversation_id: UUID, given: ConsentReason) -> HttpResponse:
    return _set(request, conversation_id, given, opted_out=True)


@router.post("/conversations/{uuid:conversation_id}/opt-in", auth=May("consent.opt_in"), response=SaidSchema)
def lift_opt_out(request: HttpRequest, conversation_id: UUID, given: ConsentReason) -> HttpResponse:
    return _set(request, conversation_id, given, opted_out=False)


@router.get("/opt-outs", auth=May("consent.read"), response=OptOuts)
def list_opt_outs(request: HttpRequest, q: Annotated[str, Query(max_length=60)] = "") -> HttpResponse:
    user = caller(request)
    return as_json({"items": opt_outs(organisation_id=user.organisation_id, region=user.organisation.region, q=q)})


@router.get("/opt-outs/said", auth=May("consent.read"), response=SaidList)
def read_said(request: HttpRequest, number: Annotated[str, Query(max_length=254)]) -> HttpResponse:
    return as_json({"items": said_of(organisation_id=caller(request).organisation_id, number=number)})


def _set(request: HttpRequest, conversation_id: UUID, given: ConsentReason, *, opted_out: bool) -> HttpResponse:
    user = caller(request)
    if not conversations_of(desk.audience(user)).filter(id=conversation_id).exists():
        raise NotFound("no_conversation", "there is no such conversation")
    said = set_consent(user=user, conversation_id=conversation_id, opted_out=opted_out, reason=given.reason)
    return as_json(said)
