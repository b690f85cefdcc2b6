"""Texts in and out at this moment, by line and by link: the last minute, the last hour, today; and what waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db import connection

from accounts.models import Organisation
from common.clock import database_now
from common.ids import time_of
from conversations.rendering import iso
from supervision.tally import DELIVERED, FAILED, HOUR_S, IN, MINUTE_S, OUT, Counts, Pair, Tally, tally_of

MOST_COUNTED = 20_000  # waiting texts of one link: more is as much to the eye, and counting costs

_LINES = "select id, name || ' (' || address || ')' from conversations_line where organisation_id = %s order by address"
_LINKS = "select id, name from conversations_link where organisation_id = %s order by name"
WAITING_S = 1.0  # so long all screens of one process share what was counted
# Of what waits, and of what was handed over and not answered. Whoever is in a later lane may be older than all that
# are counted: the first of each is looked at.
_WAITING = """
select waiting.line_id, link.id, sum(waiting.counted), min(waiting.message_id::text)
from conversations_link link
cross join lateral (
    (select line_id, message_id, 1 as counted from conversations_delivery
     where link_id = link.id and state = 0 order by lane, message_id limit %(most)s)
    union all
    (select line_id, message_id, 1 from conversations_delivery
     where link_id = link.id and state = 1 order by updated_at limit %(most)s)
    union all
    (select first.line_id, first.message_id, 0 from (values (0), (1), (2)) lanes (lane) cross join lateral (
        select line_id, message_id from conversations_delivery
        where link_id = link.id and state = 0 and lane = lanes.lane order by message_id limit 1) first)
) waiting
where link.organisation_id = %(organisation)s
group by waiting.line_id, link.id
"""


class Figures(TypedDict):
    """Texts: stored, written, said to be delivered, said to be lost, within the time."""

    received: int
    sent: int
    delivered: int
    failed: int


class Flow(TypedDict):
    """`id` is null for all together. `per_minute`: of the last sixty, the present one last: [in, out].

    `waiting` is up to a second old. `oldest_since`: of all that wait; of a line, where more than `most_waiting` wait on
    its link, of those that were counted.
    """

    id: str | None
    name: str
    minute: Figures
    hour: Figures
    today: Figures
    waiting: int
    oldest_since: str | None
    per_minute: list[list[int]]


class Traffic(TypedDict):
    """`counted_since`: null, or today's figures begin only there so far. `most_waiting`: no link is counted further."""

    at: str
    counted_since: str | None
    most_waiting: int
    total: Flow
    lines: list[Flow]
    links: list[Flow]


Waiting = list[tuple[UUID, UUID, int, UUID]]  # line, link, how many, the oldest


def traffic(organisation_id: UUID) -> Traffic:
    now = database_now()
    zone = Organisation.objects.values_list("time_zone", flat=True).get(id=organisation_id)
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [organisation_id])
        lines: list[tuple[UUID, str]] = cursor.fetchall()
        cursor.execute(_LINKS, [organisation_id])
        links: list[tuple[UUID, str]] = cursor.fetchall()
    tally = tally_of(organisation_id)
    with tally.lock:
        tally.follow(now, zone)
        flows = _Flows(tally, now, _waiting(tally))
        return {
            "at": iso(now),
            "counted_since": None if tally.whole or tally.counted_since is None else iso(tally.counted_since),
            "most_waiting": MOST_COUNTED,
            "total": flows.of(None, "", lambda _: True),
            "lines": [flows.of(id_, name, _is(0, id_)) for id_, name in lines],
            "links": [flows.of(id_, name, _is(1, id_)) for id_, name in links],
        }


def _waiting(tally: Tally) -> Waiting:
    """Under the tally's lock: however many screens ask, a long queue is counted once in WAITING_S."""
    if time.monotonic() >= tally.waiting_until:
        with connection.cursor() as cursor:
            cursor.execute(_WAITING, {"organisation": tally.organisation_id, "most": MOST_COUNTED})
            tally.waiting = [(line, link, int(count), UUID(oldest)) for line, link, count, oldest in cursor.fetchall()]
        tally.waiting_until = time.monotonic() + WAITING_S
    return tally.waiting


def _is(place: int, id_: UUID) -> Callable[[Pair], bool]:
    return lambda pair: pair[place] == id_


class _Flows:
    def __init__(self, tally: Tally, now: datetime, waiting: Waiting) -> None:
        self._minute = tally.since(now.timestamp() - MINUTE_S)
        self._hour = tally.since(now.timestamp() - HOUR_S)
        self._today = tally.today()
        self._minutes = list(tally.minutes(now))
        self._waiting = waiting

    def of(self, id_: UUID | None, name: str, mine: Callable[[Pair], bool]) -> Flow:
        waiting = [(count, oldest) for line, link, count, oldest in self._waiting if mine((line, link))]
        per_minute = [[0, 0] for _ in range(60)]
        for place, pair, counts in self._minutes:
            if mine(pair):
                per_minute[place][0] += counts[IN]
                per_minute[place][1] += counts[OUT]
        oldest = min((one for _, one in waiting), default=None)
        return {
            "id": str(id_) if id_ else None,
            "name": name,
            "minute": _figures(counts for pair, counts in self._minute.items() if mine(pair)),
            "hour": _figures(counts for pair, counts in self._hour.items() if mine(pair)),
            "today": _figures(counts for pair, counts in self._today.items() if mine(pair)),
            "waiting": sum(count for count, _ in waiting),
            "oldest_since": iso(time_of(oldest)) if oldest else None,
            "per_minute": per_minute,
        }


def _figures(found: Iterable[Counts]) -> Figures:
    every = list(found)
    return {
        "received": sum(one[IN] for one in every),
        "sent": sum(one[OUT] for one in every),
        "delivered": sum(one[DELIVERED] for one in every),
        "failed": sum(one[FAILED] for one in every),
    }
