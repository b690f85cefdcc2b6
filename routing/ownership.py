"""What a person does to a conversation: take it, answer, write a note, read, give it back, close it.

One verb, one transaction: row, load, interval, event line, events. The caller has checked that the user may see the
conversation (conversations.visibility); here only the organisation is checked again. `now` is the database's clock,
read under the lock, unless a test gives another.

Each raises NotFound("no_conversation") for a conversation of another organisation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from django.db.models import F

from accounts.models import Role, User
from bots import memories
from common.clock import database_now
from common.errors import Conflict, Invalid
from conversations.attachments import WORDLESS
from conversations.events import ConversationClosed, ConversationRead, ConversationReturned
from conversations.messages import (
    add_event_line,
    add_note,
    already_stored,
    clean_text,
    lock_conversation,
    send_message,
)
from conversations.models import Author, Conversation, Message, MessageKind, Status
from conversations.wording import as_written
from realtime import doorbell
from realtime.log import Changes, record_changes
from routing import deadlines, stretches
from routing.callbacks import end_with_close, kept_by_answer
from routing.climbing import forget_rule
from routing.destination import back_to
from routing.loads import gain
from routing.models import AgentState, Queue, State
from routing.offers import withdraw
from routing.owning import AWAKE, become_owner, let_go
from routing.pace import take_turn_to_send
from routing.presence import presence_of, set_state
from routing.queues import weight_in
from routing.snooze import wake_for
from routing.sticky import remember
from routing.unhandled import mark_unhandled, unanswered_since
from routing.wrap_up import begin_wrap_up, dispose

__all__ = [
    "answer",
    "close",
    "give_back",
    "mark_read",
    "note",
    "presence_of",
    "set_state",
    "take",
]

HELD = (Status.OPEN, Status.SNOOZED)
LONGEST_NOTE = 10_000  # characters: each goes to every screen that shows the conversation
MAY_END_ANOTHERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)


def take(*, user: User, conversation_id: UUID, now: datetime | None = None) -> Conversation:
    """Make `user` the owner of a conversation that waits in a queue or talks with the bot.

    Taking one's own again changes nothing. Raises Conflict: "already_owned" (with the owner's name), "closed",
    "at_capacity".
    """
    with record_changes(user.organisation_id) as changes:
        conversation = _locked(user, conversation_id)
        if conversation.status in HELD:
            if conversation.owner_id == user.id:
                return conversation
            assert conversation.owner_id is not None  # the CHECK constraint on status and owner
            owner = User.objects.get(id=conversation.owner_id)
            raise Conflict("already_owned", f"{owner.name} has this conversation", owner=owner.name, owner_id=owner.id)
        _refuse_closed(conversation)
        now = now or database_now()
        withdraw(changes, conversation, now=now, why="taken", beside=[user.id])
        weight = weight_in(conversation.queue_id)
        gain(changes=changes, user_id=user.id, now=now, weight=weight, medium=conversation.line.medium)
        become_owner(changes, conversation, user, now=now, by="taken", weight=weight)
    return conversation


def give_back(
    *, user: User, conversation_id: UUID, to: Literal["queue", "bot"] = "queue", now: datetime | None = None
) -> Conversation:
    """Let go of one's conversation. From the queue routing offers it to others, not to the one who gave it back.

    A text that nobody has answered is not forgotten: given to the bot, the bot answers it. Raises Conflict:
    "not_owner" (a supervisor may for another), "closed", "no_bot" (the line has none); Invalid("unknown_choice").
    """
    if to not in ("queue", "bot"):
        raise Invalid("unknown_choice", "must be queue or bot", field="to")
    with record_changes(user.organisation_id) as changes:
        conversation = _locked(user, conversation_id)
        previous = _owner_or_overseer(user, conversation)
        if to == "bot" and not conversation.line.bot:
            raise Conflict("no_bot", "this line has no bot")
        now = now or database_now()
        withdraw(changes, conversation, now=now, why="returned", beside=[previous])
        let_go(changes, conversation, previous, now=now, how=f"returned_{to}")
        if to == "bot":
            forget_rule(conversation)
            waiting_since = unanswered_since(conversation)
            _set(
                conversation,
                status=Status.BOT,
                owner_id=None,
                queue_id=None,
                queued_at=None,
                waiting_since=waiting_since,
                handover_reason="",
                handover_summary="",
                **AWAKE,
            )
            if waiting_since is not None:
                mark_unhandled(conversation)
                changes.ring(doorbell.UNHANDLED)
        else:
            there = back_to(conversation, now)
            _set(
                conversation,
                status=Status.QUEUED,
                owner_id=None,
                queue_id=there.queue_id,
                priority=there.priority,
                queued_at=now,
                preferred_id=None,
                preferred_until=None,
                **AWAKE,
            )
        deadlines.renew([conversation])
        # The queue's candidates are kept from the author of this line (routing/rounds.py).
        add_event_line(
            changes=changes,
            conversation=conversation,
            facts={"type": "returned", "to": to, "owner_id": str(previous), "at": now.isoformat()},
            author_user=user,
        )
        changes.add(
            ConversationReturned(
                line_id=conversation.line_id,
                conversation_id=conversation.id,
                to=to,
                previous_owner_id=previous,
            )
        )
        changes.ring(doorbell.WAITING)
    return conversation


def close(
    *,
    user: User,
    conversation_id: UUID,
    seen: int | None = None,
    disposition_id: UUID | None = None,
    now: datetime | None = None,
) -> Conversation:
    """End a conversation; a new text opens another. Closing what is closed changes nothing.

    `seen`: the highest number on the closer's screen; a newer text from the subscriber then refuses the close,
    for nobody would look at it again. `disposition_id`: what came of it. Where its queue has a wrap-up, the owner's
    begins: until it is over the conversation counts in his load. Raises Conflict: "not_owner" (a supervisor may for
    another), "new_text"; Invalid: "disposition_required" (unless a wrap-up follows), "unknown_choice".
    """
    with record_changes(user.organisation_id) as changes:
        conversation = _locked(user, conversation_id)
        if conversation.status == Status.CLOSED:
            return conversation
        previous = _owner_or_overseer(user, conversation) if conversation.status in HELD else None
        if seen is not None and _incoming_after(conversation, seen):
            raise Conflict("new_text", "a text has come that you have not seen yet")
        now = now or database_now()
        # Asleep it holds nothing of his capacity that a wrap-up could go on holding.
        wraps_up = _wraps_up(conversation, user) if previous == user.id and conversation.status == Status.OPEN else None
        dispose(conversation, disposition_id, required=previous is not None and wraps_up is None)
        withdraw(changes, conversation, now=now, why="closed", beside=[] if previous is None else [previous])
        if previous is not None:
            if wraps_up is not None:
                begin_wrap_up(changes, conversation, wraps_up, user_id=previous, now=now)
                stretches.end_handle(changes, conversation, now=now, how="closed")
            else:
                let_go(changes, conversation, previous, now=now, how="closed")
            remember(conversation, previous, now=now)
        else:
            stretches.end_before_person(conversation, now=now, how="closed", agent_id=None)
        stretches.resolution(conversation, now=now)
        memories.forget(conversation.id)
        _set(conversation, status=Status.CLOSED, closed_at=now, waiting_since=None, unread=0, **AWAKE)
        end_with_close(changes, conversation, user, now)
        deadlines.renew([conversation])
        add_event_line(
            changes=changes,
            conversation=conversation,
            facts={"type": "closed", "user_id": str(user.id)},
            author_user=user,
        )
        changes.add(
            ConversationClosed(
                line_id=conversation.line_id, conversation_id=conversation.id, previous_owner_id=previous
            )
        )
        changes.ring(doorbell.WAITING)
    return conversation


def _wraps_up(conversation: Conversation, user: User) -> Queue | None:
    """The queue whose wrap-up begins when `user` closes his own conversation; who is not at work has none."""
    if conversation.queue_id is None or not AgentState.objects.filter(user=user).exclude(state=State.OFFLINE).exists():
        return None
    return Queue.objects.filter(id=conversation.queue_id, wrap_up_s__gt=0).first()


def mark_read(*, user: User, conversation_id: UUID, seq: int) -> None:
    """The owner has seen everything up to number `seq`. A look by anybody else leaves it unread for the owner."""
    with record_changes(user.organisation_id) as changes:
        conversation = _locked(user, conversation_id)
        if conversation.owner_id != user.id or not conversation.unread:
            return
        unread = _incoming_after(conversation, seq)
        if unread >= conversation.unread:
            return
        _set(conversation, unread=unread)
        changes.add(
            ConversationRead(
                line_id=conversation.line_id,
                conversation_id=conversation.id,
                by_id=user.id,
                seq=min(seq, conversation.last_seq),
            )
        )


def answer(
    *,
    user: User,
    conversation_id: UUID,
    body: str,
    client_id: UUID,
    attachments: Sequence[UUID] = (),
    now: datetime | None = None,
) -> Message:
    """Send an answer. The same `client_id` again (a double click, a retry) gives the first message again. It wakes what
    sleeps. `attachments`: drafts of the user's in this conversation, in their order.

    Raises Conflict: "closed", "not_owner" (also for a supervisor: take the conversation first), "no_link",
    "at_capacity" (it sleeps, and he has no room);
    Invalid: "empty", "too_long", "client_id_used" (for something else), and those of an attachment;
    TooMany("too_many_texts").
    """

    def write(changes: Changes, conversation: Conversation) -> Message:
        _refuse_closed(conversation)
        if conversation.status not in HELD or conversation.owner_id != user.id:
            raise Conflict("not_owner", "only the owner of a conversation answers; take it first")
        take_turn_to_send(user.id)
        at = now or database_now()
        if conversation.status == Status.SNOOZED:
            wake_for(changes, conversation, user, by="answer", now=at)
        return say(changes, conversation, user, body=body, client_id=client_id, attachments=attachments, now=at)

    return _written_once(
        user,
        conversation_id,
        client_id,
        Said(MessageKind.OUTGOING, clean_text(body) or (WORDLESS if attachments else "")),
        write,
    )


def say(
    changes: Changes, conversation: Conversation, user: User, *, body: str, client_id: UUID,
    attachments: Sequence[UUID] = (), now: datetime,
) -> Message:  # fmt: skip
    """The text of its owner, in a locked conversation: it ends the wait of its subscriber, and keeps a promise that is
    due. Raises as conversations.messages.send_message."""
    stretches.response(conversation, agent_id=user.id, now=now)
    fields = {"first_answered_at": conversation.first_answered_at or now, "silence_at": None}
    if any(getattr(conversation, name) != value for name, value in fields.items()):
        _set(conversation, **fields)
    message = send_message(
        changes=changes,
        conversation=conversation,
        body=body,
        author=Author.AGENT,
        author_user=user,
        client_id=client_id,
        attachments=attachments,
    )
    kept_by_answer(changes, conversation, user, now)
    deadlines.renew([conversation])
    return message


def note(*, user: User, conversation_id: UUID, body: str, client_id: UUID) -> Message:
    """A note for colleagues, by anybody who sees the conversation; a closed one, too. `client_id` as in `answer`.

    Raises Invalid: "empty", "too_long", "client_id_used".
    """
    if len(body) > LONGEST_NOTE:
        raise Invalid("too_long", f"at most {LONGEST_NOTE} characters", field="body")

    def write(changes: Changes, conversation: Conversation) -> Message:
        return add_note(changes=changes, conversation=conversation, body=body, author_user=user, client_id=client_id)

    return _written_once(user, conversation_id, client_id, Said(MessageKind.NOTE, clean_text(body)), write)


class Said(NamedTuple):
    """What a client id stands for: under the same id, something else is refused."""

    kind: MessageKind
    body: str


def _written_once(
    user: User, conversation_id: UUID, client_id: UUID, said: Said, write: Callable[[Changes, Conversation], Message]
) -> Message:
    found = written_before(user, conversation_id, client_id, said)
    if found is not None:
        return found
    try:
        with record_changes(user.organisation_id) as changes:
            return write(changes, _locked(user, conversation_id))
    except Conflict as conflict:
        # Either two of one client id at this very moment: the other one has committed by now. Or the state changed
        # just after the first of them was stored (answered, then closed), which must not hide that it was stored.
        found = written_before(user, conversation_id, client_id, said)
        if found is None:
            raise conflict
        return found


def written_before(user: User, conversation_id: UUID, client_id: UUID, said: Said) -> Message | None:
    message_id = already_stored(organisation_id=user.organisation_id, scope=f"user:{user.id}", key=str(client_id))
    if message_id is None:
        return None
    message = Message.objects.filter(organisation_id=user.organisation_id, id=message_id).first()
    if message is None or message.conversation_id != conversation_id or (message.kind, as_written(message)) != said:
        # Answered with the first message, the screen would show as sent what nobody will ever get.
        raise Invalid("client_id_used", "this client id belongs to another message", field="client_id")
    return message


def _locked(user: User, conversation_id: UUID) -> Conversation:
    return lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)


def _owner_or_overseer(user: User, conversation: Conversation) -> UUID:
    """The owner, whom `user` is or may act for."""
    _refuse_closed(conversation)
    owner_id = conversation.owner_id
    if conversation.status not in HELD or owner_id is None:
        raise Conflict("not_owner", "nobody owns this conversation")
    if owner_id != user.id and user.role not in MAY_END_ANOTHERS:
        raise Conflict("not_owner", "somebody else owns this conversation")
    return owner_id


def _refuse_closed(conversation: Conversation) -> None:
    if conversation.status == Status.CLOSED:
        raise Conflict("closed", "this conversation is closed")


def _incoming_after(conversation: Conversation, seq: int) -> int:
    return Message.objects.filter(conversation_id=conversation.id, seq__gt=seq, kind=MessageKind.INCOMING).count()


def _set(conversation: Conversation, **fields: object) -> None:
    """Write `fields` and raise the revision, here and in the database. The row is locked."""
    Conversation.objects.filter(id=conversation.id).update(revision=F("revision") + 1, **fields)
    conversation.revision += 1
    for name, value in fields.items():
        setattr(conversation, name, value)
