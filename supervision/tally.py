"""Texts counted by line and link as the event log tells them: each event once, none missed, whatever their number.

The log is numbered densely, so "counted up to here" is exact without counting anything twice. A tally begins at the
newest event and grows both ways: forward with what happens, backward to the organisation's midnight, a slice at a time,
so that no question is slow; until it is there, it says since when its day is counted. Each web process has its own.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from realtime.reading import Head, read_head

IN, OUT, DELIVERED, FAILED = range(4)
SLICE_S = 10  # of time: what "the last minute" is made of
HOUR_S, MINUTE_S = 3600, 60
EVENTS = 4_000  # of one slice of the log
BACKWARD_S = 0.15  # of one question, for the hours before
MOST_MISSED = 40_000  # events since the last question: beyond, it is quicker to begin anew
MOST_KEPT = 200  # organisations

Pair = tuple[UUID | None, UUID | None]  # line, link
Counts = list[int]

# What a text left or came by stands with its delivery or its conversation: the log holds ids and facts. The numbers are
# IN, OUT, DELIVERED and FAILED, and SLICE_S.
_FOLD = """
with events as materialized (
    select seq, type, data, at from realtime_event
    where organisation_id = %(organisation)s and seq > %(after)s and seq <= %(upto)s and id >= uuid_floor(%(since)s)
), told as (
    select at, 0 as what, (data ->> 'line_id')::uuid as line_id,
           (select c.link_id from conversations_conversation c
            where c.id = (data ->> 'conversation_id')::uuid) as link_id
    from events where type = 'message.received'
    union all
    select at, 1, (data ->> 'line_id')::uuid,
           (select d.link_id from conversations_delivery d where d.message_id = (data ->> 'message_id')::uuid)
    from events where type = 'message.added' and data ->> 'kind' = 'outgoing'
    union all
    select at, case (item ->> 4)::int when 4 then 2 else 3 end, (item ->> 0)::uuid,
           (select d.link_id from conversations_delivery d where d.message_id = (item ->> 2)::uuid)
    from events cross join lateral jsonb_array_elements(data -> 'items') item
    where type = 'deliveries.progressed' and (item ->> 4)::int in (4, 5, 6)
)
select floor(extract(epoch from at) / 10)::bigint * 10, what, line_id, link_id, count(*)
from told group by 1, 2, 3, 4
"""
_OLDEST = """
select min(at), count(*) from realtime_event
where organisation_id = %(organisation)s and seq > %(after)s and seq <= %(upto)s and id >= uuid_floor(%(since)s)
"""


def _none() -> Counts:
    return [0, 0, 0, 0]


@dataclass
class Tally:
    """Of one organisation. `slices`: of the last hour; `earlier`: of today, before them. All by line and link."""

    organisation_id: UUID
    epoch: int | None = None
    newest: int = 0  # number of the last event that is counted
    oldest: int = 0  # the number before the first one
    counted_since: datetime | None = None
    whole: bool = False  # today is counted from its first second
    midnight: datetime | None = None
    slices: dict[int, defaultdict[Pair, Counts]] = field(default_factory=dict)
    earlier: defaultdict[Pair, Counts] = field(default_factory=lambda: defaultdict(_none))
    waiting: list[Any] = field(default_factory=list)  # as supervision.traffic asked last
    waiting_until: float = 0.0  # of the monotonic clock: no longer true then
    lock: threading.Lock = field(default_factory=threading.Lock)

    def follow(self, now: datetime, zone: str) -> None:
        """Count what has happened since the last time, and some of what was before. Under the lock."""
        head = read_head(self.organisation_id)
        if self.epoch != head.epoch or head.seq < self.newest or head.seq - self.newest > MOST_MISSED:
            self._begin(head, now)
        self._turn(now, zone)
        while self.newest < head.seq:
            upto = min(self.newest + EVENTS, head.seq)
            self._fold(self.newest, upto)
            self.newest = upto
        began = time.monotonic()
        while not self.whole:
            self._back()
            if time.monotonic() - began >= BACKWARD_S:
                break

    def since(self, start: float) -> defaultdict[Pair, Counts]:
        """Sums of the slices that began at `start` (seconds of the epoch) or later."""
        found: defaultdict[Pair, Counts] = defaultdict(_none)
        for begin, pairs in self.slices.items():
            if begin >= start:
                _add(found, pairs)
        return found

    def today(self) -> defaultdict[Pair, Counts]:
        assert self.midnight is not None
        found = self.since(self.midnight.timestamp())
        _add(found, self.earlier)
        return found

    def minutes(self, now: datetime) -> Iterator[tuple[int, Pair, Counts]]:
        """(minute of the last sixty, 0 the oldest; line and link; counts) of what there is."""
        last = int(now.timestamp()) // MINUTE_S
        for begin, pairs in self.slices.items():
            place = 59 - (last - begin // MINUTE_S)
            if 0 <= place < 60:
                for pair, counts in pairs.items():
                    yield place, pair, counts

    def _begin(self, head: Head, now: datetime) -> None:
        self.epoch, self.newest, self.oldest = head.epoch, head.seq, head.seq
        self.counted_since, self.whole, self.midnight = now, False, None
        self.slices, self.earlier = {}, defaultdict(_none)

    def _turn(self, now: datetime, zone: str) -> None:
        """A new day begins at nothing; slices older than an hour are summed up."""
        midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        if midnight != self.midnight:
            self.midnight, self.earlier = midnight, defaultdict(_none)
        for begin in [one for one in self.slices if one < now.timestamp() - HOUR_S - MINUTE_S]:
            gone = self.slices.pop(begin)
            if begin >= midnight.timestamp():
                _add(self.earlier, gone)

    def _back(self) -> None:
        assert self.midnight is not None
        after = max(self.oldest - EVENTS, 0)
        bound = self.midnight - timedelta(seconds=HOUR_S)
        given: dict[str, Any] = {
            "organisation": self.organisation_id,
            "after": after,
            "upto": self.oldest,
            "since": bound,
        }
        with connection.cursor() as cursor:
            cursor.execute(_OLDEST, given)
            first, number = cursor.fetchone()
        if number:
            self._fold(after, self.oldest)
            self.counted_since = first
        # Fewer than were asked for: those before are older than what anybody asks, or were dropped with their month.
        if number < self.oldest - after or after == 0 or first < bound:
            self.whole = True
        self.oldest = after

    def _fold(self, after: int, upto: int) -> None:
        assert self.midnight is not None
        bound = self.midnight - timedelta(seconds=HOUR_S)
        given: dict[str, Any] = {"organisation": self.organisation_id, "after": after, "upto": upto, "since": bound}
        with connection.cursor() as cursor:
            cursor.execute(_FOLD, given)
            for begin, what, line, link, count in cursor.fetchall():
                self.slices.setdefault(int(begin), defaultdict(_none))[line, link][what] += count


def _add(to: defaultdict[Pair, Counts], more: dict[Pair, Counts]) -> None:
    for pair, counts in more.items():
        mine = to[pair]
        for what, count in enumerate(counts):
            mine[what] += count


_tallies: OrderedDict[UUID, Tally] = OrderedDict()
_known = threading.Lock()


def tally_of(organisation_id: UUID) -> Tally:
    with _known:
        found = _tallies.setdefault(organisation_id, Tally(organisation_id))
        _tallies.move_to_end(organisation_id)
        while len(_tallies) > MOST_KEPT:
            _tallies.popitem(last=False)
        return found
