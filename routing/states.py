"""Changing an agent's state, under the lock of his row: the stretch of the state before becomes an interval."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from conversations.line_hours import hours_of_lines
from measures.intervals import record_interval
from measures.models import IntervalKind
from realtime import doorbell
from realtime.log import Changes
from routing.events import AgentStateChanged
from routing.models import AgentState, SetBy, State

# Closed or given back: whatever stood before its owner's eyes stands there no more.
_END_FOCUS = """
update routing_agentstate set focus_id = null, focus_since = null where user_id = %s and focus_id = %s
returning old.focus_since
"""


def lock_states(user_ids: Iterable[UUID]) -> dict[UUID, AgentState]:
    """The rows of these agents, locked until COMMIT, by key: two who lock several agree on the order."""
    found = AgentState.objects.select_for_update(of=("self",)).filter(user_id__in=set(user_ids)).order_by("user_id")
    return {state.user_id: state for state in found}


def change_state(
    changes: Changes,
    found: AgentState,
    *,
    state: State,
    now: datetime,
    set_by: SetBy,
    reason: str = "",
    reason_id: UUID | None = None,
) -> bool:
    """Put the agent of the locked row `found` into `state`; False when it is that already."""
    if (found.state, found.reason, found.reason_id) == (state, reason, reason_id):
        return False
    record_interval(
        organisation_id=found.organisation_id,
        kind=IntervalKind.STATE,
        started_at=found.since,
        ended_at=now,
        agent_id=found.user_id,
        label=found.state,
        detail=found.reason,
    )
    fields = {
        "state": state,
        "reason": reason,
        "reason_id": reason_id,
        "set_by": set_by,
        "since": max(now, found.since),
    }
    AgentState.objects.filter(user_id=found.user_id).update(**fields)
    for name, value in fields.items():
        setattr(found, name, value)
    changes.add(AgentStateChanged(agent_id=found.user_id, state=state))
    if state == State.AVAILABLE:
        changes.ring(doorbell.WAITING)
    return True


def end_focus(
    *,
    organisation_id: UUID,
    user_id: UUID,
    conversation_id: UUID,
    line_id: UUID | None,
    queue_id: UUID | None,
    now: datetime,
) -> None:
    """He looks at it no more, because it is no longer his."""
    with connection.cursor() as cursor:
        cursor.execute(_END_FOCUS, [user_id, conversation_id])
        row = cursor.fetchone()
    if row is not None and row[0] is not None:
        record_interval(
            organisation_id=organisation_id,
            kind=IntervalKind.FOCUS,
            started_at=row[0],
            ended_at=now,
            conversation_id=conversation_id,
            line_id=line_id,
            queue_id=queue_id,
            agent_id=user_id,
            hours=None if line_id is None else hours_of_lines([line_id]).get(line_id),
        )
