"""What can happen to a conversation, as the log tells it. Ids and facts: never a text, a name or a number."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from realtime.audience import Hears
from realtime.events import Change, event


@event("message.received", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class MessageReceived(Change):
    """A subscriber's text is stored. The intake statement writes the same fields in SQL (conversations/intake.py)."""

    line_id: UUID
    conversation_id: UUID
    message_id: UUID
    seq: int
    opened: bool


@event("message.completed", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class MessageCompleted(Change):
    """A subscriber's text that is shown already is another now: a part that came late is in it, or what came with it
    (a picture) has been fetched."""

    line_id: UUID
    conversation_id: UUID
    message_id: UUID
    seq: int


@event("message.added", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class MessageAdded(Change):
    """An answer, a note or an event line is stored."""

    line_id: UUID
    conversation_id: UUID
    message_id: UUID
    seq: int
    kind: str
    author: str


@event("conversation.queued", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class ConversationQueued(Change):
    line_id: UUID
    conversation_id: UUID
    queue_id: UUID
    reason: str  # "no_bot", a Handover's reason, "returned", "reopened"


@event("conversation.assigned", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class ConversationAssigned(Change):
    line_id: UUID
    conversation_id: UUID
    owner_id: UUID
    by: str  # "routing", "taken"
    previous_owner_id: UUID | None = None


@event("conversation.returned", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class ConversationReturned(Change):
    """Given back by its owner, to the queue or to the bot; or by its queue's ladder, to the bot."""

    line_id: UUID
    conversation_id: UUID
    to: str
    previous_owner_id: UUID | None


@event("conversation.snoozed", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class ConversationSnoozed(Change):
    """Put aside by its owner, or until another time. Waking it is conversation.assigned or conversation.returned."""

    line_id: UUID
    conversation_id: UUID
    owner_id: UUID


@event("conversation.closed", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class ConversationClosed(Change):
    line_id: UUID
    conversation_id: UUID
    previous_owner_id: UUID | None


@event("conversation.disposed", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class ConversationDisposed(Change):
    """What came of a conversation is said after it was closed."""

    line_id: UUID
    conversation_id: UUID


@event("conversation.read", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class ConversationRead(Change):
    line_id: UUID
    conversation_id: UUID
    by_id: UUID
    seq: int


@event("conversation.tagged", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class ConversationTagged(Change):
    """Its person has a tag more, or less."""

    line_id: UUID
    conversation_id: UUID


@event("person.changed", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class PersonChanged(Change):
    """What is known of the person of a conversation is not what it was: name, tags, notes, a block; or he is one with
    somebody else, or is so no more. One for each of his conversations that a screen may show."""

    line_id: UUID
    conversation_id: UUID


@event("deliveries.progressed", hears=Hears.LINES)
@dataclass(frozen=True, slots=True)
class DeliveriesProgressed(Change):
    """One event for a whole batch of answers or receipts: items are [line, conversation, message, seq, state]."""

    items: tuple[tuple[UUID, UUID, UUID, int, int], ...]
