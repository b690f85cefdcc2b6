"""Store and forward: what the operator keeps for the service until the service has acknowledged it.

Each subscriber has a lane; a lane lets go of its next text only when fewer than `per_subscriber` of its texts are
without an answer, so texts of one subscriber arrive in order. Receipts travel the same way, a lane per message.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.behaviour import Behaviour


@dataclass(slots=True)
class Item:
    """One deliver_sm to hand over: its octets after the header, and what the ledger says about it."""

    number: int
    lane: Lane
    body: bytes
    facts: dict[str, Any]
    text_id: str = ""  # the subscriber's text that this is (a part of); empty for receipts and floods
    attempts: int = 0
    flights: int = 0  # sequence numbers under which it is now without an answer
    done: bool = False


@dataclass(slots=True)
class Lane:
    name: str
    waiting: deque[Item] = field(default_factory=deque)
    flying: int = 0
    blocked: int = 0  # pauses before another try that have not ended
    queued: bool = False


class Keeper:
    """The operator's store for one account. `wake` is called when something may be sent again."""

    def __init__(self, behaviour: Behaviour, wake: Callable[[], None]) -> None:
        self._behaviour = behaviour
        self._wake = wake
        self._lanes: dict[str, Lane] = {}
        self._ready: deque[Lane] = deque()
        self._numbers = 0
        self.kept = 0  # items not yet done
        self.flying = 0  # sequence numbers without an answer
        self.handed = 0
        self.refused = 0

    def put(self, lane_name: str, body: bytes, facts: dict[str, Any], text_id: str = "") -> Item:
        lane = self._lanes.get(lane_name)
        if lane is None:
            lane = self._lanes[lane_name] = Lane(lane_name)
        self._numbers += 1
        item = Item(self._numbers, lane, body, facts, text_id)
        lane.waiting.append(item)
        self.kept += 1
        self._enlist(lane)
        return item

    def _enlist(self, lane: Lane) -> None:
        free = lane.flying < self._behaviour.per_subscriber
        if lane.waiting and not lane.queued and not lane.blocked and free:
            lane.queued = True
            self._ready.append(lane)

    def take(self) -> Item | None:
        """The next item that may leave, or None. The caller sends it, or gives it back with `again`."""
        if self._behaviour.paused or self.flying >= self._behaviour.window:
            return None
        while self._ready:
            lane = self._ready.popleft()
            lane.queued = False
            while lane.waiting:
                item = lane.waiting.popleft()
                if item.done:  # a late answer settled it while it waited for another try
                    continue
                lane.flying += 1
                item.attempts += 1
                self._enlist(lane)
                return item
        return None

    def launched(self, item: Item) -> None:
        item.flights += 1
        self.flying += 1

    def _landed(self, item: Item) -> None:
        self.flying -= 1
        item.flights -= 1
        if item.flights == 0:
            item.lane.flying -= 1

    def settle(self, item: Item, *, accepted: bool, answered: bool = True) -> bool:
        """An answer ended this item. True when it was the first to do so."""
        if answered:
            self._landed(item)
        first = not item.done
        if first:
            item.done = True
            self.kept -= 1
            if accepted:
                self.handed += 1
            else:
                self.refused += 1
        self._tidy(item.lane)
        return first

    def again(self, item: Item) -> None:
        """Not accepted this time: it waits, at the head of its lane, for another try."""
        self._landed(item)
        lane = item.lane
        if item.done or item.flights:
            self._tidy(lane)
            return
        lane.waiting.appendleft(item)
        if len(lane.waiting) > 1 and lane.waiting[1].number < item.number:
            lane.waiting = deque(sorted(lane.waiting, key=lambda waiting: waiting.number))
        lane.blocked += 1
        asyncio.get_running_loop().call_later(self._behaviour.retry_s, self._unblock, lane)

    def _unblock(self, lane: Lane) -> None:
        lane.blocked -= 1
        self._tidy(lane)
        self._wake()

    def _tidy(self, lane: Lane) -> None:
        if lane.waiting:
            self._enlist(lane)
        elif not lane.flying and not lane.blocked and not lane.queued:
            self._lanes.pop(lane.name, None)

    def reconsider(self) -> None:
        """The behaviour has changed: lanes that were held by it may go."""
        for lane in self._lanes.values():
            self._enlist(lane)
        self._wake()
