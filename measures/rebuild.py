"""The rows of measured stretches, made again from the event log, or compared with it.

    report = rebuild(organisation_id, since=None, until=None, mend=True)

The log is read once, in order, a slice of numbers at a time, and proves on the way that no event is missing; the rows
of a slice are compared with those that are stored, and where they differ are replaced, in one transaction a slice.
Then stored rows that the log knows nothing of are looked for. Memory holds a slice; the ids that the log has named lie
in a temporary table.

May run while everything runs: rows and facts of a deed are committed together, and stored rows are never changed.

What cannot be made again is left alone and counted: rows from before facts were kept (`is_logged` false), and rows as
old as events that have been dropped with their month.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from common.ids import time_of, uuid7_floor
from measures.events import StretchesEnded
from measures.facts import differing, remarks_of, rows_of
from measures.models import Interval, Remark
from realtime.reading import Begin, StoredEvent, number_before, read_begin, read_head, stream_type

# A row's id is made by the clock of a process, its event's by the database's at the end of the same transaction.
ROOM = timedelta(hours=1)
SLICE = 2000  # rows
MOST_SHOWN = 100
LAST = UUID(int=2**128 - 1)


class What(StrEnum):
    MISSING = "missing"  # the log tells of it, and it is not stored
    DIFFERENT = "different"
    UNKNOWN = "unknown"  # stored, and the log does not tell of it


@dataclass(frozen=True, slots=True)
class Difference:
    what: What
    id: UUID
    kind: str
    column: str = ""  # of what is different: each column for itself
    stored: str = ""
    told: str = ""


@dataclass(slots=True)
class Report:
    """What was found in the asked range. With `mend`, what differed is as the log tells it now."""

    told: int = 0  # stretches of the range in the log
    alike: int = 0
    found: Counter[What] = field(default_factory=Counter)
    shown: list[Difference] = field(default_factory=list)  # the first MOST_SHOWN
    older_than_facts: int = 0  # left alone
    older_than_log: int = 0  # left alone
    begins: datetime | None = None  # how far back the log reaches, where events have been dropped

    @property
    def differences(self) -> int:
        return self.found.total()

    def note(self, *differences: Difference) -> None:
        """The differences of one row."""
        self.found[differences[0].what] += 1
        self.shown += differences[: MOST_SHOWN - len(self.shown)]


def rebuild(
    organisation_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    mend: bool,
    report: Report | None = None,
) -> Report:
    """Compare the rows that were stored from `since` until before `until` with the log; `mend`: make them again.

    Raises realtime.reading.LogBroken when events are missing: nothing is removed then, since their rows would be; what
    was made again before it came to the hole stays, and stands in a `report` that was given.
    """
    begin = read_begin(organisation_id)
    report = report or Report()
    low = UUID(int=0) if since is None else uuid7_floor(since)
    high = LAST if until is None else uuid7_floor(until)
    with _Told() as told:
        ends = None if until is None else uuid7_floor(until + ROOM)
        run = _Run(organisation_id, low, high, ends, mend, report, told)
        if begin is not None:
            after = begin.seq - 1 if since is None else number_before(organisation_id, uuid7_floor(since - ROOM))
            run.read(after)
        run.look_for_unknown(_reliable_from(begin, report))
    return report


def _reliable_from(begin: Begin | None, report: Report) -> UUID:
    """From which id on a row without a fact has never had one."""
    if begin is None:
        return LAST
    if begin.seq == 1:
        return UUID(int=0)
    report.begins = time_of(begin.id)
    return uuid7_floor(report.begins + ROOM)


class _Run:
    """`low`, `high`: of the rows' ids; `ends`: before which id of an event their facts are, None: up to now."""

    def __init__(
        self, organisation_id: UUID, low: UUID, high: UUID, ends: UUID | None, mend: bool, report: Report, told: _Told
    ) -> None:
        self.organisation_id, self.low, self.high, self.ends, self.mend = organisation_id, low, high, ends, mend
        self.report, self.told, self.at = report, told, 0

    def _end(self) -> int:
        if self.ends is None:
            return read_head(self.organisation_id).seq
        return number_before(self.organisation_id, self.ends)

    def read(self, after: int) -> None:
        self.at = self._end()
        for events in stream_type(self.organisation_id, StretchesEnded.type, after, self.at):
            for facts in _slices(facts_in(events)):
                self.told.add([UUID(fact["id"]) for fact in facts])
                self._compare([fact for fact in facts if self.low <= UUID(fact["id"]) < self.high])

    def _compare(self, facts: Sequence[dict[str, Any]]) -> None:
        if not facts:
            return
        asked = remarks_of(facts)
        found = Remark.objects.filter(organisation_id=self.organisation_id, id__in=asked).values_list("id", "words")
        remarks = dict(found) if asked else {}
        wrong: list[Interval] = []
        with transaction.atomic():
            stored = Interval.objects.in_bulk([UUID(fact["id"]) for fact in facts])
            for row in rows_of(self.organisation_id, facts, remarks):
                before = stored.get(row.id)
                columns = [] if before is None else differing(before, row)
                self.report.told += 1
                if before is not None and not columns:
                    self.report.alike += 1
                    continue
                wrong.append(row)
                self.report.note(*_differences(before, row, columns))
            if wrong and self.mend:
                Interval.objects.filter(id__in=[row.id for row in wrong]).delete()
                Interval.objects.bulk_create(wrong)

    def look_for_unknown(self, reliable_from: UUID) -> None:
        """Rows that no fact tells of. What was stored since the log was read has its fact behind where we stood."""
        after = self.low
        is_first = True
        while True:
            rows = _unknown_among(self.organisation_id, after, self.high, is_first)
            if rows is None:
                return
            after, unlogged, unknown = rows
            is_first = False
            self.report.older_than_facts += unlogged
            self.report.older_than_log += sum(1 for id_ in unknown if id_ < reliable_from)
            self._remove([id_ for id_ in unknown if id_ >= reliable_from])

    def _remove(self, candidates: Sequence[UUID]) -> None:
        if not candidates:
            return
        self._catch_up()
        still = self.told.unknown(candidates)
        with transaction.atomic():
            rows = list(Interval.objects.filter(id__in=still, is_logged=True).order_by("id"))
            for row in rows:
                self.report.note(Difference(What.UNKNOWN, row.id, row.kind, stored=_place(row)))
            if self.mend:
                Interval.objects.filter(id__in=[row.id for row in rows]).delete()

    def _catch_up(self) -> None:
        """Their deeds were committed before we saw the rows, so their facts are there by now."""
        end = self._end()
        for events in stream_type(self.organisation_id, StretchesEnded.type, self.at, end):
            self.told.add([UUID(fact["id"]) for fact in facts_in(events)])
        self.at = max(self.at, end)


def facts_in(events: Sequence[StoredEvent]) -> Iterator[dict[str, Any]]:
    for event in events:
        yield from event.data["stretches"]


def _slices(facts: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while found := list(islice(facts, SLICE)):
        yield found


def _differences(before: Interval | None, row: Interval, columns: Sequence[str]) -> list[Difference]:
    if before is None:
        return [Difference(What.MISSING, row.id, row.kind, told=_place(row))]
    return [
        Difference(What.DIFFERENT, row.id, row.kind, name, str(getattr(before, name)), str(getattr(row, name)))
        for name in columns
    ]


def _place(row: Interval) -> str:
    """Whose stretch, and when: ids and times."""
    whose = f"conversation {row.conversation_id}" if row.conversation_id else f"agent {row.agent_id}"
    return f"{whose}, {row.started_at.isoformat()} to {row.ended_at.isoformat()}"


# --- What the log has told, on the database's disk -------------------------------------------------------------------

_ADD = "insert into measures_told (id) select unnest(%s::uuid[]) on conflict do nothing"
_UNKNOWN = """
select asked.id from unnest(%s::uuid[]) asked (id)
where not exists (select from measures_told t where t.id = asked.id) order by asked.id
"""
# The next rows of the range by id, and which of them no fact has told of. Many that are all told must not look
# through the whole range in one statement.
_NEXT = """
with next as materialized (
    select id, is_logged from measures_interval
    where organisation_id = %(organisation)s and id < %(high)s
      and (id > %(after)s or (%(first)s and id = %(after)s))
    order by id limit %(slice)s
)
select (select max(id::text)::uuid from next), (select count(*) from next where not is_logged),
       array(select n.id from next n where n.is_logged
             and not exists (select from measures_told t where t.id = n.id) order by n.id)
"""


class _Told:
    """The ids that facts have named; gone with the connection at the latest."""

    def __enter__(self) -> _Told:
        with connection.cursor() as cursor:
            cursor.execute("create temporary table measures_told (id uuid primary key) on commit preserve rows")
        return self

    def __exit__(self, *_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("drop table if exists measures_told")

    def add(self, ids: Sequence[UUID]) -> None:
        if ids:
            with connection.cursor() as cursor:
                cursor.execute(_ADD, [list(ids)])

    def unknown(self, ids: Sequence[UUID]) -> list[UUID]:
        with connection.cursor() as cursor:
            cursor.execute(_UNKNOWN, [list(ids)])
            return [row[0] for row in cursor.fetchall()]


def _unknown_among(
    organisation_id: UUID, after: UUID, high: UUID, is_first: bool
) -> tuple[UUID, int, list[UUID]] | None:
    """The next SLICE rows after `after`: the last of them, how many have no fact by their own word, and which should
    have one and have not. None: there are no more."""
    asked: dict[str, Any] = {
        "organisation": organisation_id, "after": after, "high": high, "first": is_first, "slice": SLICE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, asked)
        last, unlogged, unknown = cursor.fetchone()
    return None if last is None else (last, unlogged, unknown)
