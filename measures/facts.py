"""A measured stretch as the event log keeps it, and its row again. Pure: the same entry always gives the same row.

An entry (the names are kept in the log for as long as the log: they are only ever added to):

    id, kind, started_at, ended_at      always; times in ISO 8601 with microseconds, as the database has them
    conversation_id, line_id, queue_id, agent_id, label, remark_id      where the stretch has one
    business_s                          where it is not the wall's: the hours of that day, not of today

Seconds of the wall are not in it: they are its end less its start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from measures.models import Interval

_IDS = ("conversation_id", "line_id", "queue_id", "agent_id")
# What makes two rows of one id the same.
COLUMNS = (
    "organisation_id", "kind", *_IDS, "label", "detail", "started_at", "ended_at", "wall_seconds",
    "business_seconds", "is_logged",
)  # fmt: skip


def fact_of(row: Interval, remark_id: UUID | None) -> dict[str, Any]:
    """The entry of a row. `remark_id`: that of its `detail`, where it has one."""
    fact: dict[str, Any] = {
        "id": row.id, "kind": str(row.kind), "started_at": row.started_at, "ended_at": row.ended_at,
    }  # fmt: skip
    fact |= {name: getattr(row, name) for name in _IDS if getattr(row, name) is not None}
    if row.label:
        fact["label"] = str(row.label)
    if remark_id is not None:
        fact["remark_id"] = remark_id
    if row.business_seconds != row.wall_seconds:
        fact["business_s"] = row.business_seconds
    return fact


def remarks_of(facts: Iterable[Mapping[str, Any]]) -> set[UUID]:
    return {UUID(fact["remark_id"]) for fact in facts if "remark_id" in fact}


def rows_of(
    organisation_id: UUID, facts: Iterable[Mapping[str, Any]], remarks: Mapping[UUID, str]
) -> Iterator[Interval]:
    """The rows of stored entries, in their order. `remarks`: the words of those that the entries name."""
    for fact in facts:
        started_at, ended_at = (datetime.fromisoformat(fact[name]) for name in ("started_at", "ended_at"))
        wall_seconds = (ended_at - started_at).total_seconds()
        ids = {name: UUID(fact[name]) for name in _IDS if name in fact}
        yield Interval(
            id=UUID(fact["id"]),
            organisation_id=organisation_id,
            kind=fact["kind"],
            started_at=started_at,
            ended_at=ended_at,
            wall_seconds=wall_seconds,
            business_seconds=fact.get("business_s", wall_seconds),
            label=fact.get("label", ""),
            detail=remarks.get(UUID(fact["remark_id"]), "") if "remark_id" in fact else "",
            is_logged=True,
            **ids,
        )


def differing(stored: Interval, told: Interval) -> list[str]:
    """The columns in which a stored row is not what the log tells."""
    return [name for name in COLUMNS if getattr(stored, name) != getattr(told, name)]
