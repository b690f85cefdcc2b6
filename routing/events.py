"""What can happen to an agent, as the log tells it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from realtime.audience import Hears
from realtime.events import Change, event


@event("agent.state_changed", hears=Hears.EVERYBODY)
@dataclass(frozen=True, slots=True)
class AgentStateChanged(Change):
    """An agent declared another state, or holds more or fewer conversations: both are shown beside his name."""

    agent_id: UUID
    state: str


@event("offer.made", hears=Hears.EVERYBODY)
@dataclass(frozen=True, slots=True)
class OfferMade(Change):
    """A conversation rings at an agent. Which one, only he may ask (GET /api/offers)."""

    agent_id: UUID
    offer_id: UUID


@event("offer.ended", hears=Hears.EVERYBODY)
@dataclass(frozen=True, slots=True)
class OfferEnded(Change):
    """It rings no more: accepted, declined, timed_out or withdrawn."""

    agent_id: UUID
    offer_id: UUID
    state: str


@event("agent.called", hears=Hears.EVERYBODY)
@dataclass(frozen=True, slots=True)
class AgentCalled(Change):
    """Something of his has come due: a promise, a conversation that slept. What it is, only he may ask (GET
    /api/calls)."""

    agent_id: UUID


@event("consult.changed", hears=Hears.EVERYBODY)
@dataclass(frozen=True, slots=True)
class ConsultChanged(Change):
    """An agent asks, or is asked, something about a conversation, or no longer. Which, only he may ask (GET
    /api/consults): who is asked has another conversation before him."""

    agent_id: UUID


@event("targets.set", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class TargetsSet(Change):
    """Somebody has begun to wait, or the targets were changed: the conversation's next deadline is another."""

    line_id: UUID
    conversation_id: UUID


@event("targets.told", hears=Hears.LINE)
@dataclass(frozen=True, slots=True)
class TargetTold(Change):
    """A target has come near, or was missed. Once for each (routing/deadline_watch.py)."""

    line_id: UUID
    conversation_id: UUID
    queue_id: UUID | None
    kind: str  # "first", "next", "resolution"
    what: str  # "near", "missed"
