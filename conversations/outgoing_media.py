"""What leaves with a text: it comes from its author's browser piece by piece, waits as a draft, and belongs to the text
from the moment that is stored. What it is its content says, and nothing else.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypedDict
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from common.errors import Conflict, Invalid, NotFound
from common.ids import uuid7
from conversations.adapters import Capabilities
from conversations.attachments import kind_of, sent_key
from conversations.links import capabilities_of
from conversations.models import Attachment, Conversation, Link, Message

PIECE = 512 * 1024  # octets, at most
MOST_DRAFTS = 20  # of one person; the oldest makes room
DRAFTS_H = 24
_NOBODYS = UUID(int=0)  # no link carries a draft


class DraftView(TypedDict):
    """`octets`: how large it is to be; `there`: how many have come. `kind`: image, audio, video once all have."""

    id: UUID
    octets: int
    there: int
    kind: str


def begin_draft(*, actor: User, conversation: Conversation, octets: int) -> DraftView:
    """Raises Conflict("no_attachments"), Invalid("file_empty", "attachments_too_large")."""
    allowed = _allowed(conversation)
    if octets < 1:
        raise Invalid("file_empty", "this file is empty", field="octets")
    _refuse_large(octets, allowed)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(id=actor.id)  # two at once: the second counts the first
        mine = Attachment.objects.filter(state=Attachment.State.DRAFT, sender=str(actor.id))
        # `mine` again: one that leaves with its answer at this moment is waited for, and is no draft any more.
        mine.filter(id__in=list(mine.order_by("-id").values_list("id", flat=True)[MOST_DRAFTS - 1 :])).delete()
        id_ = uuid7()
        Attachment.objects.create(
            id=id_, organisation_id=conversation.organisation_id, link_id=_NOBODYS, line_id=conversation.line_id,
            key=f"draft:{id_}", place=1, sender=str(actor.id), url="", declared="", state=Attachment.State.DRAFT,
            octets=octets, conversation_id=conversation.id,
        )  # fmt: skip
    return {"id": id_, "octets": octets, "there": 0, "kind": ""}


def add_piece(*, actor: User, conversation: Conversation, draft_id: UUID, at: int, content: str) -> DraftView:
    """Add octets (in base64) that stand from `at` on: where the last piece ended. One that is there already changes
    nothing. Raises NotFound, Invalid("piece"), Invalid("attachment_kind") with the last one: it is then forgotten."""
    try:
        piece = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("piece", "this is no base64", field="content") from None
    with transaction.atomic():
        draft = _drafts(actor, conversation).select_for_update(no_key=True).filter(id=draft_id).first()
        if draft is None:
            raise NotFound("no_attachment", "there is no such attachment")
        held = bytes(draft.content)
        if not 0 < len(piece) <= PIECE or at > len(held) or at + len(piece) > draft.octets or at < 0:
            raise Invalid("piece", f"the next piece begins at {len(held)}", field="at")
        if held[at : at + len(piece)] != piece[: max(0, len(held) - at)]:
            raise Invalid("piece", f"another piece stands at {at}", field="content")
        held += piece[len(held) - at :]
        draft.content = held
        kind = ""
        if len(held) == draft.octets:
            kind = kind_of(held)
            draft.content_type = kind
        if len(held) < draft.octets or kind in _allowed(conversation).media:
            draft.save(update_fields=["content", "content_type"])
            return {"id": draft.id, "octets": draft.octets, "there": len(held), "kind": kind.partition("/")[0]}
        draft.delete()
    raise Invalid("attachment_kind", "this kind of file cannot be sent on this line", field="content")


def forget_draft(*, actor: User, conversation: Conversation, draft_id: UUID) -> None:
    """Again is no harm."""
    _drafts(actor, conversation).filter(id=draft_id).delete()


def whole_drafts(
    actor: User, conversation: Conversation, link: Link, draft_ids: Sequence[UUID]
) -> list[Attachment]:  # fmt: skip
    """The author's drafts in the order that he gave, locked, as `link` carries them together.

    Raises Conflict("no_attachments"), Invalid("no_attachment", "attachment_kind", "too_many_attachments",
    "attachments_too_large").
    """
    allowed = capabilities_of(link.adapter, conversation.line.address)
    if not allowed.attachments:
        raise Conflict("no_attachments", "nothing but text can be sent on this line")
    if len(draft_ids) > allowed.most_media:
        raise Invalid("too_many_attachments", "too many attachments", field="attachments", most=allowed.most_media)
    found = {
        one.id: one
        for one in _drafts(actor, conversation)
        .select_for_update(no_key=True)
        .filter(id__in=draft_ids)
        .exclude(content_type="")
        .order_by("id")
        .defer("content")
    }
    if len(found) != len(draft_ids):  # one of them twice, too
        raise Invalid("no_attachment", "there is no such attachment", field="attachments")
    drafts = [found[id_] for id_ in draft_ids]
    if any(one.content_type not in allowed.media for one in drafts):
        raise Invalid("attachment_kind", "this kind of file cannot be sent on this line", field="attachments")
    _refuse_large(sum(one.octets for one in drafts), allowed)
    return drafts


def attach(drafts: Sequence[Attachment], message: Message, link: Link) -> None:
    """From now on they are the message's."""
    for place, one in enumerate(drafts, 1):
        Attachment.objects.filter(id=one.id).update(
            state=Attachment.State.THERE, message_id=message.id, link_id=link.id, key=sent_key(message.id),
            place=place, sender="",
        )  # fmt: skip


def _drafts(actor: User, conversation: Conversation) -> QuerySet[Attachment]:
    return Attachment.objects.filter(
        organisation_id=conversation.organisation_id, conversation_id=conversation.id, state=Attachment.State.DRAFT,
        sender=str(actor.id),
    )  # fmt: skip


def _allowed(conversation: Conversation) -> Capabilities:
    """What each enabled link of the line carries. Raises Conflict("no_attachments")."""
    links = conversation.line.links.filter(is_enabled=True).order_by("linelink__priority", "name")
    found = [capabilities_of(link.adapter, conversation.line.address) for link in links]
    if not found or not all(one.attachments for one in found):
        raise Conflict("no_attachments", "nothing but text can be sent on this line")
    return found[0]


def _refuse_large(octets: int, allowed: Capabilities) -> None:
    if octets > allowed.largest_media:
        raise Invalid(
            "attachments_too_large", f"at most {allowed.largest_media} octets together", field="attachments",
            most=allowed.largest_media,
        )  # fmt: skip
