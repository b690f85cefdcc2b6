"""Erlang C against computed values, against its own series in exact fractions, and where floats would overflow."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.erlang import Demand, needed, staffed, table, waiting_share

# 120 contacts an hour of 300 s, answered within 20 s: A = 10.
HALF_HOUR = Demand(contacts=60, handling_s=300)
ROWS = [
    # agents, share that waits, service level, ASA, occupancy
    (11, 0.682, 0.362, 204.6, 0.909),
    (12, 0.449, 0.607, 67.4, 0.833),
    (13, 0.285, 0.766, 28.5, 0.769),
    (14, 0.174, 0.867, 13.1, 0.714),
    (15, 0.102, 0.927, 6.1, 0.667),
]


@pytest.mark.parametrize(("agents", "waits", "level", "asa", "occupancy"), ROWS)
def test_the_five_rows(agents, waits, level, asa, occupancy):
    found = staffed(HALF_HOUR, agents)
    assert found.waits == pytest.approx(waits, abs=0.0005)
    assert found.service_level == pytest.approx(level, abs=0.0005)
    assert found.asa_s == pytest.approx(asa, abs=0.05)
    assert found.occupancy == pytest.approx(occupancy, abs=0.0005)


def test_fourteen_agents_are_needed_for_80_20():
    found = needed(HALF_HOUR)
    assert found.agents == 14
    assert found == staffed(HALF_HOUR, 14)


def test_what_others_print_as_60_percent_is_70_2():
    assert waiting_share(2.5, 3) == pytest.approx(0.702, abs=0.0005)


def series(traffic: Fraction, agents: int) -> Fraction:
    """The formula as it is printed."""
    last = traffic**agents / math.factorial(agents) * agents / (agents - traffic)
    return last / (sum(traffic**k / math.factorial(k) for k in range(agents)) + last)


@settings(max_examples=100, deadline=None)
@given(st.fractions(min_value=Fraction(1, 100), max_value=60, max_denominator=100), st.integers(1, 40))
def test_the_recursion_is_the_printed_series(traffic, more):
    agents = math.floor(traffic) + more
    assert waiting_share(float(traffic), agents) == pytest.approx(float(series(traffic, agents)), rel=1e-9)


def test_thousands_of_agents_neither_overflow_nor_vanish():
    # 10,000^10,000 is far beyond a float. Halfin and Whitt (1981): with N = A + sqrt(A), Pw tends to 0.2234.
    assert waiting_share(10_000, 10_100) == pytest.approx(0.2234, abs=0.005)
    found = needed(Demand(contacts=60_000, handling_s=300))
    assert 10_000 < found.agents < 10_100
    assert found.service_level >= 0.8


def test_too_few_agents_never_keep_up():
    found = staffed(HALF_HOUR, 10)
    assert (found.waits, found.service_level, found.asa_s, found.occupancy) == (1.0, 0.0, math.inf, 1.0)
    assert next(table(HALF_HOUR)).agents == 11


def test_no_contacts_need_one_agent_who_waits_for_them():
    found = needed(Demand(contacts=0, handling_s=300))
    assert (found.agents, found.waits, found.service_level, found.asa_s, found.occupancy) == (1, 0.0, 1.0, 0.0, 0.0)


def test_no_contacts_wait_for_no_agents():
    found = staffed(Demand(contacts=0, handling_s=300), 0)
    assert (found.agents, found.waits, found.service_level, found.asa_s, found.occupancy) == (0, 0.0, 1.0, 0.0, 0.0)
    assert found.scheduled == 0


def test_what_was_asked_before_is_not_worked_out_again():
    asked = Demand(contacts=61.5, handling_s=301)
    first, hits = needed(asked), needed.cache_info().hits
    assert needed(Demand(contacts=61.5, handling_s=301)) is first
    assert needed.cache_info().hits == hits + 1


def test_shrinkage_divides():
    assert needed(Demand(contacts=60, handling_s=300, shrinkage=0.3)).scheduled == 20
    assert needed(Demand(contacts=60, handling_s=300)).scheduled == 14


def test_concurrency_shortens_the_handling_time():
    three_at_once = Demand(contacts=180, handling_s=300, concurrency=3)
    assert three_at_once.traffic == pytest.approx(10 * 3 / 3)
    assert needed(three_at_once).agents <= 14


@settings(max_examples=60, deadline=None)
@given(st.floats(0.1, 500), st.floats(1, 2000), st.floats(0.5, 0.99), st.floats(0, 300))
def test_one_agent_more_is_never_worse_and_one_less_misses_the_target(contacts, handling_s, target, within_s):
    demand = Demand(contacts=contacts, handling_s=handling_s, target=target, within_s=within_s)
    found = needed(demand)
    assert found.service_level >= target
    assert staffed(demand, found.agents - 1).service_level < target
    more = staffed(demand, found.agents + 1)
    assert more.service_level >= found.service_level
    assert more.asa_s <= found.asa_s


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("contacts", -1), ("contacts", math.nan), ("handling_s", 0), ("interval_s", 0), ("target", 1), ("target", 0),
        ("within_s", -1), ("concurrency", 0.5), ("shrinkage", 1), ("contacts", math.inf),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        Demand(**{"contacts": 60, "handling_s": 300, name: value})
