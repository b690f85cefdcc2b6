"""How long somebody will wait, from how long others have: position, and p50 and p90 of the last hour's waits.

Pure: the caller reads the wait intervals (`measures`, kind "wait", label "assigned") that ended within WINDOW. Those
who gave up are left out: how long they would have waited nobody knows. Those who were taken at once are left out, too:
whoever asks is waiting, and the many who never had to would tell him zero. Below FEWEST samples nothing is estimated;
a figure made of five waits would be believed as much as one of five hundred. How far it is off: `palabre simulate`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from routing.assignment import QueueRule, Waiting, score

WINDOW = timedelta(hours=1)
FEWEST = 20
AT_ONCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds of waiting in all, from the arrival in the queue; None: not known well enough to say."""

    p50_s: float | None
    p90_s: float | None
    samples: int


def estimate(waits_s: Iterable[float], waited_s: float = 0.0, at_once_s: float = AT_ONCE_S) -> Estimate:
    """Half of those who waited in the last hour, and longer than he has already, waited `p50_s` or less in all.

    `at_once_s`: who waited no longer was offered to somebody at once; in a queue with offers, the ring time.
    """
    return estimate_of_ordered(sorted(waits_s), waited_s, at_once_s)


def estimate_of_ordered(ordered: Sequence[float], waited_s: float = 0.0, at_once_s: float = AT_ONCE_S) -> Estimate:
    """The same of waits that are ascending already: it costs a bisection, however many they are."""
    begin = bisect_right(ordered, max(waited_s, at_once_s))
    number = len(ordered) - begin
    if number < FEWEST:
        return Estimate(None, None, number)
    return Estimate(percentile(ordered, 0.5, begin), percentile(ordered, 0.9, begin), number)


def percentile(ordered: Sequence[float], share: float, begin: int = 0) -> float:
    """Between the two nearest, as PostgreSQL's percentile_cont says it, of `ordered[begin:]`: ascending, not empty."""
    last = len(ordered) - 1
    place = share * (last - begin)
    part = place - math.floor(place)
    below = begin + math.floor(place)
    above = min(below + 1, last)
    return ordered[below] + (ordered[above] - ordered[below]) * part


def positions(waiting: Iterable[Waiting], queues: Mapping[UUID, QueueRule], now: datetime) -> dict[UUID, int]:
    """By conversation: its place in its own queue, in the order in which the core would give them. 1: the next.

    It is no promise: a conversation behind another may be taken first by an agent whom the other cannot have.
    """
    lines: dict[UUID, list[tuple[float, datetime, int, UUID]]] = {}
    for one in waiting:
        own = one.queue_ids[0]
        points = score(one, queues.get(own) or QueueRule(own), now)
        lines.setdefault(own, []).append((-points, one.since, one.id.int, one.id))
    return {one[3]: place for line in lines.values() for place, one in enumerate(sorted(line), start=1)}
