"""A person opens a closed conversation again, as its owner: the answer belongs to what was said there.

What a new text of the subscriber has opened since goes before it (one that is open for each line, contact and thread
is a unique index): there is nothing to write here then.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from common.clock import database_now
from common.errors import Conflict
from conversations.consent import consent_of
from conversations.events import ConversationAssigned
from conversations.messages import add_event_line, lock_conversation
from conversations.models import Conversation, Status
from realtime.log import Changes, record_changes
from routing import deadlines
from routing.loads import gain
from routing.models import WrapUp
from routing.owning import AWAKE
from routing.queues import weight_in
from routing.rows import set_fields
from routing.states import lock_states
from routing.wrap_up import end_reopened


def reopen(*, user: User, conversation_id: UUID, now: datetime | None = None) -> Conversation:
    """Make `user` the owner of a conversation that was closed, whoever had it. One's own that is open stays as it is.

    Its resolution is measured anew from now on, and the time in which its subscriber may say nothing begins anew.
    Raises NotFound, Conflict: "not_closed", "newer_open" (its id in the facts), "opted_out", "line_off", "at_capacity".
    """
    with record_changes(user.organisation_id) as changes:
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        if conversation.status == Status.OPEN and conversation.owner_id == user.id:
            return conversation
        if conversation.status != Status.CLOSED:
            raise Conflict("not_closed", "this conversation is not closed")
        if not conversation.line.is_enabled:
            raise Conflict("line_off", f"the line {conversation.line.address} is switched off")
        if consent_of(conversation).refuses:
            raise Conflict("opted_out", "the subscriber has opted out: nothing may be sent to this number")
        _open(changes, conversation, user, now or database_now())
    return conversation


def _open(changes: Changes, conversation: Conversation, user: User, now: datetime) -> None:
    # Its row first: a text that opens another at this very moment is waited for here, before anybody's state is held.
    weight = weight_in(conversation.queue_id)
    try:
        with transaction.atomic():
            set_fields(
                conversation, status=Status.OPEN, owner_id=user.id, assigned_at=now, weight=weight, closed_at=None,
                reopened_at=now, last_activity_at=now, silence_at=None, preferred_id=None, preferred_until=None,
                **AWAKE,
            )  # fmt: skip
    except IntegrityError as error:
        newer = Conversation.objects.filter(
            line_id=conversation.line_id, contact_id=conversation.contact_id, thread_key=conversation.thread_key
        ).exclude(status=Status.CLOSED)
        raise Conflict(
            "newer_open", "a newer conversation with this person is open",
            conversation_id=newer.values_list("id", flat=True).first(),
        ) from error  # fmt: skip
    lock_states({user.id, *WrapUp.objects.filter(conversation=conversation).values_list("user_id", flat=True)})
    end_reopened(changes, conversation, now=now)
    gain(changes=changes, user_id=user.id, now=now, weight=weight, medium=conversation.line.medium)
    deadlines.renew([conversation])
    facts = {"type": "reopened", "owner_id": str(user.id), "owner_name": user.name}
    add_event_line(changes=changes, conversation=conversation, facts=facts, author_user=user)
    changes.add(
        ConversationAssigned(
            line_id=conversation.line_id, conversation_id=conversation.id, owner_id=user.id, by="reopened"
        )
    )
