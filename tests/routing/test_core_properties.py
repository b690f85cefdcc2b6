"""The core of routing against its promises, and against a slow version of itself that says the rule word by word."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.assignment import Agent, Assignment, QueueRule, Strategy, Waiting, Want, plan_in_parts, plan_round

TEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
QUEUES = [UUID(int=100 + n) for n in range(3)]
SKILLS = [UUID(int=200 + n) for n in range(3)]
LINES = [UUID(int=300 + n) for n in range(2)]
MEDIA = ["sms", "voice"]
PEOPLE = [UUID(int=1 + n) for n in range(7)]
# Halves of minutes and of points: scores come out exact in floats, so that the slow version may use fractions.
PACES = [0.0, 0.5, 1.0, 2.0]

some = st.sampled_from


def subsets(of: list[UUID]) -> st.SearchStrategy[frozenset[UUID] | None]:
    return st.none() | st.frozensets(some(of), max_size=2)


def ago(halves: int) -> datetime:
    return TEN - timedelta(seconds=30 * halves)


@st.composite
def agents(draw) -> list[Agent]:
    return [
        Agent(
            id=id_,
            load=draw(st.integers(0, 3)),
            capacity=draw(st.integers(0, 5)),
            idle_since=ago(draw(st.integers(-1, 3))),
            skills=draw(st.dictionaries(some(SKILLS), st.integers(1, 5), max_size=3)),
            room=draw(st.none() | st.dictionaries(some(MEDIA), st.integers(0, 3), max_size=2)),
            lines=draw(subsets(LINES)),
            queues=draw(subsets(QUEUES)),
        )
        for id_ in PEOPLE[: draw(st.integers(0, len(PEOPLE)))]
    ]


wants = st.lists(st.builds(Want, some(SKILLS), st.integers(0, 4), st.integers(0, 5)), max_size=2).map(tuple)


@st.composite
def crowds(draw) -> list[Waiting]:
    return [
        Waiting(
            id=UUID(int=500 + n),
            line_id=draw(some(LINES)),
            queue_ids=tuple(draw(st.lists(some(QUEUES), min_size=1, max_size=2, unique=True))),
            priority=draw(st.integers(0, 2)),
            since=ago(draw(st.integers(-1, 60))),
            medium=draw(some(MEDIA)),
            weight=draw(st.integers(0, 3)),
            wants=draw(wants),
            avoid=draw(st.frozensets(some(PEOPLE), max_size=2)),
            only_for=draw(st.none() | some(PEOPLE)),
            only_until=draw(st.none() | st.integers(-1, 1).map(ago)),
        )
        for n in range(draw(st.integers(0, 12)))
    ]


rules = st.fixed_dictionaries(
    {id_: st.builds(QueueRule, st.just(id_), some(list(Strategy)), some(PACES)) for id_ in QUEUES[:2]}
)  # the third has no rule of its own


# --- The rule, word by word ----------------------------------------------------------------------------------


def rule_of(one: Waiting, queues: dict[UUID, QueueRule]) -> QueueRule:
    return queues.get(one.queue_ids[0], QueueRule(one.queue_ids[0], Strategy.BEST_LEVEL, 1.0))


def slow_score(one: Waiting, queues: dict[UUID, QueueRule]) -> Fraction:
    minutes = max(Fraction((TEN - one.since) // timedelta(seconds=1), 60), Fraction(0))
    return 10 * one.priority + Fraction(rule_of(one, queues).points_per_minute) * minutes


def fits(one: Waiting, agent: Agent) -> bool:
    """Whether he may take it, were he free."""
    sticky = one.only_for is not None and (one.only_until is None or one.only_until > TEN)
    return (
        (agent.lines is None or one.line_id in agent.lines)
        and (agent.queues is None or any(id_ in agent.queues for id_ in one.queue_ids))
        and all(agent.skills.get(want.skill_id, 0) >= want.least for want in one.wants)
        and agent.id not in one.avoid
        and (not sticky or one.only_for == agent.id)
    )


class Desk:
    """What each agent holds while the rule is followed."""

    def __init__(self, agents: list[Agent]) -> None:
        self.load = {agent.id: agent.load for agent in agents}
        self.room = {(agent.id, medium): n for agent in agents for medium, n in (agent.room or {}).items()}
        self.idle = {agent.id: min(agent.idle_since, TEN) for agent in agents}

    def has_room(self, agent: Agent, one: Waiting) -> bool:
        weight = max(1, one.weight)
        enough = self.room.get((agent.id, one.medium), weight) >= weight
        return enough and self.load[agent.id] + weight <= agent.capacity

    def give(self, agent: Agent, one: Waiting) -> None:
        weight = max(1, one.weight)
        self.load[agent.id] += weight
        if (agent.id, one.medium) in self.room:
            self.room[agent.id, one.medium] -= weight
        self.idle[agent.id] = TEN

    def rank(self, agent: Agent, one: Waiting, strategy: Strategy) -> tuple:
        levels = [(agent.skills.get(want.skill_id, 0), want.preferred) for want in one.wants]
        skilled = (-sum(1 for level, preferred in levels if 0 < preferred <= level), -sum(level for level, _ in levels))
        filled = Fraction(self.load[agent.id], agent.capacity)
        return {
            Strategy.BEST_LEVEL: (skilled, filled, self.idle[agent.id], agent.id),
            Strategy.LEAST_LOADED: (filled, skilled, self.idle[agent.id], agent.id),
            Strategy.LONGEST_IDLE: (self.idle[agent.id], filled, skilled, agent.id),
        }[strategy]


def slowly(waiting: list[Waiting], agents: list[Agent], queues: dict[UUID, QueueRule]) -> list[Assignment]:
    desk, found = Desk(agents), []
    for one in sorted(waiting, key=lambda w: (-slow_score(w, queues), w.since, w.id)):
        able = [agent for agent in agents if fits(one, agent) and desk.has_room(agent, one)]
        if able:
            best = min(able, key=lambda agent: desk.rank(agent, one, rule_of(one, queues).strategy))
            through = next(id_ for id_ in one.queue_ids if best.queues is None or id_ in best.queues)
            desk.give(best, one)
            found.append(Assignment(one.id, best.id, through))
    return found


# --- The promises --------------------------------------------------------------------------------------------


@pytest.mark.needs("MCE-017", part="the decision")
@pytest.mark.needs("MCE-021", part="the decision")
@settings(max_examples=120, deadline=None)
@given(crowds(), agents(), rules)
def test_the_plan_is_what_the_rule_says(waiting, agents, queues):
    assert plan_round(waiting, agents, queues, TEN) == slowly(waiting, agents, queues)


@pytest.mark.parametrize("seed", range(8))
def test_so_it_is_in_larger_rounds(seed):
    """Forty agents, a hundred waiting: heaps deep enough for what has gone stale in them to matter."""
    chance = random.Random(seed)
    given_ = 0
    for _ in range(20):
        waiting, agents, queues = _large(chance)
        plan = plan_round(waiting, agents, queues, TEN)
        assert plan == slowly(waiting, agents, queues)
        given_ += len(plan)
    assert given_ > 500  # no hollow worlds


def _large(chance: random.Random) -> tuple[list[Waiting], list[Agent], dict[UUID, QueueRule]]:
    pick = chance.choice
    people = [UUID(int=n) for n in range(1, 41)]
    agents = [
        Agent(
            id=id_, load=chance.randint(0, 3), capacity=chance.randint(2, 5), idle_since=ago(chance.randint(0, 5)),
            skills={skill: chance.randint(1, 5) for skill in SKILLS if chance.random() < 0.8},
            room={"voice": 1} if chance.random() < 0.3 else None,
            lines=frozenset(LINES[:1]) if chance.random() < 0.2 else None,
            queues=frozenset(chance.sample(QUEUES, 2)) if chance.random() < 0.5 else None,
        )
        for id_ in people
    ]  # fmt: skip
    waiting = [
        Waiting(
            id=UUID(int=500 + n), line_id=pick(LINES), queue_ids=tuple(chance.sample(QUEUES, chance.randint(1, 2))),
            priority=chance.randint(0, 2), since=ago(chance.randint(0, 60)), medium=pick(["sms", "sms", "voice"]),
            weight=pick([1, 1, 1, 2]),
            wants=tuple(Want(pick(SKILLS), pick([0, 0, 1, 2]), chance.randint(0, 5)) for _ in range(pick([0, 1, 2]))),
            avoid=frozenset(chance.sample(people, pick([0, 0, 0, 3]))),
            only_for=pick(people) if chance.random() < 0.1 else None,
        )
        for n in range(100)
    ]  # fmt: skip
    queues = {id_: QueueRule(id_, pick(list(Strategy)), pick(PACES)) for id_ in QUEUES}
    return waiting, agents, queues


@settings(max_examples=80, deadline=None)
@given(crowds(), agents(), rules)
def test_nobody_over_capacity_nobody_twice_no_minimum_missed_and_nobody_waits_for_a_free_agent(waiting, agents, queues):
    plan = plan_round(waiting, agents, queues, TEN)
    conversations = {one.id: one for one in waiting}
    people = {agent.id: agent for agent in agents}
    assert len({one.conversation_id for one in plan}) == len(plan)
    desk = Desk(agents)
    for one in plan:
        conversation, agent = conversations[one.conversation_id], people[one.agent_id]
        assert fits(conversation, agent)
        assert desk.has_room(agent, conversation)  # in all, and of its medium
        assert one.queue_id in conversation.queue_ids
        desk.give(agent, conversation)
    for id_ in conversations.keys() - {one.conversation_id for one in plan}:
        free = [a.id for a in agents if fits(conversations[id_], a) and desk.has_room(a, conversations[id_])]
        assert not free, f"{id_} waits while {free} could take it"


@settings(max_examples=50, deadline=None)
@given(crowds(), agents(), rules, st.randoms(use_true_random=False))
def test_the_same_answer_in_whatever_order_and_by_whichever_copies_it_is_told(waiting, agents, queues, chance):
    # Copies: what is worked out by identity of shared rows must be what their values say.
    mixed = [replace(one, queue_ids=(*one.queue_ids,), wants=tuple(map(replace, one.wants)),
                     line_id=UUID(int=one.line_id.int)) for one in waiting]  # fmt: skip
    people = list(agents)
    chance.shuffle(mixed)
    chance.shuffle(people)
    assert plan_round(mixed, people, queues, TEN) == plan_round(waiting, agents, queues, TEN)


@settings(max_examples=40, deadline=None)
@given(crowds(), agents(), rules, st.integers(1, 9))
def test_in_parts_it_is_the_same_plan(waiting, agents, queues, step):
    parts = plan_in_parts(waiting, agents, queues, TEN, step=step)
    assert [one for part in parts for one in part] == plan_round(waiting, agents, queues, TEN)


@settings(max_examples=50, deadline=None)
@given(crowds(), agents(), rules, st.integers(0, 6))
def test_a_round_that_is_stored_piece_by_piece_goes_on_as_planned(waiting, agents, queues, stored):
    """After any number of its assignments took effect, a new round says the rest of the old one."""
    plan = plan_round(waiting, agents, queues, TEN)
    conversations = {one.id: one for one in waiting}
    people = {agent.id: agent for agent in agents}
    for one in plan[:stored]:
        conversation, agent = conversations.pop(one.conversation_id), people[one.agent_id]
        weight = max(1, conversation.weight)
        room = dict(agent.room or {})
        if conversation.medium in room:
            room[conversation.medium] -= weight
        people[agent.id] = replace(agent, load=agent.load + weight, idle_since=TEN, room=room)
    assert plan_round(conversations.values(), people.values(), queues, TEN) == plan[stored:]


@pytest.mark.parametrize("urgency", [1, 3, 5])
@pytest.mark.parametrize("pace", [0.5, 1.0, 2.0])
def test_nobody_starves_however_long_others_of_higher_priority_keep_coming(urgency, pace):
    """One agent frees up each minute, and each minute one of higher priority arrives: for ever as much as is done.

    The bound: only those who arrive within POINTS * urgency / pace minutes go before him, and one is done a minute.
    """
    queue, line = QUEUES[0], LINES[0]
    queues = {queue: QueueRule(queue, Strategy.LEAST_LOADED, pace)}
    patient = {UUID(int=n): replace(_waiting(n, line, queue), since=TEN) for n in range(1, 6)}
    waiting = dict(patient)
    bound = 10 * urgency / pace + len(patient)
    served_at = {}
    for minute in range(int(bound) + 2):
        now = TEN + timedelta(minutes=minute)
        urgent = replace(_waiting(1000 + minute, line, queue), since=now, priority=urgency)
        waiting[urgent.id] = urgent
        free = Agent(id=PEOPLE[0], load=0, capacity=1, idle_since=now)
        (one,) = plan_round(waiting.values(), [free], queues, now)
        served_at[one.conversation_id] = minute
        del waiting[one.conversation_id]
    latest = max(served_at.get(id_, 10**6) for id_ in patient)
    print(f"priority {urgency}, {pace:g} points a minute: the last is served after {latest} of {bound:g} minutes")
    assert latest <= bound
    # And priority is worth what it says: nobody of them came before all those of its first minutes.
    assert min(served_at[id_] for id_ in patient) >= 10 * urgency / pace


def _waiting(number: int, line: UUID, queue: UUID) -> Waiting:
    return Waiting(id=UUID(int=number), line_id=line, queue_ids=(queue,), priority=0, since=TEN)


# --- Cases worth a name --------------------------------------------------------------------------------------


def whom(waiting: Waiting, *agents: Agent, strategy: Strategy = Strategy.BEST_LEVEL) -> int | None:
    plan = plan_round([waiting], agents, {QUEUES[0]: QueueRule(QUEUES[0], strategy)}, TEN)
    return plan[0].agent_id.int if plan else None


def agent(number: int, level: int = 0, load: int = 0, idle: int = 0, **more) -> Agent:
    skills = {SKILLS[0]: level} if level else {}
    return Agent(id=UUID(int=number), load=load, capacity=4, idle_since=ago(idle), skills=skills, **more)


def test_the_most_fit_comes_first_then_the_least_loaded_then_the_longest_idle():
    asks = replace(_waiting(9, LINES[0], QUEUES[0]), wants=(Want(SKILLS[0], least=2, preferred=4),))
    weak, fit, busy = agent(1, 3), agent(2, 4, load=3), agent(3, 1)
    assert whom(asks, weak, fit, busy) == 2
    assert whom(asks, weak, busy) == 1
    assert whom(asks, busy) is None
    assert whom(asks, agent(4, 4, load=1, idle=9), agent(5, 4, idle=1), agent(6, 4, idle=2)) == 6
    assert whom(asks, weak, fit, strategy=Strategy.LEAST_LOADED) == 1
    assert whom(asks, replace(weak, idle_since=ago(1)), replace(fit, idle_since=ago(5)),
                strategy=Strategy.LONGEST_IDLE) == 2  # fmt: skip


def test_a_sticky_conversation_waits_for_its_agent_until_its_time_and_is_then_anybodys():
    mine = replace(_waiting(9, LINES[0], QUEUES[0]), only_for=PEOPLE[0], only_until=TEN + timedelta(seconds=1))
    his, other = agent(1), agent(2)
    assert whom(mine, his, other) == 1
    assert whom(mine, replace(his, load=4), other) is None
    assert whom(mine, other) is None
    assert whom(replace(mine, only_until=TEN), other) == 2
    assert whom(replace(mine, only_until=None), other) is None
    assert whom(replace(mine, avoid=frozenset([PEOPLE[0]])), his, other) is None
    assert whom(replace(mine, wants=(Want(SKILLS[0], 1),)), his, other) is None


def test_a_conversation_of_two_queues_is_taken_through_the_first_that_the_agent_serves():
    both = replace(_waiting(9, LINES[0], QUEUES[0]), queue_ids=(QUEUES[0], QUEUES[1]))
    (one,) = plan_round([both], [agent(1, queues=frozenset([QUEUES[1]]))], {}, TEN)
    assert one.queue_id == QUEUES[1]
    (one,) = plan_round([both], [agent(1)], {}, TEN)
    assert one.queue_id == QUEUES[0]


def test_a_full_medium_does_not_keep_an_agent_from_another():
    line, queue = LINES[0], QUEUES[0]
    call = replace(_waiting(8, line, queue), medium="voice", weight=3)
    text = _waiting(9, line, queue)
    busy = agent(1, room={"voice": 2})
    assert whom(call, busy) is None
    assert whom(text, busy) == 1
    assert whom(replace(call, weight=2), busy) == 1
