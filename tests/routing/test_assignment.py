"""One queue without skills, as every installation begins: the core keeps what it always promised there."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.assignment import Agent, Assignment, QueueRule, Strategy, Waiting, plan_in_parts
from routing.assignment import plan_round as plan_any_round

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
LINES = [UUID(int=1000 + n) for n in range(4)]
QUEUE = UUID(int=77)
# A higher priority always first, then the longest waiting.
RULE = {QUEUE: QueueRule(QUEUE, Strategy.LEAST_LOADED, points_per_minute=0)}


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


def person(number: int, load: int, capacity: int, idle: int, lines: frozenset[UUID] | None = None) -> Agent:
    return Agent(id=UUID(int=number), load=load, capacity=capacity, idle_since=at(idle), lines=lines)


def conversation(number: int, line: UUID, priority: int, since: int, avoid: UUID | None = None) -> Waiting:
    return Waiting(
        id=UUID(int=number), line_id=line, queue_ids=(QUEUE,), priority=priority, since=at(since),
        avoid=frozenset() if avoid is None else frozenset([avoid]),
    )  # fmt: skip


def plan_round(waiting: Iterable[Waiting], agents: Iterable[Agent]) -> list[Assignment]:
    return plan_any_round(waiting, agents, RULE, TEN)


agents = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(0, 4),
        st.integers(0, 3),
        st.none() | st.frozensets(st.sampled_from(LINES), max_size=3),
    ),
    max_size=8,
).map(lambda found: [person(n + 1, *one) for n, one in enumerate(found)])
somebody = st.none() | st.integers(1, 8).map(lambda n: UUID(int=n))
waiting = st.lists(
    st.tuples(st.sampled_from(LINES), st.integers(0, 2), st.integers(0, 3), somebody), max_size=14
).map(lambda found: [conversation(500 + n, *one) for n, one in enumerate(found)])  # fmt: skip


def may_take(agent: Agent, one: Waiting) -> bool:
    return (agent.lines is None or one.line_id in agent.lines) and agent.id not in one.avoid


@settings(max_examples=300, deadline=None)
@given(waiting, agents)
def test_nobody_exceeds_capacity_nobody_is_given_twice_nobody_waits_for_a_free_agent(waiting, agents):
    plan = plan_round(waiting, agents)
    conversations = {one.id: one for one in waiting}
    people = {agent.id: agent for agent in agents}
    assert len({a.conversation_id for a in plan}) == len(plan)
    load = {agent.id: agent.load for agent in agents}
    for given_ in plan:
        assert may_take(people[given_.agent_id], conversations[given_.conversation_id])
        load[given_.agent_id] += 1
        assert load[given_.agent_id] <= people[given_.agent_id].capacity
    left = conversations.keys() - {a.conversation_id for a in plan}
    for id_ in left:
        assert not any(may_take(a, conversations[id_]) and load[a.id] < a.capacity for a in agents)


@settings(max_examples=200, deadline=None)
@given(waiting, agents)
def test_whoever_waits_longer_on_the_same_line_with_no_lower_priority_goes_first(waiting, agents):
    waiting = [conversation(w.id.int, w.line_id, w.priority, int((w.since - NINE).seconds / 60)) for w in waiting]
    given_ = {a.conversation_id for a in plan_round(waiting, agents)}
    for one in waiting:
        for other in waiting:
            before = (-one.priority, one.since, one.id) < (-other.priority, other.since, other.id)
            if one.line_id == other.line_id and before and other.id in given_:
                assert one.id in given_


def test_the_least_loaded_then_the_longest_idle_gets_it():
    people = [person(1, 1, 5, 0), person(2, 0, 5, 9), person(3, 0, 5, 4)]
    plan = plan_round([conversation(9, LINES[0], 0, 1)], people)
    assert plan == [Assignment(UUID(int=9), UUID(int=3), QUEUE)]


def test_load_is_measured_against_what_each_may_hold():
    # Two of ten is less than one of three.
    people = [person(1, 1, 3, 0), person(2, 2, 10, 9)]
    (given_,) = plan_round([conversation(9, LINES[0], 0, 1)], people)
    assert given_.agent_id == UUID(int=2)


def test_whoever_is_given_something_is_idle_since_now_and_the_next_goes_to_another():
    # Also among equally loaded: otherwise a round in slices would choose otherwise than a round at once.
    people = [person(1, 0, 5, 0), person(2, 1, 5, 30)]
    plan = plan_round([conversation(500 + n, LINES[0], 0, n) for n in range(2)], people)
    assert [one.agent_id.int for one in plan] == [1, 2]


def test_a_large_round_is_planned_in_parts_and_its_time_printed():
    people = [person(n, n % 5, 9, n % 60, None if n % 3 else frozenset(LINES[: n % 4 + 1])) for n in range(1, 1001)]
    queue = [conversation(10_000 + n, LINES[n % 4], n % 3, n % 500) for n in range(10_000)]
    started = time.perf_counter()
    plan = plan_round(queue, people)
    print(f"1,000 agents, 10,000 waiting: {len(plan)} given in {(time.perf_counter() - started) * 1000:.0f} ms")
    assert len(plan) == sum(9 - agent.load for agent in people)
    parts = list(plan_in_parts(queue, people, RULE, TEN))
    assert [one for part in parts for one in part] == plan
    assert len(parts) > 5
