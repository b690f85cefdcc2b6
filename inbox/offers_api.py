"""What rings at an agent: offers, the next of a queue, wrap-ups, and what his browser says of him."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Body, Router, Schema, Status

from accounts.permissions import May, caller
from common.errors import NotFound
from common.schemas import Words, as_json, schema_of
from conversations.rendering import Row, render_rows
from inbox import desk
from inbox.offers import OfferView, WrapUpView, conversation_of_offer, offers_of, wrap_ups_of
from routing import offers, presence
from routing.pulling import take_next
from routing.rendering import AgentView
from routing.wrap_up import finish

router = Router(tags=["offers"])

RowSchema: Any = schema_of(Row)
OfferSchema: Any = schema_of(OfferView)
WrapUpSchema: Any = schema_of(WrapUpView)
AgentSchema: Any = schema_of(AgentView)


class Offers(Schema):
    items: list[OfferSchema]


class WrapUps(Schema):
    items: list[WrapUpSchema]


class Declined(Schema):
    reason: Words


class Finished(Schema):
    disposition_id: UUID | None = None


class Idle(Schema):
    idle: bool


class Focus(Schema):
    conversation_id: UUID | None = None


@router.get("/offers", auth=May("offers.answer"), response=Offers)
def list_offers(request: HttpRequest) -> HttpResponse:
    """What rings at the caller now. Ask at the start, after a reset, and at each offer.made and offer.ended of his."""
    return as_json({"items": offers_of(caller(request))})


@router.post("/offers/{uuid:offer_id}/accept", auth=May("offers.answer"), response=RowSchema)
def accept(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """The conversation is the caller's. 409 offer_over: its time is over, or somebody was faster."""
    user = caller(request)
    conversation_id = conversation_of_offer(user, offer_id)
    offers.accept(user=user, offer_id=offer_id)
    return _row(request, conversation_id)


@router.post("/offers/{uuid:offer_id}/decline", auth=May("offers.answer"), response={204: None})
def decline(request: HttpRequest, offer_id: UUID, given: Declined) -> Status[None]:
    """It goes on to the next agent; to the caller not for a while. 409 offer_over."""
    offers.decline(user=caller(request), offer_id=offer_id, reason=given.reason)
    return Status(204, None)


@router.post("/queues/{uuid:queue_id}/next", auth=May("conversations.take"), response=RowSchema)
def pull_next(request: HttpRequest, queue_id: UUID) -> HttpResponse:
    """Take the conversation whose turn it is. 409: no_pull, not_your_queue, queue_empty, at_capacity."""
    conversation = take_next(user=caller(request), queue_id=queue_id)
    return _row(request, conversation.id)


@router.get("/wrap-ups", auth=May("offers.answer"), response=WrapUps)
def list_wrap_ups(request: HttpRequest) -> HttpResponse:
    """What the caller has closed and not finished: until then it counts in his load."""
    return as_json({"items": wrap_ups_of(caller(request))})


@router.post("/wrap-ups/{uuid:wrap_up_id}/done", auth=May("offers.answer"), response={204: None})
def finish_wrap_up(request: HttpRequest, wrap_up_id: UUID, given: Body[Finished | None] = None) -> Status[None]:
    """The caller is done with what he has closed: `wrap_up_id` is the conversation's. Over already: nothing.
    422 disposition_required."""
    disposition_id = given.disposition_id if given else None
    finish(user=caller(request), conversation_id=wrap_up_id, disposition_id=disposition_id)
    return Status(204, None)


@router.post("/presence/idle", auth=May("presence.set"), response=AgentSchema)
def report_idle(request: HttpRequest, given: Idle) -> HttpResponse:
    """The browser has seen nobody for a while (available becomes away), or sees somebody again (and back)."""
    user = caller(request)
    presence.set_idle(user=user, idle=given.idle)
    return as_json(desk.presence_of(user))


@router.post("/presence/focus", auth=May("presence.set"), response={204: None})
def report_focus(request: HttpRequest, given: Focus) -> Status[None]:
    """Which conversation stands before the caller's eyes; null: none. Only his own are measured."""
    presence.set_focus(user=caller(request), conversation_id=given.conversation_id)
    return Status(204, None)


def _row(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    audience = desk.audience(caller(request))
    rows = render_rows(audience.organisation_id, [conversation_id], audience.kind)
    if conversation_id not in rows:
        raise NotFound("no_conversation", "there is no such conversation")
    return as_json(rows[conversation_id])
