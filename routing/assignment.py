"""Who gets which conversation: a pure function of what is known at one instant.

No clock, no database, no chance: the same input gives the same answer. routing/rounds.py feeds it and stores what
it says; the database keeps "one owner" and "within capacity" even where this were wrong.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation in a queue. `avoid`: the agent who gave it back; it is not put to him again."""

    id: UUID
    line_id: UUID
    priority: int
    since: datetime
    avoid: UUID | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """An available agent. `lines`: those he may see; None: all of them. Idle since he was last given something."""

    id: UUID
    load: int
    capacity: int
    idle_since: datetime
    lines: frozenset[UUID] | None = None

    def may_take(self, waiting: Waiting) -> bool:
        sees = self.lines is None or waiting.line_id in self.lines
        return sees and waiting.avoid != self.id


@dataclass(frozen=True, slots=True)
class Assignment:
    conversation_id: UUID
    agent_id: UUID


Rank = tuple[int, datetime, UUID]  # least loaded, then longest idle, then by id


def plan_round(waiting: Iterable[Waiting], agents: Iterable[Agent]) -> list[Assignment]:
    """Give each waiting conversation, best first, to the best agent who may take it and has room.

    Best conversation: highest priority, then longest waiting, then id. Best agent: least loaded (counting what this
    round gives him), then longest idle, then id. Agents who see the same lines share a heap, so a round costs
    O(conversations x groups x log agents); groups are teams, a handful.
    """
    groups: dict[frozenset[UUID] | None, list[Rank]] = {}
    by_id: dict[UUID, Agent] = {}
    for agent in agents:
        if agent.load < agent.capacity:
            by_id[agent.id] = agent
            groups.setdefault(agent.lines, []).append((agent.load, agent.idle_since, agent.id))
    for heap in groups.values():
        heapq.heapify(heap)

    assignments: list[Assignment] = []
    for one in sorted(waiting, key=lambda w: (-w.priority, w.since, w.id)):
        if not by_id:
            break
        heaps = [heap for lines, heap in groups.items() if heap and (lines is None or one.line_id in lines)]
        best: tuple[Rank, list[Rank]] | None = None
        for heap in heaps:
            rank = _first_but(heap, one.avoid)
            if rank is not None and (best is None or rank < best[0]):
                best = rank, heap
        if best is None:
            continue
        (load, idle_since, agent_id), heap = best
        _replace(heap, best[0], (load + 1, idle_since, agent_id), full=load + 1 >= by_id[agent_id].capacity)
        if load + 1 >= by_id[agent_id].capacity:
            del by_id[agent_id]
        assignments.append(Assignment(one.id, agent_id))
    return assignments


def _first_but(heap: list[Rank], avoid: UUID | None) -> Rank | None:
    """The smallest rank of the heap that is not of agent `avoid`: the root, or the smaller of its children."""
    if heap[0][2] != avoid:
        return heap[0]
    return min(heap[1:3], default=None)


def _replace(heap: list[Rank], old: Rank, new: Rank, *, full: bool) -> None:
    if heap[0] == old:
        if full:
            heapq.heappop(heap)
        else:
            heapq.heapreplace(heap, new)
        return
    # Rare: the root was to be avoided. The place is 1 or 2; the heap is made good again.
    place = heap.index(old)
    if full:
        heap[place] = heap[-1]
        heap.pop()
    else:
        heap[place] = new
    heapq.heapify(heap)
