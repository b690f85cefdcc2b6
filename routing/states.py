"""Changing an agent's state, under the lock of his row: the stretch of the state before becomes an interval."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from conversations.models import Conversation, Status
from measures.intervals import record_interval
from measures.models import IntervalKind
from realtime import doorbell
from realtime.log import Changes
from routing.events import AgentStateChanged
from routing.hours import hours_of_places
from routing.models import AgentState, SetBy, State, WrapUp

GONE_S = 60  # without a browser: disconnected
SEEN_EACH_S = 10  # seconds between two reports of a browser that is there, at most
# Nothing of his stands before his eyes then, whatever his browser said last. It says it again when he is back.
EYES_ELSEWHERE = (State.OFFLINE, State.DISCONNECTED, State.AWAY)

_GONE_SINCE = """
select at from routing_deskseen where user_id = %s and at < clock_timestamp() - make_interval(secs => %s)
"""
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
    """Put the agent of the locked row `found` into `state`; False when it is that already.

    What he himself, or his supervisor, says anew in the same words is his word from now on: the product does not undo
    it. What he had said with `available` is kept for `go_on` while the product has him in another state.
    """
    if (found.state, found.reason, found.reason_id) == (state, reason, reason_id):
        if found.set_by == set_by:
            return False
        _write(found, set_by=set_by)
        changes.add(AgentStateChanged(agent_id=found.user_id, state=state))
        return True
    record_interval(
        organisation_id=found.organisation_id,
        kind=IntervalKind.STATE,
        started_at=found.since,
        ended_at=now,
        agent_id=found.user_id,
        label=found.state,
        detail=found.reason,
    )
    if set_by in (SetBy.SELF, SetBy.SUPERVISOR):
        _write(found, back_reason="", back_reason_id=None)
    elif found.state == State.AVAILABLE:
        _write(found, back_reason=found.reason, back_reason_id=found.reason_id)
    if state in EYES_ELSEWHERE:
        look_away(found, focus_end(found.user_id, now))
    _write(found, state=state, reason=reason, reason_id=reason_id, set_by=set_by, since=max(now, found.since))
    changes.add(AgentStateChanged(agent_id=found.user_id, state=state))
    if state == State.AVAILABLE:
        changes.ring(doorbell.WAITING)
    return True


def _write(found: AgentState, **fields: object) -> None:
    """Into the locked row, and here."""
    AgentState.objects.filter(user_id=found.user_id).update(**fields)
    for name, value in fields.items():
        setattr(found, name, value)


def go_on(changes: Changes, found: AgentState, *, set_by: SetBy, now: datetime) -> bool:
    """What kept the agent of the locked row `found` from being available is over: as he was, if he is there.

    Whose browser has gone is disconnected, who wraps up goes on with it, whom his browser does not see is away: work
    for him would wait until somebody noticed.
    """
    if gone_since(found.user_id) is not None:
        return change_state(changes, found, state=State.DISCONNECTED, set_by=SetBy.DISCONNECT, now=now)
    if WrapUp.objects.filter(user_id=found.user_id).exists():
        return change_state(changes, found, state=State.WRAP_UP, set_by=SetBy.WRAP_UP, now=now)
    if found.is_idle:
        return change_state(changes, found, state=State.AWAY, set_by=SetBy.IDLE, now=now)
    reason, reason_id = found.back_reason, found.back_reason_id
    return change_state(
        changes, found, state=State.AVAILABLE, reason=reason, reason_id=reason_id, set_by=set_by, now=now
    )


def gone_since(user_id: UUID) -> datetime | None:
    """When his last browser went, if that is longer than GONE_S ago. Who has never had one has not gone."""
    with connection.cursor() as cursor:
        cursor.execute(_GONE_SINCE, [user_id, GONE_S])
        row = cursor.fetchone()
    return None if row is None else row[0]


def focus_end(user_id: UUID, now: datetime) -> datetime:
    """Until when something stood before his eyes at most: nothing does without a browser."""
    gone = gone_since(user_id)
    return now if gone is None else min(now, gone + timedelta(seconds=SEEN_EACH_S))


def look_away(found: AgentState, until: datetime) -> None:
    """What stood before the eyes of the agent of the locked row, if it is still his, did so until then."""
    if found.focus_id is None:
        return
    own = Conversation.objects.filter(
        organisation_id=found.organisation_id, id=found.focus_id, owner_id=found.user_id, status=Status.OPEN
    ).values_list("line_id", "queue_id").first()  # fmt: skip
    if own is not None:
        line_id, queue_id = own
        end_focus(
            organisation_id=found.organisation_id, user_id=found.user_id, conversation_id=found.focus_id,
            line_id=line_id, queue_id=queue_id, now=until,
        )  # fmt: skip
    _write(found, focus_id=None, focus_since=None)


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
            hours=None if line_id is None else hours_of_places([(line_id, queue_id)]).get((line_id, queue_id)),
        )
