"""Handing a conversation to a colleague or to a queue."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from accounts.permissions import May, caller
from common.errors import Invalid, NotFound
from common.schemas import Words, as_json, schema_of
from conversations.models import Conversation
from conversations.rendering import Row, render_rows
from conversations.visibility import conversations_of
from inbox import desk
from inbox.transfers import Destinations, TransferView, destinations_of, transfers_of
from routing.transfer import cancel_transfer, transfer_to_agent, transfer_to_queue

router = Router(tags=["conversations"])

RowSchema: Any = schema_of(Row)
DestinationsSchema: Any = schema_of(Destinations)
TransferSchema: Any = schema_of(TransferView)


class Transfers(Schema):
    items: list[TransferSchema]


class Transferred(Schema):
    """To an agent or to a queue: one of them."""

    agent_id: UUID | None = None
    queue_id: UUID | None = None
    note: Words = ""


@router.get(
    "/conversations/{uuid:conversation_id}/destinations",
    auth=May("conversations.transfer"),
    response=DestinationsSchema,
)
def list_destinations(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Colleagues who see its line, with the room that each has, and the queues, with how many wait."""
    return as_json(destinations_of(_seen(request, conversation_id)))


@router.post("/conversations/{uuid:conversation_id}/transfer", auth=May("conversations.transfer"), response=RowSchema)
def transfer(request: HttpRequest, conversation_id: UUID, given: Transferred) -> HttpResponse:
    """To an agent it rings at him (GET /api/offers) and stays the owner's until it is accepted; to a queue it goes at
    once. 409: not_owner, closed, transfer_pending, transfer_to_owner, agent_blind, agent_away, agent_full."""
    user = caller(request)
    _seen(request, conversation_id)
    if (given.agent_id is None) == (given.queue_id is None):
        raise Invalid("required", "an agent or a queue", field="agent_id")
    if given.agent_id is not None:
        transfer_to_agent(user=user, conversation_id=conversation_id, agent_id=given.agent_id, note=given.note)
    elif given.queue_id is not None:
        transfer_to_queue(user=user, conversation_id=conversation_id, queue_id=given.queue_id, note=given.note)
    return _row(request, conversation_id)


@router.post(
    "/conversations/{uuid:conversation_id}/transfer/cancel", auth=May("conversations.transfer"), response=RowSchema
)
def cancel(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Take back what still rings at a colleague. 409 not_owner: he has accepted it."""
    _seen(request, conversation_id)
    cancel_transfer(user=caller(request), conversation_id=conversation_id)
    return _row(request, conversation_id)


@router.get("/transfers", auth=May("conversations.transfer"), response=Transfers)
def list_transfers(request: HttpRequest) -> HttpResponse:
    """What the caller has offered to a colleague and still owns. Ask again at each event line about a transfer."""
    return as_json({"items": transfers_of(caller(request))})


def _seen(request: HttpRequest, conversation_id: UUID) -> Conversation:
    """Raises NotFound for what the caller does not see."""
    audience = desk.audience(caller(request))
    found = conversations_of(audience).select_related("line").filter(id=conversation_id).first()
    if found is None:
        raise NotFound("no_conversation", "there is no such conversation")
    return found


def _row(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    audience = desk.audience(caller(request))
    return as_json(render_rows(audience.organisation_id, [conversation_id], audience.kind)[conversation_id])
