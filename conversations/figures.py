"""Counts of one link at work, for the people who watch it: since the process began, and in the last minute and hour."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from common.waiting import rung
from conversations.intake import LOOKUP_SETTINGS, ReadyText, Stored, connect
from conversations.line_in import Texts
from conversations.patience import cut_after
from conversations.ramp import Ramp

log = logging.getLogger(__name__)

COUNT_EVERY_S = 5.0  # what waits, and what the ramp-up has used
SILENCE_S = 5.0  # of the database
# Of each lane no more than this is counted: more is as much to the eye, and counting costs.
MOST_COUNTED = 50_000
LANES = (0, 1, 2)
_DEPTH = """
select lane.lane, (select count(*) from (
    select from conversations_delivery
    where link_id = %(link)s and state = 0 and conversations_delivery.lane = lane.lane limit %(most)s) waiting)
from unnest(%(lanes)s::smallint[]) lane (lane)
"""


async def queue_depth(connection: psycopg.AsyncConnection[Any], link_id: UUID) -> list[int]:
    """Messages that wait for the link, by lane; counted up to MOST_COUNTED in each."""
    cursor = await connection.execute(_DEPTH, {"link": link_id, "most": MOST_COUNTED, "lanes": list(LANES)})
    found = dict(await cursor.fetchall())
    return [found.get(lane, 0) for lane in LANES]


class Lately:
    """How often something happened in the last minute and the last hour, in slices of ten seconds."""

    _SLICE_S = 10.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._slices: deque[list[float]] = deque()  # [begin, count]

    def add(self, count: int = 1) -> None:
        now = self._clock()
        if not self._slices or now - self._slices[-1][0] >= self._SLICE_S:
            self._slices.append([now, 0])
            while now - self._slices[0][0] > 3600:
                self._slices.popleft()
        self._slices[-1][1] += count

    def within(self, seconds: float) -> int:
        """Slices that began in the last `seconds`."""
        since = self._clock() - seconds
        total = 0.0
        for begin, count in reversed(self._slices):
            if begin < since:
                break
            total += count
        return int(total)


class Figures:
    """`counts`: parts, since this process began."""

    def __init__(self) -> None:
        self.counts = {"sent": 0, "refused": 0, "throttled": 0, "unanswered": 0}
        self.depth: list[int] | None = None
        self._sent, self._received, self._throttled = Lately(), Lately(), Lately()
        self._error: dict[str, str] | None = None

    def sent(self) -> None:
        self.counts["sent"] += 1
        self._sent.add()

    def received(self) -> None:
        """A text of a subscriber was stored."""
        self._received.add()

    def throttled(self, words: str) -> None:
        self.counts["throttled"] += 1
        self._throttled.add()
        self._say(words)

    def failed(self, kind: str, words: str) -> None:
        """`kind`: "refused" or "unanswered"."""
        self.counts[kind] += 1
        self._say(words)

    def facts(self) -> dict[str, Any]:
        return {
            **self.counts,
            "queued_by_lane": self.depth,
            "throttled_lately": [self._throttled.within(60), self._throttled.within(3600)],
            "out_per_minute": self._sent.within(60),
            "in_per_minute": self._received.within(60),
            "last_error": self._error,
        }

    async def follow(self, dsn: str, link_id: UUID, ramp: Ramp) -> None:
        """Keep the figures that the database alone knows, until cancelled."""
        while True:
            try:
                async with await connect(dsn, **LOOKUP_SETTINGS) as connection:
                    while True:
                        with cut_after(connection, SILENCE_S):
                            await ramp.look(connection)
                            self.depth = await queue_depth(connection, link_id)
                        await rung(ramp.begun, COUNT_EVERY_S)
                        ramp.begun.clear()
            except (psycopg.Error, OSError) as error:
                log.warning("link %s: nothing is counted: %s", link_id, type(error).__name__)
                await asyncio.sleep(COUNT_EVERY_S)

    def _say(self, words: str) -> None:
        self._error = {"text": words[:200], "at": datetime.now(UTC).isoformat(timespec="seconds")}


class Counted:
    """The intake's texts, counted."""

    def __init__(self, texts: Texts, figures: Figures) -> None:
        self._texts = texts
        self._figures = figures

    async def put(self, item: ReadyText, /) -> Stored:
        stored = await self._texts.put(item)
        if stored.message_id is not None:
            self._figures.received()
        return stored
