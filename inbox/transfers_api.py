"""Handing a conversation to a colleague or to a queue, and asking a colleague first."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from accounts.permissions import May, caller
from common.errors import Invalid, NotFound
from common.schemas import Words, as_json, schema_of
from conversations.models import Conversation
from conversations.rendering import Row, render_rows
from conversations.visibility import conversations_of
from inbox import desk
from inbox.transfers import ConsultView, Destinations, TransferView, consults_of, destinations_of, transfers_of
from routing.consult import ask, end_consult
from routing.reassign import MOST, held_by_agent, reassign
from routing.transfer import cancel_transfer, transfer_to_agent, transfer_to_queue

router = Router(tags=["conversations"])

RowSchema: Any = schema_of(Row)
DestinationsSchema: Any = schema_of(Destinations)
TransferSchema: Any = schema_of(TransferView)
ConsultSchema: Any = schema_of(ConsultView)


class Transfers(Schema):
    items: list[TransferSchema]


class Consults(Schema):
    items: list[ConsultSchema]


class Asked(Schema):
    agent_id: UUID
    note: Words


class Reassignment(Schema):
    """Of conversations, or of all that an agent holds; to an agent or to a queue."""

    conversation_ids: Annotated[list[UUID], Field(max_length=MOST)] | None = None
    of_agent_id: UUID | None = None
    agent_id: UUID | None = None
    queue_id: UUID | None = None


class ReassignedOne(Schema):
    id: str
    code: str


class Reassigned(Schema):
    items: list[ReassignedOne]


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
def list_transfers(request: HttpRequest, conversation: UUID | None = None) -> HttpResponse:
    """What the caller has offered to a colleague and still owns; of one `conversation`, also what he may take back for
    its owner. Ask again at each event line about a transfer."""
    return as_json({"items": transfers_of(caller(request), conversation)})


@router.post("/conversations/{uuid:conversation_id}/consult", auth=May("conversations.transfer"), response=RowSchema)
def ask_colleague(request: HttpRequest, conversation_id: UUID, given: Asked) -> HttpResponse:
    """Ask a colleague who sees its line; he answers in notes, the owner stays the owner. 409: not_owner,
    consult_pending, transfer_to_owner, agent_blind, agent_away."""
    _seen(request, conversation_id)
    ask(user=caller(request), conversation_id=conversation_id, agent_id=given.agent_id, question=given.note)
    return _row(request, conversation_id)


@router.post(
    "/conversations/{uuid:conversation_id}/consult/end", auth=May("conversations.transfer"), response=RowSchema
)
def end_asking(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """By who asks or who is asked; over already: nothing. 409: not_consulted."""
    _seen(request, conversation_id)
    end_consult(user=caller(request), conversation_id=conversation_id)
    return _row(request, conversation_id)


@router.post("/conversations/reassign", auth=May("conversations.reassign"), response=Reassigned)
def reassign_some(request: HttpRequest, given: Reassignment) -> HttpResponse:
    """Give conversations to an agent, who is not asked, or to a queue: some, or all that an agent holds. Each by
    itself: `code` says what kept one from it (no_conversation, closed, with_bot, agent_blind, agent_away,
    agent_full), "" that it is done."""
    user = caller(request)
    if (given.conversation_ids is None) == (given.of_agent_id is None):
        raise Invalid("required", "conversations, or of whom", field="conversation_ids")
    if given.conversation_ids == []:
        raise Invalid("required", "conversations, or of whom", field="conversation_ids")
    ids = held_by_agent(user, given.of_agent_id) if given.of_agent_id else given.conversation_ids or []
    done = reassign(actor=user, conversation_ids=ids, agent_id=given.agent_id, queue_id=given.queue_id)
    return as_json({"items": [{"id": str(one.conversation_id), "code": one.code} for one in done]})


@router.get("/consults", auth=May("conversations.transfer"), response=Consults)
def list_consults(request: HttpRequest) -> HttpResponse:
    """What the caller asks colleagues and is asked by them. Ask again at each consult.changed of his."""
    return as_json({"items": consults_of(caller(request))})


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
