"""Writing intervals. Called in the transaction that ends the stretch, so that no figure can disagree with the facts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accounts.hours import Hours, business_seconds
from measures.models import Interval, IntervalKind


def interval(
    *,
    organisation_id: UUID,
    kind: IntervalKind,
    started_at: datetime,
    ended_at: datetime,
    hours: Hours | None = None,
    conversation_id: UUID | None = None,
    line_id: UUID | None = None,
    queue_id: UUID | None = None,
    agent_id: UUID | None = None,
    label: str = "",
    detail: str = "",
) -> Interval:
    """One measured stretch, not stored yet. An end before its start (a clock that stepped back) counts as no time.

    `hours`: those of its line (conversations/line_hours.py); None: it never closes, and the wall counts.
    """
    ended_at = max(ended_at, started_at)
    return Interval(
        organisation_id=organisation_id,
        kind=kind,
        conversation_id=conversation_id,
        line_id=line_id,
        queue_id=queue_id,
        agent_id=agent_id,
        label=label,
        detail=detail,
        started_at=started_at,
        ended_at=ended_at,
        wall_seconds=(ended_at - started_at).total_seconds(),
        business_seconds=business_seconds(hours, started_at, ended_at),
    )


def record_interval(
    *,
    organisation_id: UUID,
    kind: IntervalKind,
    started_at: datetime,
    ended_at: datetime,
    hours: Hours | None = None,
    conversation_id: UUID | None = None,
    line_id: UUID | None = None,
    queue_id: UUID | None = None,
    agent_id: UUID | None = None,
    label: str = "",
    detail: str = "",
) -> Interval:
    """Store one measured stretch."""
    stretch = interval(
        organisation_id=organisation_id,
        kind=kind,
        started_at=started_at,
        ended_at=ended_at,
        hours=hours,
        conversation_id=conversation_id,
        line_id=line_id,
        queue_id=queue_id,
        agent_id=agent_id,
        label=label,
        detail=detail,
    )
    stretch.save(force_insert=True)
    return stretch
