"""The pure core of assignment, against its promises and against a slow and obvious version of itself."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.assignment import Agent, Assignment, Waiting, plan_round

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LINES = [UUID(int=1000 + n) for n in range(4)]


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


agents = st.lists(
    st.builds(
        lambda load, capacity, idle, lines: (load, capacity, idle, lines),
        st.integers(0, 4),
        st.integers(0, 4),
        st.integers(0, 3),
        st.none() | st.frozensets(st.sampled_from(LINES), max_size=3),
    ),
    max_size=8,
).map(lambda found: [Agent(UUID(int=n + 1), load, capacity, at(idle), lines)
                     for n, (load, capacity, idle, lines) in enumerate(found)])  # fmt: skip
somebody = st.none() | st.integers(1, 8).map(lambda n: UUID(int=n))
waiting = st.lists(
    st.tuples(st.sampled_from(LINES), st.integers(0, 2), st.integers(0, 3), somebody), max_size=14
).map(lambda found: [Waiting(UUID(int=500 + n), line, priority, at(since), avoid)
                     for n, (line, priority, since, avoid) in enumerate(found)])  # fmt: skip


def slowly(waiting: list[Waiting], agents: list[Agent]) -> list[Assignment]:
    """What the rule says, word by word."""
    load = {agent.id: agent.load for agent in agents}
    found = []
    for one in sorted(waiting, key=lambda w: (-w.priority, w.since, w.id)):
        able = [agent for agent in agents if agent.may_take(one) and load[agent.id] < agent.capacity]
        if able:
            best = min(able, key=lambda agent: (load[agent.id], agent.idle_since, agent.id))
            load[best.id] += 1
            found.append(Assignment(one.id, best.id))
    return found


@settings(max_examples=400, deadline=None)
@given(waiting, agents)
def test_the_plan_is_what_the_rule_says(waiting, agents):
    assert plan_round(waiting, agents) == slowly(waiting, agents)


@settings(max_examples=300, deadline=None)
@given(waiting, agents)
def test_nobody_exceeds_capacity_nobody_is_given_twice_nobody_waits_for_a_free_agent(waiting, agents):
    plan = plan_round(waiting, agents)
    conversations = {one.id: one for one in waiting}
    people = {agent.id: agent for agent in agents}
    assert len({a.conversation_id for a in plan}) == len(plan)
    load = {agent.id: agent.load for agent in agents}
    for given_ in plan:
        assert people[given_.agent_id].may_take(conversations[given_.conversation_id])
        load[given_.agent_id] += 1
        assert load[given_.agent_id] <= people[given_.agent_id].capacity
    left = conversations.keys() - {a.conversation_id for a in plan}
    for id_ in left:
        assert not any(a.may_take(conversations[id_]) and load[a.id] < a.capacity for a in agents)


@settings(max_examples=200, deadline=None)
@given(waiting, agents, st.randoms())
def test_the_order_of_the_input_changes_nothing(waiting, agents, chance):
    mixed, people = list(waiting), list(agents)
    chance.shuffle(mixed)
    chance.shuffle(people)
    assert plan_round(mixed, people) == plan_round(waiting, agents)


@settings(max_examples=200, deadline=None)
@given(waiting, agents)
def test_whoever_waits_longer_on_the_same_line_with_no_lower_priority_goes_first(waiting, agents):
    waiting = [Waiting(w.id, w.line_id, w.priority, w.since) for w in waiting]
    given_ = {a.conversation_id for a in plan_round(waiting, agents)}
    for one in waiting:
        for other in waiting:
            before = (-one.priority, one.since, one.id) < (-other.priority, other.since, other.id)
            if one.line_id == other.line_id and before and other.id in given_:
                assert one.id in given_


def test_the_least_loaded_then_the_longest_idle_gets_it():
    line = LINES[0]
    people = [
        Agent(UUID(int=1), 1, 5, at(0)),
        Agent(UUID(int=2), 0, 5, at(9)),
        Agent(UUID(int=3), 0, 5, at(4)),
    ]
    plan = plan_round([Waiting(UUID(int=9), line, 0, at(1))], people)
    assert plan == [Assignment(UUID(int=9), UUID(int=3))]


def test_a_large_round_is_planned_and_its_time_printed():
    people = [
        Agent(UUID(int=n), n % 5, 12, at(n % 60), None if n % 3 else frozenset(LINES[: n % 4 + 1]))
        for n in range(1, 1001)
    ]
    queue = [Waiting(UUID(int=10_000 + n), LINES[n % 4], n % 3, at(n % 500)) for n in range(10_000)]
    started = time.perf_counter()
    plan = plan_round(queue, people)
    print(f"1,000 agents, 10,000 waiting: {len(plan)} given in {(time.perf_counter() - started) * 1000:.0f} ms")
    assert len(plan) == sum(12 - agent.load for agent in people)
