"""What became of a simulated day, and the figures made of it. Formulas as the reports' (docs/staffing.md)."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from routing.estimates import WINDOW, Estimate, estimate_of_ordered, percentile
from routing.scenario import Scenario

# Student's t, 97.5 %, by degrees of freedom: what a mean of few days may be off.
T_95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


class Ended(StrEnum):
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    TO_BOT = "to_bot"  # the ladder's last step
    LEFT_WAITING = "left_waiting"  # the day was over


@dataclass(frozen=True, slots=True)
class Contact:
    """What became of one. `wait_s`: until it was answered or given up; None: left waiting when the day was over."""

    arrivals: int  # the place of its kind in the scenario
    at_s: float
    ended: Ended
    wait_s: float | None
    agent: int | None
    told: Estimate | None  # what somebody who had to wait was told at once; None: he had not to


@dataclass(slots=True)
class Served:
    """What one agent did within the time that counts. Seconds."""

    crew: int
    number: int
    signed_in_s: float = 0.0
    busy_s: float = 0.0  # signed in or finishing, with at least one talk
    load_s: float = 0.0  # weights held, times how long
    room_s: float = 0.0  # capacity, times how long
    handled: int = 0
    declined: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    scenario: Scenario
    contacts: list[Contact]  # those that count, by arrival
    agents: list[Served]
    rounds: int  # calls of the core


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one day, or of one queue of it. Shares from 0 to 1, times in seconds; None: nothing to make it of."""

    contacts: int
    answered: int
    abandoned: int
    to_bot: int
    left_waiting: int
    # Answered within the target's time, of all who came: who gave up, or never got anybody, was not.
    service_level: float | None
    asa_s: float | None  # of the answered
    wait_p50_s: float | None
    wait_p90_s: float | None
    longest_wait_s: float | None  # of all who were answered or gave up
    abandonment: float | None
    waited: float | None  # the share that was not answered at once


@dataclass(frozen=True, slots=True)
class Staffing:
    agents: int
    signed_in_hours: float
    occupancy: float | None  # time with at least one talk, of time signed in
    capacity_used: float | None  # of all that they might hold at the same time
    handled_per_hour_least: float | None  # by agent
    handled_per_hour_most: float | None
    gini: float | None  # of the handled per hour, between agents: 0: all alike
    declined: int
    missed: int


@dataclass(frozen=True, slots=True)
class EstimateError:
    """How the estimate told on arrival compares with the wait that came, of those who waited and were answered."""

    told: int  # had an estimate
    hidden: int  # waited, and too little was known to tell them
    within_p50: float | None  # should be 0.5
    within_p90: float | None  # should be 0.9
    median_error_s: float | None  # of p50, either way


@dataclass(frozen=True, slots=True)
class DayFigures:
    whole: Figures
    queues: dict[str, Figures]
    staffing: Staffing
    estimate: EstimateError
    rounds: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def figures(outcome: Outcome) -> DayFigures:
    kinds = outcome.scenario.day.arrivals
    within_s = outcome.scenario.day.target.within_s
    by_queue: dict[str, list[Contact]] = {one.name: [] for one in outcome.scenario.day.queues}
    for one in outcome.contacts:
        by_queue[kinds[one.arrivals].queue].append(one)
    return DayFigures(
        whole=_figures(outcome.contacts, within_s),
        queues={name: _figures(found, within_s) for name, found in by_queue.items()},
        staffing=_staffing(outcome.agents),
        estimate=_estimate_error(outcome.contacts),
        rounds=outcome.rounds,
    )


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The mean of independent days, and how far it may be off with 95 % confidence (infinite for one day)."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, math.inf
    t = T_95[len(values) - 2] if len(values) - 2 < len(T_95) else 1.96
    return mean, t * statistics.stdev(values) / math.sqrt(len(values))


def gini(values: Sequence[float]) -> float | None:
    """The mean difference between two of them by twice their mean: 0 when all are alike, near 1 when one has all."""
    total = sum(values)
    if not values or total <= 0:
        return None
    ordered = sorted(values)
    weighed = sum(place * value for place, value in enumerate(ordered, start=1))
    return 2 * weighed / (len(ordered) * total) - (len(ordered) + 1) / len(ordered)


def _figures(contacts: Sequence[Contact], within_s: float) -> Figures:
    waits = sorted(one.wait_s for one in contacts if one.ended is Ended.ANSWERED and one.wait_s is not None)
    number = {ended: sum(one.ended is ended for one in contacts) for ended in Ended}
    every = len(contacts)
    known = [one.wait_s for one in contacts if one.wait_s is not None]
    return Figures(
        contacts=every,
        answered=number[Ended.ANSWERED],
        abandoned=number[Ended.ABANDONED],
        to_bot=number[Ended.TO_BOT],
        left_waiting=number[Ended.LEFT_WAITING],
        service_level=sum(wait <= within_s for wait in waits) / every if every else None,
        asa_s=statistics.fmean(waits) if waits else None,
        wait_p50_s=percentile(waits, 0.5) if waits else None,
        wait_p90_s=percentile(waits, 0.9) if waits else None,
        longest_wait_s=max(known, default=None),
        abandonment=number[Ended.ABANDONED] / every if every else None,
        waited=1 - sum(wait <= 0 for wait in waits) / every if every else None,
    )


def _staffing(agents: Sequence[Served]) -> Staffing:
    hours = sum(one.signed_in_s for one in agents) / 3600
    room = sum(one.room_s for one in agents)
    rates = [one.handled / one.signed_in_s * 3600 for one in agents if one.signed_in_s > 0]
    return Staffing(
        agents=len(agents),
        signed_in_hours=hours,
        occupancy=sum(one.busy_s for one in agents) / 3600 / hours if hours else None,
        capacity_used=sum(one.load_s for one in agents) / room if room else None,
        handled_per_hour_least=min(rates, default=None),
        handled_per_hour_most=max(rates, default=None),
        gini=gini(rates),
        declined=sum(one.declined for one in agents),
        missed=sum(one.missed for one in agents),
    )


def _estimate_error(contacts: Sequence[Contact]) -> EstimateError:
    waited = [one for one in contacts if one.ended is Ended.ANSWERED and one.told is not None]
    pairs = [
        (one.wait_s, one.told.p50_s, one.told.p90_s)
        for one in waited
        if one.wait_s is not None and one.told is not None
        and one.told.p50_s is not None and one.told.p90_s is not None
    ]  # fmt: skip
    number = len(pairs)
    return EstimateError(
        told=number,
        hidden=len(waited) - number,
        within_p50=sum(wait <= p50 for wait, p50, _ in pairs) / number if number else None,
        within_p90=sum(wait <= p90 for wait, _, p90 in pairs) / number if number else None,
        median_error_s=statistics.median(abs(wait - p50) for wait, p50, _ in pairs) if number else None,
    )


class LastHour:
    """The waits of one queue that ended within the window of the estimate, in the order of their length."""

    def __init__(self, at_once_s: float) -> None:
        self._at_once_s = at_once_s
        self._ends: deque[tuple[float, float]] = deque()
        self._ordered: list[float] = []

    def add(self, at: float, wait: float) -> None:
        self._ends.append((at, wait))
        insort(self._ordered, wait)

    def estimate(self, at: float) -> Estimate:
        while self._ends and self._ends[0][0] < at - WINDOW.total_seconds():
            _, wait = self._ends.popleft()
            del self._ordered[bisect_left(self._ordered, wait)]
        return estimate_of_ordered(self._ordered, at_once_s=self._at_once_s)
