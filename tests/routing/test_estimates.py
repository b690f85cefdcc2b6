"""Position and estimated wait: what is known of the last hour, and nothing where too little is known."""

from __future__ import annotations

import random
import statistics
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from routing.assignment import QueueRule, Waiting
from routing.estimates import Estimate, estimate, estimate_of_ordered, positions

TEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SUPPORT, SALES = UUID(int=100), UUID(int=101)


def test_half_and_nine_tenths_of_the_last_hour():
    waits = [float(n) for n in range(100, 201)]
    random.Random(1).shuffle(waits)
    assert estimate(waits) == Estimate(150.0, 190.0, 101)


def test_whoever_waits_already_is_told_of_those_who_waited_longer():
    waits = [float(n) for n in range(100, 201)]
    assert estimate(waits, waited_s=139.5) == Estimate(170.0, 194.0, 61)
    assert estimate(waits, waited_s=181) == Estimate(None, None, 19)


def test_the_many_who_were_taken_at_once_do_not_tell_those_who_wait_zero():
    assert estimate([0.3] * 500 + [60.0] * 20) == Estimate(60.0, 60.0, 20)
    assert estimate([0.3] * 500).p50_s is None


@pytest.mark.parametrize("waited_s", [0.0, 50.0, 99.0, 1e6])
def test_waits_that_are_in_order_are_looked_at_only_where_they_matter(waited_s):
    chance = random.Random(3)
    waits = [round(chance.expovariate(0.02)) for _ in range(400)]
    looked_at = _Counted(sorted(waits))
    found = estimate_of_ordered(looked_at, waited_s, at_once_s=20.0)
    assert found == estimate([one for one in waits if one > max(waited_s, 20.0)], at_once_s=0.0)
    assert looked_at.times <= 20


class _Counted(list[float]):
    times = 0

    def __getitem__(self, place):
        self.times += 1
        return super().__getitem__(place)


def test_under_twenty_samples_nothing_is_said():
    assert estimate([5.0] * 19) == Estimate(None, None, 19)
    assert estimate([5.0] * 20) == Estimate(5.0, 5.0, 20)
    assert estimate([]) == Estimate(None, None, 0)


def test_between_two_waits_it_is_what_the_standard_library_says():
    chance = random.Random(2)
    waits = [2 + chance.expovariate(0.01) for _ in range(57)]
    deciles = statistics.quantiles(waits, n=10, method="inclusive")
    found = estimate(waits)
    assert abs(found.p50_s - deciles[4]) < 1e-9
    assert abs(found.p90_s - deciles[8]) < 1e-9


def test_each_has_a_place_in_its_own_queue_by_priority_and_waiting_together():
    def waits(number: int, minutes: int, priority: int = 0, queue: UUID = SUPPORT) -> Waiting:
        return Waiting(
            id=UUID(int=number), line_id=UUID(int=300), queue_ids=(queue,), priority=priority,
            since=TEN - timedelta(minutes=minutes),
        )  # fmt: skip

    crowd = [waits(1, 3), waits(2, 12), waits(3, 1, priority=1), waits(4, 3, queue=SALES), replace(waits(5, 3))]
    rules = {SUPPORT: QueueRule(SUPPORT, points_per_minute=1)}
    found = positions(crowd, rules, TEN)
    # Twelve minutes are worth more than one step of priority and one minute.
    assert found == {UUID(int=2): 1, UUID(int=3): 2, UUID(int=1): 3, UUID(int=5): 4, UUID(int=4): 1}
    assert positions(reversed(crowd), rules, TEN) == found
