"""Who of the agents with room may take a conversation, and who of them comes first: the index of one round.

Agents are numbered by id. A set of them is a whole number whose bits are their numbers, so that "serves this queue and
sees this line and speaks French at 3" is three operations on a thousand agents at once. Those who may take the same
kind of conversation stand in one heap (`Pool`). Within a round an agent's rank only gets worse (he gets more, he is
idle since now), so an entry that has become wrong is put right when it reaches the top, and not before.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from datetime import datetime
from heapq import heapify, heappop, heappush, heapreplace
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from routing.assignment import Agent, Strategy, Waiting, Want

NO_LIMIT = 1 << 60
LEVELS = 1_000_000  # more than any sum of levels: one preferred level met outweighs them all

# Three ranks in the order of the strategy, then the agent's number, then how often he was given something when this
# was written. The number is his alone: what follows it is never compared.
Entry = tuple[float, float, float, int, int]
Wished = tuple[tuple[UUID, int], ...]  # skill, preferred level


class Staff:
    """The agents with room at the beginning of a round, and what the round has given them since."""

    def __init__(self, agents: Iterable[Agent], now: datetime) -> None:
        self.people = sorted((agent for agent in agents if agent.load < agent.capacity), key=lambda one: one.id.int)
        self.number = {agent.id: number for number, agent in enumerate(self.people)}
        self.free = [agent.capacity - agent.load for agent in self.people]
        self.filled = [agent.load / agent.capacity for agent in self.people]
        self.times = [0] * len(self.people)  # given something in this round
        self.roomy = (1 << len(self.people)) - 1  # those who have room now
        # Longest idle first, by rank; equal times are equal. Idle since now (or later, by another clock): the last.
        self.just_now = len(self.people)
        earlier = sorted({agent.idle_since for agent in self.people if agent.idle_since < now})
        rank = {since: place for place, since in enumerate(earlier)}
        self.idle = [rank.get(agent.idle_since, self.just_now) for agent in self.people]

        self._of_queue: dict[UUID, int] = {}
        self._of_every_queue = 0
        self._of_line: dict[UUID, int] = {}
        self._of_every_line = 0
        self._skills: dict[UUID, list[tuple[int, int]]] = {}  # (number, level)
        self._worse: dict[tuple[UUID, int], list[int]] = {}  # by skill and preferred level
        self._skilled: dict[tuple[UUID, int], int] = {}
        self._left: dict[str, list[int] | None] = {}
        self._room_for: dict[tuple[str, int], int] = {}
        self._served: dict[int, int] = {}
        self._asked: dict[int, tuple[int, int]] = {}
        self._wishes: list[Wished] = [()]
        self._wish_of: dict[Wished, int] = {(): 0}
        self._pools: dict[tuple[int, int, int, str, int], Pool] = {}

    def learn(self, step: int) -> Generator[list[Any], None, None]:
        """Fill the index; breathes (yields) every so many agents."""
        lines: dict[frozenset[UUID], int] = {}
        queues: dict[frozenset[UUID], int] = {}
        breath = max(1, step // 4)
        for number, agent in enumerate(self.people):
            if number % breath == breath - 1:
                yield []
            bit = 1 << number
            # Teams are few: sets are gathered first, and taken apart once each.
            if agent.lines is None:
                self._of_every_line |= bit
            else:
                lines[agent.lines] = lines.get(agent.lines, 0) | bit
            if agent.queues is None:
                self._of_every_queue |= bit
            else:
                queues[agent.queues] = queues.get(agent.queues, 0) | bit
            for skill_id, level in agent.skills.items():
                known = self._skills.get(skill_id)
                if known is None:
                    self._skills[skill_id] = [(number, level)]
                else:
                    known.append((number, level))
        for whole, into in ((lines, self._of_line), (queues, self._of_queue)):
            for ids, bits in whole.items():
                for one in ids:
                    into[one] = into.get(one, 0) | bits
        yield []

    def pool_for(self, one: Waiting, strategy: Strategy) -> Pool:
        """Those who may take a conversation of this kind, best first. Kinds with the same people share a pool.

        What is found is remembered by the identity of `one`'s tuples: they must live as long as this.
        """
        weight = max(1, one.weight)
        bits = self._of_every_line | self._of_line.get(one.line_id, 0)
        bits &= self._serving(one.queue_ids) & self._having_room(one.medium, weight)
        meeting, wish = self._asking(one.wants) if one.wants else (bits, 0)
        bits &= meeting
        if not bits:
            wish = 0  # nobody: all such are one
        kind = (bits, id(strategy), wish, one.medium, weight)
        pool = self._pools.get(kind)
        if pool is None:
            pool = self._pools[kind] = Pool(self, bits, strategy, self._wishes[wish], one.medium, weight)
        return pool

    def _serving(self, queue_ids: tuple[UUID, ...]) -> int:
        known = self._served.get(id(queue_ids))
        if known is None:
            known = self._of_every_queue
            for queue_id in queue_ids:
                known |= self._of_queue.get(queue_id, 0)
            self._served[id(queue_ids)] = known
        return known

    def _asking(self, wants: tuple[Want, ...]) -> tuple[int, int]:
        """Who meets every minimum, and the place among the wishes of what ranks them."""
        known = self._asked.get(id(wants))
        if known is None:
            bits = (1 << len(self.people)) - 1
            for want in wants:
                if want.least > 0:
                    bits &= self._at_least(want.skill_id, want.least)
            wished = tuple((want.skill_id, want.preferred) for want in wants)
            place = self._wish_of.get(wished)
            if place is None:
                place = self._wish_of[wished] = len(self._wishes)
                self._wishes.append(wished)
            known = self._asked[id(wants)] = (bits, place)
        return known

    def left(self, medium: str) -> list[int] | None:
        """What each may still take of a medium; None: nobody has a limit of it."""
        if medium not in self._left:
            found = [agent.room.get(medium, NO_LIMIT) if agent.room else NO_LIMIT for agent in self.people]
            self._left[medium] = found if min(found) < NO_LIMIT else None
        return self._left[medium]

    def _having_room(self, medium: str, weight: int) -> int:
        known = self._room_for.get((medium, weight))
        if known is None:
            left, known = self.left(medium), 0
            for number, free in enumerate(self.free):
                if free >= weight and (left is None or left[number] >= weight):
                    known |= 1 << number
            self._room_for[medium, weight] = known
        return known

    def _at_least(self, skill_id: UUID, level: int) -> int:
        known = self._skilled.get((skill_id, level))
        if known is None:
            known = 0
            for number, has in self._skills.get(skill_id, ()):
                if has >= level:
                    known |= 1 << number
            self._skilled[skill_id, level] = known
        return known

    def worse_by_skill(self, wished: Wished, numbers: list[int]) -> dict[int, int]:
        """By agent: less is better. Preferred levels met weigh first, then the sum of the levels."""
        each = [map(self._worse_by_one(*one).__getitem__, numbers) for one in wished]
        if len(each) == 1:
            return dict(zip(numbers, each[0], strict=True))
        return dict(zip(numbers, map(sum, zip(*each, strict=True)), strict=True)) if each else dict.fromkeys(numbers, 0)

    def _worse_by_one(self, skill_id: UUID, preferred: int) -> list[int]:
        known = self._worse.get((skill_id, preferred))
        if known is None:
            known = self._worse[skill_id, preferred] = [0] * len(self.people)
            for number, level in self._skills.get(skill_id, ()):
                known[number] = -(level + LEVELS) if 0 < preferred <= level else -level
        return known


class Pool:
    """Agents who may take one kind of conversation, in a heap by the strategy of its queue."""

    __slots__ = ("_bits", "_cost", "_free", "_left", "_staff", "_strategy", "_times", "_weight", "_worse", "heap")

    def __init__(self, staff: Staff, bits: int, strategy: Strategy, wished: Wished, medium: str, weight: int) -> None:
        self._staff, self._free, self._times = staff, staff.free, staff.times
        self._bits = bits
        self._strategy = strategy.value
        numbers = _numbers(bits & staff.roomy)
        self._worse = staff.worse_by_skill(wished, numbers)
        self._left = staff.left(medium)
        self._weight = weight
        self.heap: list[Entry] = self._entries(numbers)
        heapify(self.heap)
        self._cost = len(self.heap)

    def cost(self) -> int:
        """Units of work that making it took; 0 when asked again."""
        cost, self._cost = self._cost, 0
        return cost

    def best(self) -> int | None:
        """The number of who comes first among those with room; he then stands at the top of the heap."""
        heap, times, free, weight, left = self.heap, self._times, self._free, self._weight, self._left
        while heap:
            entry = heap[0]
            number = entry[3]
            if free[number] < weight or (left is not None and left[number] < weight):
                heappop(heap)  # for good: a round gives room back to nobody
            elif entry[4] != times[number]:
                heapreplace(heap, self._entry(number))
            else:
                return number
        return None

    def best_but(self, avoid: frozenset[UUID]) -> int | None:
        known = self._staff.number
        barred = {known[agent_id] for agent_id in avoid if agent_id in known}
        aside: list[Entry] = []
        while (number := self.best()) is not None and number in barred:
            aside.append(heappop(self.heap))
        for entry in aside:
            heappush(self.heap, entry)
        return number

    def this_one(self, agent_id: UUID) -> int | None:
        """His number if he may take it and has room."""
        number = self._staff.number.get(agent_id)
        if number is None or not self._bits >> number & 1 or not self._has_room(number):
            return None
        return number

    def give(self, number: int) -> None:
        """Count one conversation of this pool's weight and medium."""
        staff = self._staff
        staff.free[number] -= self._weight
        if self._left is not None:
            self._left[number] -= self._weight
        capacity = staff.people[number].capacity
        staff.filled[number] = (capacity - staff.free[number]) / capacity
        staff.idle[number] = staff.just_now
        staff.times[number] += 1
        if staff.free[number] < 1:
            staff.roomy ^= 1 << number

    def _has_room(self, number: int) -> bool:
        weight, left = self._weight, self._left
        return self._staff.free[number] >= weight and (left is None or left[number] >= weight)

    def _entry(self, number: int) -> Entry:
        staff = self._staff
        if self._strategy == "best_level":
            return self._worse[number], staff.filled[number], staff.idle[number], number, staff.times[number]
        if self._strategy == "least_loaded":
            return staff.filled[number], self._worse[number], staff.idle[number], number, staff.times[number]
        return staff.idle[number], staff.filled[number], self._worse[number], number, staff.times[number]

    def _entries(self, numbers: list[int]) -> list[Entry]:
        # As `_entry` says of each; a call for each would cost five times as much.
        staff = self._staff
        worse = self._worse.values()
        filled, idle = map(staff.filled.__getitem__, numbers), map(staff.idle.__getitem__, numbers)
        times = map(staff.times.__getitem__, numbers)
        if self._strategy == "best_level":
            return list(zip(worse, filled, idle, numbers, times, strict=True))
        if self._strategy == "least_loaded":
            return list(zip(filled, worse, idle, numbers, times, strict=True))
        return list(zip(idle, filled, worse, numbers, times, strict=True))


def _numbers(bits: int) -> list[int]:
    """The places of the ones; find() jumps over the zeros."""
    text = bin(bits)[:1:-1]
    found = []
    at = text.find("1")
    while at >= 0:
        found.append(at)
        at = text.find("1", at + 1)
    return found
