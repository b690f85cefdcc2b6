"""Putting a conversation aside and waking it; what has come due and calls its agent."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import AwareDatetime, Field

from accounts.permissions import May, caller
from common.errors import NotFound
from common.schemas import Words, as_json, schema_of
from conversations.rendering import Row, render_rows
from conversations.visibility import conversations_of
from inbox import desk
from inbox.calls import CallView, calls_of
from realtime.audience import Audience
from routing import snooze as snoozing
from routing.put_aside import put_aside

router = Router(tags=["conversations"])

RowSchema: Any = schema_of(Row)
CallSchema: Any = schema_of(CallView)
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]


class Calls(Schema):
    items: list[CallSchema]


class Farewell(Schema):
    """What its subscriber is told: an answer, which leaves with the sleep or not at all."""

    client_id: UUID
    body: Words


class SnoozeGiven(Schema):
    until: AwareDatetime | None = None
    seen: Number
    text: Farewell | None = None


@router.post("/conversations/{uuid:conversation_id}/snooze", auth=May("conversations.snooze"), response=RowSchema)
def snooze(request: HttpRequest, conversation_id: UUID, given: SnoozeGiven) -> HttpResponse:
    """Put one's own conversation aside: it holds no capacity and comes back at a time, or when its subscriber writes
    (`until` null: then alone). `seen`: the highest number on the screen; a newer text of his refuses (409 new_text)."""
    audience = _seen(request, conversation_id)
    user, text = caller(request), given.text
    if text is None:
        snoozing.snooze(user=user, conversation_id=conversation_id, until=given.until, seen=given.seen)
    else:
        put_aside(
            user=user, conversation_id=conversation_id, until=given.until, seen=given.seen, body=text.body,
            client_id=text.client_id,
        )  # fmt: skip
    return _row(audience, conversation_id)


@router.post("/conversations/{uuid:conversation_id}/wake", auth=May("conversations.snooze"), response=RowSchema)
def wake(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Wake it now. 409 at_capacity: its owner has no room for it, and it sleeps on."""
    audience = _seen(request, conversation_id)
    snoozing.wake_by_hand(user=caller(request), conversation_id=conversation_id)
    return _row(audience, conversation_id)


@router.get("/calls", auth=May("conversations.snooze"), response=Calls)
def list_calls(request: HttpRequest) -> HttpResponse:
    """What of the caller's has come due: promised callbacks, and conversations that woke by their time. Ask at the
    start, after a reset, and at each agent.called of his."""
    return as_json({"items": calls_of(caller(request))})


def _seen(request: HttpRequest, conversation_id: UUID) -> Audience:
    """The caller's audience. Raises NotFound when it does not include the conversation."""
    audience = desk.audience(caller(request))
    if not conversations_of(audience).filter(id=conversation_id).exists():
        raise NotFound("no_conversation", "there is no such conversation")
    return audience


def _row(audience: Audience, conversation_id: UUID) -> HttpResponse:
    rows = render_rows(audience.organisation_id, [conversation_id], audience.kind)
    if conversation_id not in rows:
        raise NotFound("no_conversation", "there is no such conversation")
    return as_json(rows[conversation_id])
