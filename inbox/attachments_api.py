"""What an agent attaches to an answer: announced, sent in pieces, and named by the answer that it leaves with."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from accounts.permissions import May, caller
from common.errors import NotFound
from common.schemas import Words, schema_of
from conversations import outgoing_media
from conversations.models import Conversation
from conversations.outgoing_media import DraftView
from conversations.visibility import conversations_of
from inbox import desk

router = Router(tags=["conversations"])

DraftSchema: Any = schema_of(DraftView)


class DraftGiven(Schema):
    octets: int


class DraftPiece(Schema):
    """`at`: how many octets stand before it. `content` in base64: at most 512 KiB."""

    at: Annotated[int, Field(ge=0, le=2**31 - 1)]
    content: Annotated[Words, Field(max_length=800_000)]


@router.post(
    "/conversations/{uuid:conversation_id}/attachments", auth=May("conversations.answer"), response={201: DraftSchema}
)
def begin(request: HttpRequest, conversation_id: UUID, given: DraftGiven) -> Status[Any]:
    """Announce a picture, a sound or a film; its pieces follow in order."""
    actor, conversation = caller(request), _conversation(request, conversation_id)
    return Status(201, outgoing_media.begin_draft(actor=actor, conversation=conversation, octets=given.octets))


@router.put(
    "/conversations/{uuid:conversation_id}/attachments/{uuid:attachment_id}", auth=May("conversations.answer"),
    response=DraftSchema,
)  # fmt: skip
def add_piece(request: HttpRequest, conversation_id: UUID, attachment_id: UUID, given: DraftPiece) -> Any:
    """422 attachment_kind with the last piece: its content is none that this line carries, and it is forgotten."""
    return outgoing_media.add_piece(
        actor=caller(request), conversation=_conversation(request, conversation_id), draft_id=attachment_id,
        at=given.at, content=given.content,
    )  # fmt: skip


@router.delete(
    "/conversations/{uuid:conversation_id}/attachments/{uuid:attachment_id}", auth=May("conversations.answer"),
    response={204: None},
)  # fmt: skip
def remove(request: HttpRequest, conversation_id: UUID, attachment_id: UUID) -> Status[None]:
    outgoing_media.forget_draft(
        actor=caller(request), conversation=_conversation(request, conversation_id), draft_id=attachment_id
    )
    return Status(204, None)


def _conversation(request: HttpRequest, conversation_id: UUID) -> Conversation:
    found = conversations_of(desk.audience(caller(request))).select_related("line").filter(id=conversation_id).first()
    if found is None:
        raise NotFound("no_conversation", "there is no such conversation")
    return found
