"""The core of routing: what a round costs, and a simulated day on it.

`core_round_ms`: the p95 of 30 rounds of plan_round with 1,000 agents, 10,000 waiting, 50 queues, each round on rows of
its own. One agent of ten has some room: with so many waiting everybody is busy but those who have just become free, and
a hundred of these is what seconds without a leader leave. `..._all_free`: every agent has some room, so that a round
gives about 2,700 conversations: the morning after a night, the worst there is. `..._unshared`: that, with rows that
share no tuples, so that profiles are compared by value. `core_part_ms`: the longest that a part of plan_in_parts keeps
an event loop, garbage collection included, of rounds in which all are free. `core_round_ms_a<agents>_w<waiting>`: the
curve of cost against size, all free. `simulated_day_s`: an 8-hour day of 20,000 conversations, simulated.

The people: skills at random levels, 40 teams that each serve four queues, half of them bound to lines; the waiting:
three kinds of wants in each queue, which two of eight lines lead to, three priorities, every twentieth to be kept from
somebody.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bench._ground import percentile
from routing.assignment import Agent, QueueRule, Strategy, Waiting, Want, plan_in_parts, plan_round
from routing.scenario import scenario
from routing.simulated import figures
from routing.simulation import simulate

REPEATS = 5
ROUNDS = 30
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
CURVE = [(100, 1_000), (250, 2_500), (500, 5_000), (1_000, 10_000), (2_000, 20_000), (1_000, 1_000), (100, 10_000)]

World = tuple[list[Waiting], list[Agent], dict[UUID, QueueRule]]


def run() -> Iterator[dict[str, Any]]:
    for repeat in range(REPEATS):
        for name, bound, kind in (
            ("core_round_ms", 30, {"with_room": 0.1}),
            ("core_round_ms_all_free", 30, {}),
            ("core_round_ms_unshared", None, {"shared": False}),
        ):
            took, given = rounds(repeat * 1000, kind)
            figure = {"metric": name, "value": round(percentile(took, 0.95), 2), "unit": "ms"}
            figure |= {"p50_ms": round(percentile(took, 0.5), 2), "given": given}
            yield figure | ({"at_most": bound} if bound else {})
        parts = longest_parts(repeat * 1000)
        figure = {"metric": "core_part_ms", "value": round(max(parts), 2), "unit": "ms", "at_most": 10}
        yield figure | {"p99_ms": round(percentile(parts, 0.99), 2), "parts": len(parts)}
    for agents, waiting in CURVE:
        took, given = rounds(1, {"agents": agents, "waiting": waiting}, number=9)
        yield {
            "metric": f"core_round_ms_a{agents}_w{waiting}",
            "value": round(percentile(took, 0.5), 2), "unit": "ms", "given": given,
        }  # fmt: skip
    for _ in range(REPEATS):
        began = time.perf_counter()
        found = figures(simulate(DAY))
        yield {
            "metric": "simulated_day_s", "value": round(time.perf_counter() - began, 2), "unit": "s", "at_most": 60,
            "conversations": found.whole.contacts, "rounds": found.rounds,
            "service_level": round(found.whole.service_level or 0.0, 3),
        }  # fmt: skip


def rounds(seed: int, kind: dict[str, Any], number: int = ROUNDS) -> tuple[list[float], int]:
    """Milliseconds of each round, and how many were given in the last. As in the product what lives long is frozen."""
    gc.collect()
    gc.freeze()
    took, given = [], 0
    for place in range(number):
        waiting, agents, queues = world(seed + place, **kind)
        began = time.perf_counter()
        given = len(plan_round(waiting, agents, queues, NOW))
        took.append((time.perf_counter() - began) * 1000)
    return took, given


def longest_parts(seed: int) -> list[float]:
    took = []
    for place in range(4):
        waiting, agents, queues = world(seed + place)
        began = time.perf_counter()
        for _ in plan_in_parts(waiting, agents, queues, NOW):
            now = time.perf_counter()
            took.append((now - began) * 1000)
            began = now
    return took


def world(
    seed: int, *, agents: int = 1_000, waiting: int = 10_000, queues: int = 50, with_room: float = 1.0,
    shared: bool = True,
) -> World:  # fmt: skip
    chance = random.Random(seed)

    def ids(number: int) -> list[UUID]:
        return [UUID(int=chance.getrandbits(128)) for _ in range(number)]

    queue_ids, skills, lines = ids(queues), ids(12), ids(8)
    rules = {id_: QueueRule(id_, chance.choice(list(Strategy)), chance.choice([0.5, 1.0, 2.0])) for id_ in queue_ids}
    wants = {
        id_: [
            tuple(Want(skill, chance.randint(0, 3), chance.choice([0, 0, 4]))
                  for skill in chance.sample(skills, chance.randint(0, 2)))
            for _ in range(3)
        ]
        for id_ in queue_ids
    }  # fmt: skip
    teams = [
        (frozenset(chance.sample(queue_ids, min(4, queues))),
         None if chance.random() < 0.5 else frozenset(chance.sample(lines, 5)))
        for _ in range(40)
    ]  # fmt: skip
    people = []
    for id_ in ids(agents):
        serves, sees = chance.choice(teams)
        capacity = chance.randint(3, 6)
        load = chance.randint(0, capacity - 1) if chance.random() < with_room else capacity
        people.append(
            Agent(
                id=id_, load=load, capacity=capacity, idle_since=NOW - timedelta(seconds=chance.randint(0, 900)),
                skills={skill: chance.randint(1, 5) for skill in chance.sample(skills, 4)}, lines=sees, queues=serves,
            )
        )  # fmt: skip
    own = {id_: (id_,) for id_ in queue_ids}
    leading = {id_: chance.sample(lines, 2) for id_ in queue_ids}
    crowd = []
    for id_ in ids(waiting):
        queue = chance.choice(queue_ids)
        asks, line, mine = chance.choice(wants[queue]), chance.choice(leading[queue]), own[queue]
        if not shared:
            asks = tuple(Want(UUID(int=one.skill_id.int), one.least, one.preferred) for one in asks)
            line, mine = UUID(int=line.int), (UUID(int=queue.int),)
        crowd.append(
            Waiting(
                id=id_, line_id=line, queue_ids=mine, priority=chance.randint(0, 2), wants=asks,
                since=NOW - timedelta(seconds=chance.random() * 3600),
                avoid=frozenset([chance.choice(people).id]) if chance.random() < 0.05 else frozenset(),
            )
        )  # fmt: skip
    return crowd, people, rules


# Eight queues in pairs that overflow by skill, short of people at noon.
DAY = scenario({
    "hours": 8,
    "queues": [
        {"name": f"q{n}", "ladder": [{"after_s": 60, "do": "lower_level", "skill": "s0", "by": 2}]} for n in range(8)
    ],
    "arrivals": [
        {
            "queue": f"q{n % 8}", "per_half_hour": [1250 / 16 * factor for factor in [0.6, 0.8, 1, 1.2, 1.3, 1.3, 1.2,
                                                                                    1.1, 1, 1, 1, 1, 1, 0.9, 0.8, 0.8]],
            "wants": [{"skill": f"s{n % 3}", "least": n % 3 + 1, "preferred": 4}],
            "handling": {"mean_s": 300, "shape": "lognormal"}, "patience": {"mean_s": 900},
        }
        for n in range(16)
    ],
    "agents": [
        {
            "name": f"c{n}", "count": 6, "capacity": 3, "skills": {"s0": 3, "s1": n % 5 + 1, "s2": 4}, "slower": 0.2,
            "queues": [f"q{n % 8}", f"q{(n + 1) % 8}"],
        }
        for n in range(16)
    ],
})  # fmt: skip
