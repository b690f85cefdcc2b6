"""Conversations: lists, threads, and what an agent does to them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Body, Query, Router, Schema, Status
from pydantic import AwareDatetime, Field

from accounts.permissions import May, caller
from common.clock import database_now
from common.errors import NotFound
from common.ranges import answer_in_ranges
from common.schemas import Words, as_json, schema_of
from conversations.attachments import slice_of, stored_of
from conversations.delivery_details import DeliveryDetails, delivery_details
from conversations.rendering import MessageView, Row, render_messages, render_rows, render_thread
from conversations.visibility import conversations_of
from inbox import desk
from inbox.choices import choice_of, shown_lines
from inbox.lists import list_page
from inbox.person import PersonView, person_of
from inbox.views_api import ListAsked
from realtime.audience import Audience, AudienceKind
from replies import drafts
from routing import callbacks, ownership, reopening

router = Router(tags=["conversations"])

RowSchema: Any = schema_of(Row)
MessageSchema: Any = schema_of(MessageView)
PersonSchema: Any = schema_of(PersonView)
DetailsSchema: Any = schema_of(DeliveryDetails)
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]  # of a message in its conversation


class Head(Schema):
    head: int
    epoch: int


class DetailsShown(Schema):
    delivery: DetailsSchema | None


class ConversationPage(Head):
    items: list[RowSchema]
    next: str | None


class ConversationDetail(Head):
    conversation: RowSchema
    contact: PersonSchema


class MessagePage(Head):
    items: list[MessageSchema]
    has_more: bool


class Written(Schema):
    client_id: UUID
    body: str


class Answer(Written):
    """`attachments`: drafts of one's own in this conversation, in their order; `body` may then be empty."""

    attachments: Annotated[list[UUID], Field(max_length=20)] = []


class Destination(Schema):
    to: Literal["queue", "bot"]


class Promise(Schema):
    """`at`: when somebody is to come back to the subscriber. Without `note`, what was noted before stays."""

    at: AwareDatetime
    note: Words | None = None


class PromiseEnd(Schema):
    """`kept` false: given up."""

    kept: bool = True


class ReadUpTo(Schema):
    seq: Number


class Ending(Schema):
    """`seen`: the highest number on the screen; a newer text of the subscriber then refuses the close.
    `disposition_id`: what came of it; some queues ask for one."""

    seen: Number | None = None
    disposition_id: UUID | None = None


@router.get("/conversations", auth=May("conversations.list"), response=ConversationPage)
def list_conversations(
    request: HttpRequest,
    asked: Query[ListAsked],
    view: str = "mine",
    q: str | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    order: Literal["waiting", "deadline"] = "waiting",
) -> HttpResponse:
    """Of the lines that the caller has on his desk (PUT /api/desk/lines); what is his own, of every line."""
    user = caller(request)
    head, audience = desk.head_of(user.organisation_id), desk.audience(user)
    rows, ends = list_page(
        audience=audience, organisation_region=user.organisation.region, view=view, asked=asked.asked(), q=q,
        after=after, limit=limit, order=order, shown=shown_lines(choice_of(user), audience), now=database_now(),
    )  # fmt: skip
    return as_json({"items": rows, "next": ends, **head})


@router.get("/conversations/{uuid:conversation_id}", auth=May("conversations.read"), response=ConversationDetail)
def read_conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    user = caller(request)
    head, audience = desk.head_of(user.organisation_id), desk.audience(user)
    contact = person_of(audience, conversation_id)
    return as_json({"conversation": _row(audience, conversation_id), "contact": contact, **head})


@router.get("/conversations/{uuid:conversation_id}/attachment", auth=May("conversations.read"))
def read_attachment(request: HttpRequest, conversation_id: UUID, seq: Number, place: Number) -> HttpResponse:
    """What came, or left, with text number `seq`, as a picture, a sound or a film of its own; a Range of it, too."""
    audience = desk.audience(caller(request))
    seen = conversations_of(audience).filter(id=conversation_id).exists() and audience.kind != AudienceKind.NO_TEXT
    found = stored_of(audience.organisation_id, conversation_id, seq, place) if seen else None
    if found is None:
        raise NotFound("no_attachment", "there is no such attachment")
    answer = answer_in_ranges(
        request, content_type=found.content_type, length=found.octets, tag=str(found.id), read=partial(slice_of, found)
    )
    answer["Content-Disposition"] = f'inline; filename="{seq}-{place}"'
    return answer


@router.get("/conversations/{uuid:conversation_id}/messages", auth=May("conversations.read"), response=MessagePage)
def read_messages(
    request: HttpRequest,
    conversation_id: UUID,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> HttpResponse:
    user = caller(request)
    head, audience = desk.head_of(user.organisation_id), _seen(request, conversation_id)
    items, has_more = render_thread(user.organisation_id, conversation_id, audience.kind, before=before, limit=limit)
    return as_json({"items": items, "has_more": has_more, **head})


@router.get("/conversations/{uuid:conversation_id}/delivery", auth=May("conversations.read"), response=DetailsShown)
def read_delivery(
    request: HttpRequest, conversation_id: UUID, seq: Annotated[int, Query(ge=1, le=2**31 - 1)]
) -> HttpResponse:
    """How message number `seq` left; null where it was not meant to leave."""
    audience = _seen(request, conversation_id)
    found = delivery_details(
        organisation_id=audience.organisation_id,
        conversation_id=conversation_id,
        seq=seq,
        silent=audience.kind == AudienceKind.NO_TEXT,
    )
    return as_json({"delivery": found})


@router.post("/conversations/{uuid:conversation_id}/messages", auth=May("conversations.answer"), response=MessageSchema)
def answer(request: HttpRequest, conversation_id: UUID, given: Answer) -> HttpResponse:
    audience = _seen(request, conversation_id)
    message = ownership.answer(
        user=caller(request), conversation_id=conversation_id, client_id=given.client_id, body=given.body,
        attachments=given.attachments,
    )  # fmt: skip
    drafts.sent(user=caller(request), conversation_id=conversation_id, mode="reply", body=given.body)
    return _message(audience, message.id)


@router.post("/conversations/{uuid:conversation_id}/notes", auth=May("conversations.note"), response=MessageSchema)
def note(request: HttpRequest, conversation_id: UUID, given: Written) -> HttpResponse:
    audience = _seen(request, conversation_id)
    message = ownership.note(
        user=caller(request), conversation_id=conversation_id, client_id=given.client_id, body=given.body
    )
    drafts.sent(user=caller(request), conversation_id=conversation_id, mode="note", body=given.body)
    return _message(audience, message.id)


@router.post("/conversations/{uuid:conversation_id}/take", auth=May("conversations.take"), response=RowSchema)
def take(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    audience = _seen(request, conversation_id)
    ownership.take(user=caller(request), conversation_id=conversation_id)
    return as_json(_row(audience, conversation_id))


@router.post("/conversations/{uuid:conversation_id}/return", auth=May("conversations.return"), response=RowSchema)
def give_back(request: HttpRequest, conversation_id: UUID, given: Destination) -> HttpResponse:
    audience = _seen(request, conversation_id)
    ownership.give_back(user=caller(request), conversation_id=conversation_id, to=given.to)
    return as_json(_row(audience, conversation_id))


@router.post("/conversations/{uuid:conversation_id}/close", auth=May("conversations.close"), response=RowSchema)
def close(request: HttpRequest, conversation_id: UUID, given: Body[Ending | None] = None) -> HttpResponse:
    """422 disposition_required: its queue wants to know what came of it, and no wrap-up follows in which to say so."""
    audience, given = _seen(request, conversation_id), given or Ending()
    ownership.close(
        user=caller(request), conversation_id=conversation_id, seen=given.seen, disposition_id=given.disposition_id
    )
    return as_json(_row(audience, conversation_id))


@router.post("/conversations/{uuid:conversation_id}/reopen", auth=May("conversations.reopen"), response=RowSchema)
def reopen(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """409 newer_open: the subscriber has written since; what that opened goes on."""
    audience = _seen(request, conversation_id)
    reopening.reopen(user=caller(request), conversation_id=conversation_id)
    return as_json(_row(audience, conversation_id))


@router.post("/conversations/{uuid:conversation_id}/callback", auth=May("conversations.promise"), response=RowSchema)
def promise(request: HttpRequest, conversation_id: UUID, given: Promise) -> HttpResponse:
    """Promise to come back to the subscriber at a time; promised before, it is moved."""
    audience = _seen(request, conversation_id)
    callbacks.promise_callback(user=caller(request), conversation_id=conversation_id, at=given.at, note=given.note)
    return as_json(_row(audience, conversation_id))


@router.post(
    "/conversations/{uuid:conversation_id}/callback/end", auth=May("conversations.promise"), response=RowSchema
)
def end_promise(request: HttpRequest, conversation_id: UUID, given: Body[PromiseEnd | None] = None) -> HttpResponse:
    audience = _seen(request, conversation_id)
    callbacks.end_callback(user=caller(request), conversation_id=conversation_id, kept=given.kept if given else True)
    return as_json(_row(audience, conversation_id))


@router.post("/conversations/{uuid:conversation_id}/read", auth=May("conversations.mark_read"), response={204: None})
def mark_read(request: HttpRequest, conversation_id: UUID, given: ReadUpTo) -> Status[None]:
    _seen(request, conversation_id)
    ownership.mark_read(user=caller(request), conversation_id=conversation_id, seq=given.seq)
    return Status(204, None)


def _seen(request: HttpRequest, conversation_id: UUID) -> Audience:
    """The caller's audience. Raises NotFound when it does not include the conversation."""
    audience = desk.audience(caller(request))
    if not conversations_of(audience).filter(id=conversation_id).exists():
        raise NotFound("no_conversation", "there is no such conversation")
    return audience


def _row(audience: Audience, conversation_id: UUID) -> Row:
    rows = render_rows(audience.organisation_id, [conversation_id], audience.kind)
    if conversation_id not in rows:
        raise NotFound("no_conversation", "there is no such conversation")
    return rows[conversation_id]


def _message(audience: Audience, message_id: UUID) -> HttpResponse:
    return as_json(render_messages(audience.organisation_id, [message_id], audience.kind)[message_id])
