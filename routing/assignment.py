"""Who gets which conversation: a pure function of what is known at one instant.

No clock, no database, no chance: the same input gives the same answer, in whatever order it comes. routing/rounds.py
feeds it and stores what it says; the database keeps "one owner" and "within capacity" even where this were wrong.
The simulation (routing/simulation.py) runs on the very same function.

The rule, in words:
* Conversations go best first: highest score, then longest waiting, then id. The score is priority and waiting time in
  one figure, so that among their like nobody is overtaken for ever: see `score`.
* A conversation may go to an agent who sees its line, serves one of its queues, meets every minimum level, has room
  for its weight (in all and of its medium), and is not to be avoided. While `only_for` holds, to nobody else.
* Among these the strategy of its own queue chooses: see `Strategy`.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice, pairwise
from operator import attrgetter, eq
from typing import NamedTuple
from uuid import UUID

from routing.eligibility import Pool, Staff

POINTS = 10.0  # what one step of priority weighs, in minutes of waiting at one point a minute
STEP = 1_000  # units of work between two breaths of plan_in_parts: one to three milliseconds


class Strategy(StrEnum):
    """Who comes first among those who may take a conversation; what is equal is decided by what follows.

    Load is relative to capacity. Whoever was given something in this round is idle since now.
    """

    BEST_LEVEL = "best_level"  # preferred levels met, sum of the wanted levels, least loaded, longest idle, id
    LEAST_LOADED = "least_loaded"  # least loaded, preferred levels met, sum of the wanted levels, longest idle, id
    LONGEST_IDLE = "longest_idle"  # longest idle, least loaded, preferred levels met, sum of the wanted levels, id


@dataclass(frozen=True, slots=True)
class Want:
    """What a conversation asks of one skill. Levels are 1 to 5; an agent without the skill has 0."""

    skill_id: UUID
    least: int = 0  # 0: no minimum
    preferred: int = 0  # 0: none; else agents at this level or above come first


@dataclass(frozen=True, slots=True)
class QueueRule:
    id: UUID
    strategy: Strategy = Strategy.BEST_LEVEL
    points_per_minute: float = 1.0  # 0: within a priority the longest waiting, and a higher priority always first


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A conversation in a queue.

    A round is quicker when rows of the same queue share the very same `queue_ids`, `wants` and `line_id` objects:
    what was worked out for one is then found for the next without comparing anything.
    """

    id: UUID
    line_id: UUID
    queue_ids: tuple[UUID, ...]  # never empty; its own first, then what a ladder added
    priority: int
    since: datetime
    medium: str = "sms"
    weight: int = 1  # of an agent's capacity; less than 1 counts as 1
    wants: tuple[Want, ...] = ()
    avoid: frozenset[UUID] = frozenset()  # agents who declined it, missed it or gave it back
    only_for: UUID | None = None  # sticky: nobody else before `only_until`, nor ever if that is None
    only_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An available agent. `load` and `capacity` are weights; a pending offer is load, too."""

    id: UUID
    load: int
    capacity: int
    idle_since: datetime  # since he was last given something, or became available
    skills: Mapping[UUID, int] = field(default_factory=dict)
    room: Mapping[str, int] | None = None  # what he may still take of a medium; absent: no limit of its own
    lines: frozenset[UUID] | None = None  # those that he may see; None: all
    queues: frozenset[UUID] | None = None  # those that he serves; None: all


class Assignment(NamedTuple):
    """A tuple, which is made in a third of the time: a round makes thousands."""

    conversation_id: UUID
    agent_id: UUID
    queue_id: UUID  # through which: the first of the conversation's queues that the agent serves


_SINCE, _QUEUE_IDS, _PRIORITY = attrgetter("since"), attrgetter("queue_ids"), attrgetter("priority")


def score(one: Waiting, rule: QueueRule, now: datetime) -> float:
    """priority * POINTS + points_per_minute * minutes waited.

    Hence who waits is overtaken only by those who arrive, at the same pace, within
    POINTS * (their priority - his) / points_per_minute minutes after him: a bound, whatever keeps arriving.
    It holds only among conversations of the same weight that the same agents may take: a lighter one takes room that is
    too little for a heavier one, and an agent who may not take the one takes the other.
    A queue with a greater pace than another's is meant to overtake it; in lasting overload it does so for as long.
    """
    waited = (now - one.since).total_seconds()
    return one.priority * POINTS + (rule.points_per_minute * waited / 60.0 if waited > 0.0 else 0.0)


def plan_round(
    waiting: Iterable[Waiting], agents: Iterable[Agent], queues: Mapping[UUID, QueueRule], now: datetime
) -> list[Assignment]:
    """Give each waiting conversation, best first, to the best agent who may take it and has room.

    A queue that `queues` does not name has the rule of QueueRule's defaults. Afterwards nobody is left waiting whom
    an agent with room may take. Costs O(waiting * log waiting) for the order, then about one heap operation for each
    assignment; those whom nobody free may take cost one look-up each, and when no room is left the round ends.
    The garbage collector waits meanwhile: a round makes thousands of tuples and no cycle, and would set it to walk
    through all that the process holds, for a tenth to a third of the round's own time.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return [one for part in plan_in_parts(waiting, agents, queues, now) for one in part]
    finally:
        if collects:
            gc.enable()


def plan_in_parts(
    waiting: Iterable[Waiting],
    agents: Iterable[Agent],
    queues: Mapping[UUID, QueueRule],
    now: datetime,
    *,
    step: int = STEP,
) -> Iterator[list[Assignment]]:
    """plan_round for an event loop: the same assignments in the same order, a few (or none) at a time.

    Between two parts the caller may do something else. `step`: how many units of work one part may take, about one or
    two microseconds each; the largest that cannot be divided is to sort the waiting, 3 ms for 10,000.
    """
    everyone = list(waiting)
    staff = Staff(agents, now)
    if not everyone or not staff.roomy:
        return
    yield from staff.learn(step)
    order = yield from _best_first(everyone, queues, now, step)

    # By identity: rows live as long as `everyone`, and comparing the values would cost more than everything else.
    pools: dict[tuple[int, int, int, str, int], Pool] = {}
    given: list[Assignment] = []
    done = 0
    for place in order:
        if done >= step:
            yield given
            given, done = [], 0
        done += 1
        one = everyone[place]
        profile = (id(one.queue_ids), id(one.wants), id(one.line_id), one.medium, one.weight)
        pool = pools.get(profile)
        if pool is None:
            rule = queues.get(one.queue_ids[0])
            pool = pools[profile] = staff.pool_for(one, rule.strategy if rule else Strategy.BEST_LEVEL)
            done += 4 + pool.cost()
        if not pool.heap:
            continue
        if one.only_for is not None and (one.only_until is None or now < one.only_until):
            number = None if one.only_for in one.avoid else pool.this_one(one.only_for)
        elif one.avoid:
            number = pool.best_but(one.avoid)
            done += len(one.avoid)
        else:
            number = pool.best()
        if number is None:
            continue
        agent = staff.people[number]
        given.append(Assignment(one.id, agent.id, _through(one, agent)))
        pool.give(number)
        if not staff.roomy:
            break
    yield given


def _through(one: Waiting, agent: Agent) -> UUID:
    if agent.queues is None or len(one.queue_ids) == 1:
        return one.queue_ids[0]
    return next(queue_id for queue_id in one.queue_ids if queue_id in agent.queues)


def _best_first(
    everyone: list[Waiting], queues: Mapping[UUID, QueueRule], now: datetime, step: int
) -> Generator[list[Assignment], None, list[int]]:
    """The places of `everyone` by score, then longest waiting, then id."""
    scores: list[float] = []
    for begin in range(0, len(everyone), step):
        scores += _scores(everyone[begin : begin + step], queues, now)
        yield []
    order = sorted(range(len(everyone)), key=scores.__getitem__, reverse=True)
    yield []
    # Equal scores are rare, or all (no points for waiting): sorted by themselves, so that most rounds compare floats.
    ranked = list(map(scores.__getitem__, order))
    if any(map(eq, ranked, islice(ranked, 1, None))):
        _settle_ties(order, ranked, everyone)
    return order


def _scores(some: list[Waiting], queues: Mapping[UUID, QueueRule], now: datetime) -> list[float]:
    """As `score` says of each; a call for each would cost three times as much."""
    waited = map(timedelta.total_seconds, map(now.__sub__, map(_SINCE, some)))
    of_queue: dict[int, float] = {}  # by identity of the tuple of queues
    for queue_ids in map(_QUEUE_IDS, some):
        if id(queue_ids) not in of_queue:
            rule = queues.get(queue_ids[0])
            of_queue[id(queue_ids)] = 1.0 if rule is None else rule.points_per_minute
    paces = map(of_queue.__getitem__, map(id, map(_QUEUE_IDS, some)))
    return [
        priority * POINTS + (pace * seconds / 60.0 if seconds > 0.0 else 0.0)
        for priority, pace, seconds in zip(map(_PRIORITY, some), paces, waited, strict=True)
    ]


def _settle_ties(order: list[int], ranked: list[float], everyone: list[Waiting]) -> None:
    """Put those of equal score in the order of their waiting. `ranked`: the scores, in `order`."""
    begin = 0
    for place, (score_, following) in enumerate(pairwise([*ranked, math.nan]), start=1):
        if score_ != following:
            if place - begin > 1:
                tied = order[begin:place]
                order[begin:place] = sorted(tied, key=lambda one: (everyone[one].since, everyone[one].id.int))
            begin = place
