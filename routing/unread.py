"""Marking one's conversation unread again."""

from __future__ import annotations

from uuid import UUID

from accounts.models import User
from common.errors import Conflict
from conversations.events import ConversationRead
from conversations.messages import lock_conversation
from conversations.models import Message, MessageKind, Status
from realtime.log import record_changes
from routing.rows import set_fields


def mark_unread(*, user: User, conversation_id: UUID) -> None:
    """The owner will look at it again: its last text counts as unread, here and in his other browsers. Nobody else's
    mark, and none where nobody has written. Raises Conflict("closed", "not_owner")."""
    with record_changes(user.organisation_id) as changes:
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        if conversation.status == Status.CLOSED:
            raise Conflict("closed", "this conversation is closed")
        if conversation.owner_id != user.id:
            raise Conflict("not_owner", "only its owner reads a conversation, and marks it unread")
        last = (
            Message.objects.filter(conversation_id=conversation.id, kind=MessageKind.INCOMING)
            .order_by("-seq")
            .values_list("seq", flat=True)
            .first()
        )
        if conversation.unread or last is None:
            return
        set_fields(conversation, unread=1)
        changes.add(
            ConversationRead(line_id=conversation.line_id, conversation_id=conversation.id, by_id=user.id, seq=last - 1)
        )
