"""Reading the event log. Numbers are dense and become visible in their order, so "everything after n" is one range.

The log is partitioned by month on `id`, and a range of numbers alone would look into every month. The id of the last
event read, less an hour, is a bound that prunes: events are numbered and given their ids within one statement, so an
hour is room enough for clocks that were set back. Should it ever not be, the hole shows, and the range is read again
without the bound.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

AN_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class StoredEvent:
    id: UUID
    seq: int
    type: str
    data: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Head:
    """The last number given in an organisation, and the epoch that its numbers belong to."""

    epoch: int
    seq: int


class LogBroken(RuntimeError):
    """Events between the cursor and the head are missing: trimmed, or lost. Only a fresh start helps."""


NO_EVENTS_YET = Head(epoch=1, seq=0)

_RANGE = """
select id, seq, type, data::text, at from realtime_event
where organisation_id = %s and seq > %s and seq <= %s and id >= %s
order by seq
"""

# Where the log stands and what follows, in one statement and so of one moment. A row without an event says that
# nothing follows here: at the head, or in another epoch.
_ON = """
with stands as materialized (
    select epoch, head from realtime_eventhead where organisation_id = %(organisation)s
)
select stands.epoch, stands.head, event.id, event.seq, event.type, event.data::text, event.at
from stands left join realtime_event event
  on event.organisation_id = %(organisation)s and event.id >= %(floor)s
  and event.seq > %(here)s and event.seq <= %(here)s + %(most)s
  and event.seq <= stands.head and stands.epoch = %(epoch)s
order by event.seq
"""


def read_heads(organisation_ids: Collection[UUID]) -> dict[UUID, Head]:
    """Where the logs stand. An organisation without events has no row yet and stands at NO_EVENTS_YET."""
    heads = dict.fromkeys(organisation_ids, NO_EVENTS_YET)
    with connection.cursor() as cursor:
        cursor.execute(
            "select organisation_id, epoch, head from realtime_eventhead where organisation_id = any(%s)",
            [list(organisation_ids)],
        )
        heads.update((organisation_id, Head(epoch, head)) for organisation_id, epoch, head in cursor.fetchall())
    return heads


def read_head(organisation_id: UUID) -> Head:
    return read_heads([organisation_id])[organisation_id]


def read_range(organisation_id: UUID, after: int, upto: int, last_id: UUID | None = None) -> list[StoredEvent]:
    """The events after+1..upto, all of them. `last_id`: the id of event `after`, where it is known.

    Raises LogBroken when one is missing.
    """
    if upto <= after:
        return []
    floors = [UUID(int=0)] if last_id is None else [hour_before(last_id), UUID(int=0)]
    for floor in floors:
        with connection.cursor() as cursor:
            cursor.execute(_RANGE, [organisation_id, after, upto, floor])
            events = [
                StoredEvent(id_, seq, type_, orjson.loads(data), at) for id_, seq, type_, data, at in cursor.fetchall()
            ]
        if [event.seq for event in events] == list(range(after + 1, upto + 1)):
            return events
    raise LogBroken(f"events {after + 1}..{upto} of organisation {organisation_id} are not all there")


def read_on(
    organisation_id: UUID, here: Head, most: int, last_id: UUID | None = None
) -> tuple[Head, list[StoredEvent]]:
    """Where the log stands now, and the next events after `here`, at most `most`: one visit for both.

    No events when the log is of another epoch by now, or stands before `here`. Raises LogBroken.
    """
    floor = UUID(int=0) if last_id is None else hour_before(last_id)
    asked: dict[str, Any] = {
        "organisation": organisation_id, "floor": floor, "here": here.seq, "most": most, "epoch": here.epoch,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ON, asked)
        found = cursor.fetchall()
    newest = Head(*found[0][:2]) if found else NO_EVENTS_YET
    if newest.epoch != here.epoch:
        return newest, []
    events = [
        StoredEvent(id_, seq, type_, orjson.loads(data), at)
        for _, _, id_, seq, type_, data, at in found
        if id_ is not None
    ]
    upto = min(newest.seq, here.seq + most)
    if [event.seq for event in events] != list(range(here.seq + 1, upto + 1)):
        events = read_range(organisation_id, here.seq, upto)  # without the bound, before it is said to be broken
    return newest, events


def still_there(organisation_id: UUID, seq: int) -> bool:
    """Whether event `seq` can still be read. False once its month has been dropped."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select 1 from realtime_event where organisation_id = %s and seq = %s)",
            [organisation_id, seq],
        )
        return bool(cursor.fetchone()[0])


def hour_before(key: UUID) -> UUID:
    """The smallest uuidv7 of one hour before `key` (RFC 9562, 5.7: 48 bits of milliseconds come first)."""
    return UUID(int=max((key.int >> 80) - AN_HOUR_MS, 0) << 80)


@dataclass(frozen=True, slots=True)
class Begin:
    """The first event that the log of an organisation still has. Of number 1, when nothing was ever dropped."""

    seq: int
    id: UUID


_BEGIN = "select seq, id from realtime_event where organisation_id = %s order by seq limit 1"
_ONE = "select id from realtime_event where organisation_id = %s and seq = %s"
_OF_TYPE = """
select id, seq, type, case when type = %s then data::text end, at from realtime_event
where organisation_id = %s and seq > %s and seq <= %s and id >= %s
order by seq
"""
STREAMED = 1000


def read_begin(organisation_id: UUID) -> Begin | None:
    """None: the organisation has no events."""
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [organisation_id])
        row = cursor.fetchone()
    return None if row is None else Begin(*row)


def number_before(organisation_id: UUID, key: UUID) -> int:
    """The number of the last event whose id is smaller than `key`; that before the first one, where none is.

    By halves: the ids rise with the numbers, but for clocks that were set back.
    """
    begin, head = read_begin(organisation_id), read_head(organisation_id)
    if begin is None:
        return head.seq
    below, above = begin.seq - 1, head.seq + 1
    with connection.cursor() as cursor:
        while above - below > 1:
            middle = (below + above) // 2
            cursor.execute(_ONE, [organisation_id, middle])
            row = cursor.fetchone()
            if row is None:
                raise LogBroken(f"event {middle} of organisation {organisation_id} is not there")
            below, above = (middle, above) if row[0] < key else (below, middle)
    return below


def stream_type(organisation_id: UUID, type_: str, after: int, upto: int) -> Iterator[list[StoredEvent]]:
    """The events of one type among after+1..upto, in order, a bounded slice at a time. Every number is looked at:
    raises LogBroken when any event is missing, of whatever type."""
    last_id: UUID | None = None
    for start in range(after, upto, STREAMED):
        end = min(start + STREAMED, upto)
        floors = [UUID(int=0)] if last_id is None else [hour_before(last_id), UUID(int=0)]
        for floor in floors:
            with connection.cursor() as cursor:
                cursor.execute(_OF_TYPE, [type_, organisation_id, start, end, floor])
                found = cursor.fetchall()
            if [row[1] for row in found] == list(range(start + 1, end + 1)):
                break
        else:
            raise LogBroken(f"events {start + 1}..{end} of organisation {organisation_id} are not all there")
        last_id = found[-1][0]
        yield [
            StoredEvent(id_, seq, kind, orjson.loads(data), at)
            for id_, seq, kind, data, at in found
            if data is not None
        ]
