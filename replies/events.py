"""What can change about texts that have not been sent."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from realtime.audience import Hears
from realtime.events import Change, event


@event("draft.changed", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class DraftChanged(Change):
    """Somebody has begun to write, has stopped, or goes on in another browser; not each key that he presses."""

    line_id: UUID
    conversation_id: UUID
    agent_id: UUID
    mode: str  # "reply" or "note"
    is_there: bool


@event("scheduled_reply.changed", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class ScheduledReplyChanged(Change):
    """A text that is to leave later was written, changed, sent or given up."""

    line_id: UUID
    conversation_id: UUID
    state: str
