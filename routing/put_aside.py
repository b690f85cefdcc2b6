"""Putting a conversation aside with a word to its subscriber: the text and the sleep are one transaction.

In two, the text would wake what has just been put aside, or be sent for a sleep that is then refused.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accounts.models import User
from common.clock import database_now
from common.errors import Conflict
from conversations.messages import clean_text, lock_conversation
from conversations.models import Conversation, MessageKind
from realtime.log import record_changes
from routing.ownership import Said, say, written_before
from routing.pace import take_turn_to_send
from routing.snooze import lay_down, refuse_unready


def put_aside(
    *, user: User, conversation_id: UUID, seen: int, until: datetime | None, body: str, client_id: UUID,
    now: datetime | None = None,
) -> Conversation:  # fmt: skip
    """Send `body` as its owner's answer, and put his conversation aside, asleep before or not. The same `client_id`
    again sends nothing more. Raises as routing.snooze.snooze and routing.ownership.answer; nothing is sent then."""

    said = Said(MessageKind.OUTGOING, clean_text(body))

    def attempt() -> Conversation:
        with record_changes(user.organisation_id) as changes:
            conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
            at = now or database_now()
            refuse_unready(conversation, user, seen=seen, until=until, now=at)
            if written_before(user, conversation_id, client_id, said) is None:
                take_turn_to_send(user.id)
                say(changes, conversation, user, body=body, client_id=client_id, now=at)
            lay_down(changes, conversation, user, until=until, now=at)
        return conversation

    try:
        return attempt()
    except Conflict as conflict:
        if conflict.code != "already_sent":
            raise
        return attempt()  # a double click: the other has committed by now
