"""Writing intervals. Called in the transaction that ends the stretch, so that no figure can disagree with the facts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from measures.models import Interval, IntervalKind


def interval(
    *,
    organisation_id: UUID,
    kind: IntervalKind,
    started_at: datetime,
    ended_at: datetime,
    conversation_id: UUID | None = None,
    line_id: UUID | None = None,
    queue_id: UUID | None = None,
    agent_id: UUID | None = None,
    label: str = "",
    detail: str = "",
) -> Interval:
    """One measured stretch, not stored yet. An end before its start (a clock that stepped back) counts as no time."""
    ended_at = max(ended_at, started_at)
    seconds = (ended_at - started_at).total_seconds()
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
        wall_seconds=seconds,
        business_seconds=seconds,
    )


def record_interval(
    *,
    organisation_id: UUID,
    kind: IntervalKind,
    started_at: datetime,
    ended_at: datetime,
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
        conversation_id=conversation_id,
        line_id=line_id,
        queue_id=queue_id,
        agent_id=agent_id,
        label=label,
        detail=detail,
    )
    stretch.save(force_insert=True)
    return stretch
