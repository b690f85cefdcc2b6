"""Writing intervals. Called in the transaction that ends the stretch, so that no figure can disagree with the facts.

Each is stored twice: as the row that figures are made of, and as a fact in the event log (decision 0021).
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from accounts.hours import Hours, business_seconds
from measures.events import StretchesEnded
from measures.facts import fact_of
from measures.models import Interval, IntervalKind, Remark
from realtime.log import changes_here


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
    """Store one measured stretch, as `record_intervals`."""
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
    record_intervals([stretch])
    return stretch


def record_intervals(stretches: Sequence[Interval]) -> None:
    """Store measured stretches, and their facts among the events of the transaction (realtime.log.record_changes),
    from which `palabre kpis rebuild` makes the same rows.

    Raises RuntimeError outside `record_changes`, or for another organisation than its.
    """
    changes = changes_here()
    if any(one.organisation_id != changes.organisation_id for one in stretches):
        raise RuntimeError("stretches are stored with the events of their own organisation")
    remarks = _remarks(changes.organisation_id, {one.detail for one in stretches if one.detail})
    for one in stretches:
        one.is_logged = True
    Interval.objects.bulk_create(stretches)
    ended = next((one for one in changes.items if isinstance(one, StretchesEnded)), None)
    if ended is None:
        ended = StretchesEnded()
        changes.add(ended)
    ended.stretches.extend(fact_of(one, remarks.get(one.detail)) for one in stretches)


def _remarks(organisation_id: UUID, details: AbstractSet[str]) -> dict[str, UUID]:
    """The ids of these words; unknown ones are stored. Without a unique key: nobody waits for another's commit."""
    if not details:
        return {}
    found = Remark.objects.filter(organisation_id=organisation_id, words__in=details)
    remarks = dict(found.order_by("-id").values_list("words", "id"))
    for words in details - remarks.keys():
        remarks[words] = Remark.objects.create(organisation_id=organisation_id, words=words).id
    return remarks
