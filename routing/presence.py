"""What agents declare, and what the desk shows of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accounts.models import User
from common.clock import database_now
from common.errors import Invalid
from common.text import refuse_hidden
from measures.intervals import record_interval
from measures.models import IntervalKind
from realtime import doorbell
from realtime.log import record_changes
from routing.events import AgentStateChanged
from routing.models import AgentState, State
from routing.rendering import AgentView, render_agents

LONGEST_REASON = 80


def set_state(*, user: User, state: str, reason: str = "", now: datetime | None = None) -> AgentView:
    """Declare a state; the stretch of the one before becomes an interval. The same again changes nothing.

    Whoever goes offline with open conversations stays their owner: texts to them wait for him, and a supervisor
    gives them to others. Raises Invalid("unknown_choice", "too_long").
    """
    if state not in State.values:
        raise Invalid("unknown_choice", f"must be one of {', '.join(State.values)}", field="state")
    reason = " ".join(reason.split())
    refuse_hidden(reason, field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid("too_long", f"at most {LONGEST_REASON} characters", field="reason")
    AgentState.objects.get_or_create(user=user, defaults={"organisation_id": user.organisation_id})
    with record_changes(user.organisation_id) as changes:
        found = AgentState.objects.select_for_update(of=("self",)).get(user=user)
        if (found.state, found.reason) != (state, reason):
            now = now or database_now()
            record_interval(
                organisation_id=user.organisation_id,
                kind=IntervalKind.STATE,
                started_at=found.since,
                ended_at=now,
                agent_id=user.id,
                label=found.state,
            )
            AgentState.objects.filter(user=user).update(state=state, reason=reason, since=now)
            changes.add(AgentStateChanged(agent_id=user.id, state=state))
            if state == State.AVAILABLE:
                changes.ring(doorbell.WAITING)
    return render_agents(user.organisation_id, [user.id])[user.id]


def presence_of(organisation_id: UUID) -> list[AgentView]:
    """All who work or may work here, by name: what each declared and holds."""
    return list(render_agents(organisation_id).values())
