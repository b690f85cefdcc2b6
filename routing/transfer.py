"""Transfer: an owner hands his conversation to a colleague, who may refuse it, or to a queue, which takes it at once.

To a colleague it is an offer (routing/offers.py): it rings at him, expires, and holds his capacity; the sender stays
the owner, and may answer, until it is accepted. Declined, run out, or its receiver gone: the sender goes on, and where
he is no longer there it goes to the queue. Whatever else takes the conversation from its owner ends the transfer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import Role, User
from common.clock import database_now
from common.errors import Conflict, Invalid
from common.text import shows_something
from conversations.messages import add_event_line, add_note, clean_text, lock_conversation
from conversations.models import Conversation, Status
from conversations.visibility import audiences_of
from realtime.log import Changes, record_changes
from routing.events import OfferMade
from routing.handing import release
from routing.loads import gain
from routing.models import AgentState, Offer, OfferState, Queue, State
from routing.offers import end_offer, withdraw
from routing.queues import queue_for
from routing.states import lock_states

LONGEST_NOTE = 1_000  # characters
HELD = (Status.OPEN, Status.SNOOZED)
REACHABLE = (State.AVAILABLE, State.BUSY, State.WRAP_UP)  # at his place: it would ring at nobody else
OVERSEERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)


def transfer_to_agent(
    *, user: User, conversation_id: UUID, agent_id: UUID, note: str = "", now: datetime | None = None
) -> Conversation:
    """Offer a conversation to a colleague. To the same again changes nothing, nor writes a second note.

    Raises Invalid("unknown_choice", "too_long"); Conflict: "not_owner" (a supervisor may for another), "closed",
    "transfer_pending" (to somebody else), "transfer_to_owner", "agent_blind" (he does not see the line), "agent_away",
    "agent_full".
    """
    note = _note(note)
    with record_changes(user.organisation_id) as changes:
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        sender_id = owner_for(user, conversation)
        pending = Offer.objects.filter(conversation=conversation, state=OfferState.PENDING).first()
        if pending is not None:
            if pending.user_id == agent_id:
                return conversation
            raise Conflict("transfer_pending", "it is being transferred to somebody else")
        receiver = receiver_of(conversation, agent_id)
        if not AgentState.objects.filter(user=receiver, state__in=REACHABLE).exists():
            raise Conflict("agent_away", "he is not at his place")
        now = now or database_now()
        lock_states({receiver.id, sender_id})
        try:
            gain(
                changes=changes, user_id=receiver.id, now=now, weight=conversation.weight,
                medium=conversation.line.medium,
            )  # fmt: skip
        except Conflict:
            raise Conflict("agent_full", "he has no room for it") from None
        _offer(changes, conversation, receiver, sender_id, user, note, now)
    return conversation


def _offer(
    changes: Changes, conversation: Conversation, receiver: User, sender_id: UUID, user: User, note: str, now: datetime
) -> None:
    found = None if conversation.queue_id is None else Queue.objects.filter(id=conversation.queue_id).first()
    queue = found or queue_for(conversation.line)
    facts = {"type": "transfer_asked", "to_id": str(receiver.id), "to_name": receiver.name}
    add_event_line(changes=changes, conversation=conversation, facts=facts, author_user=user)
    offer = Offer.objects.create(
        organisation_id=conversation.organisation_id,
        conversation=conversation,
        line_id=conversation.line_id,
        queue=queue,
        user=receiver,
        sender_id=sender_id,
        note_seq=_write(changes, conversation, user, note),
        medium=conversation.line.medium,
        weight=conversation.weight,
        made_at=now,
        expires_at=now + timedelta(seconds=queue.ring_s),
    )
    changes.add(OfferMade(agent_id=receiver.id, offer_id=offer.id))


def transfer_to_queue(
    *, user: User, conversation_id: UUID, queue_id: UUID, note: str = "", now: datetime | None = None
) -> Conversation:
    """Let go of it at once: it waits in another queue, and is not given back to who sent it there.

    Raises Invalid("unknown_choice", "too_long"); Conflict: "not_owner", "closed".
    """
    note = _note(note)
    with record_changes(user.organisation_id) as changes:
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        sender_id = owner_for(user, conversation)
        queue = enabled_queue(user.organisation_id, queue_id)
        now = now or database_now()
        withdraw(changes, conversation, now=now, why="transferred", beside=[sender_id])
        _write(changes, conversation, user, note)
        facts = {"type": "transferred", "by": "transfer", "queue_id": str(queue.id), "queue_name": queue.name}
        release(changes, conversation, queue_id=queue.id, now=now, how="transferred", facts=facts, actor=user)
    return conversation


def cancel_transfer(*, user: User, conversation_id: UUID, now: datetime | None = None) -> Conversation:
    """Take back what still rings at the colleague; declined or run out meanwhile: nothing. Raises Conflict: "not_owner"
    (he was faster), "closed"."""
    with record_changes(user.organisation_id) as changes:
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        owner_for(user, conversation)
        offer = (
            Offer.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(conversation=conversation, state=OfferState.PENDING, sender__isnull=False)
            .first()
        )
        if offer is None:
            return conversation
        end_offer(changes, offer, OfferState.WITHDRAWN, now=now or database_now(), reason="cancelled")
        facts = {"type": "transfer_ended", "how": "cancelled", "to_id": str(offer.user_id), "to_name": offer.user.name}
        add_event_line(changes=changes, conversation=conversation, facts=facts, author_user=user)
    return conversation


def owner_for(user: User, conversation: Conversation) -> UUID:
    """The owner of a locked conversation, whom `user` is or may act for. Raises Conflict("closed", "not_owner")."""
    if conversation.status == Status.CLOSED:
        raise Conflict("closed", "this conversation is closed")
    owner_id = conversation.owner_id
    if conversation.status not in HELD or owner_id is None:
        raise Conflict("not_owner", "nobody owns this conversation")
    if owner_id != user.id and user.role not in OVERSEERS:
        raise Conflict("not_owner", "somebody else owns this conversation")
    return owner_id


def receiver_of(conversation: Conversation, agent_id: UUID) -> User:
    """A colleague who may own it. Raises Invalid("unknown_choice"), Conflict("transfer_to_owner", "agent_blind")."""
    found = User.objects.filter(organisation_id=conversation.organisation_id, id=agent_id, is_active=True)
    receiver = found.exclude(role=Role.OBSERVER).first()
    if receiver is None:
        raise Invalid("unknown_choice", "there is no such agent", field="agent_id")
    if receiver.id == conversation.owner_id:
        raise Conflict("transfer_to_owner", "it is his already")
    audience = audiences_of([receiver.id]).get(receiver.id)
    if audience is None or not audience.sees_line(conversation.line_id):
        raise Conflict("agent_blind", "he does not see this line")
    return receiver


def enabled_queue(organisation_id: UUID, queue_id: UUID) -> Queue:
    queue = Queue.objects.filter(organisation_id=organisation_id, id=queue_id, is_enabled=True).first()
    if queue is None:
        raise Invalid("unknown_choice", "there is no such queue", field="queue_id")
    return queue


def _note(note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise Invalid("too_long", f"at most {LONGEST_NOTE} characters", field="note")
    return clean_text(note) if shows_something(note) else ""  # it is no duty, and an empty bubble says nothing


def _write(changes: Changes, conversation: Conversation, user: User, note: str) -> int | None:
    if not note:
        return None
    return add_note(changes=changes, conversation=conversation, body=note, author_user=user).seq
