"""When a server is left alone, and when it is tried again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bots.remote.breaker import FAILURES, OPEN_S, Breaker, Leave, State


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock=clock)


def leave(breaker: Breaker) -> Leave:
    given = breaker.ask()
    assert given is not None
    return given


def fail(breaker: Breaker, times: int = FAILURES) -> bool:
    return [breaker.failed(leave(breaker)) for _ in range(times)][-1]


def test_it_opens_at_the_fifth_failure_in_a_row(breaker: Breaker) -> None:
    assert not fail(breaker, FAILURES - 1)
    assert breaker.state == State.CLOSED
    assert fail(breaker, 1)
    assert breaker.state == State.OPEN
    assert breaker.ask() is None
    assert breaker.open_for() == OPEN_S


def test_an_answer_between_failures_starts_the_count_again(breaker: Breaker) -> None:
    fail(breaker, FAILURES - 1)
    assert not breaker.succeeded(leave(breaker)), "it was closed"
    assert not fail(breaker, FAILURES - 1)
    assert breaker.state == State.CLOSED


def test_after_its_time_one_call_at_a_time_tries(breaker: Breaker, clock: Clock) -> None:
    fail(breaker)
    clock.now += OPEN_S - 0.01
    assert breaker.ask() is None
    clock.now += 0.01
    assert breaker.state == State.HALF_OPEN
    probe = leave(breaker)
    assert breaker.ask() is None, "one at a time"
    assert breaker.succeeded(probe)
    assert breaker.state == State.CLOSED
    assert breaker.open_for() == 0
    assert breaker.ask() is not None


def test_a_probe_that_fails_opens_it_for_as_long_again(breaker: Breaker, clock: Clock) -> None:
    fail(breaker)
    clock.now += OPEN_S
    assert breaker.failed(leave(breaker)), "one failure is enough now"
    assert breaker.ask() is None
    assert breaker.open_for() == OPEN_S
    clock.now += OPEN_S
    assert breaker.succeeded(leave(breaker))
    assert not fail(breaker, FAILURES - 1), "and then it takes as many as ever"


def test_what_began_before_it_opened_says_nothing_afterwards(breaker: Breaker, clock: Clock) -> None:
    slow, slower = leave(breaker), leave(breaker)
    fail(breaker)
    assert not breaker.succeeded(slow)
    assert breaker.state == State.OPEN
    clock.now += OPEN_S
    probe = leave(breaker)
    assert not breaker.failed(slower), "an old call's failure is no news of the probe"
    assert breaker.ask() is None, "which is still under way"
    assert breaker.succeeded(probe)


def test_many_threads_get_one_probe(breaker: Breaker, clock: Clock) -> None:
    fail(breaker)
    clock.now += OPEN_S
    together = threading.Barrier(8)

    def ask(_: int) -> Leave | None:
        together.wait()
        return breaker.ask()

    with ThreadPoolExecutor(8) as pool:
        assert sum(given is not None for given in pool.map(ask, range(8))) == 1
