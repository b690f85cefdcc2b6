"""One browser's socket as the hub sees it: what it watches, where it stands, and what is on its way to it.

The hub only ever puts things into `offer`, which neither waits nor fails: each socket has a writer of its own, so
that one that is slow, paused or broken costs the others nothing. Daphne takes whatever it is given into memory, so
what counts is what the browser has acknowledged: its pong to our ping says that it has read everything before.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import orjson

from realtime.admission import Admission
from realtime.audience import Audience
from realtime.codes import Close

log = logging.getLogger(__name__)

PING_S = 5.0
BEHIND_S = 15.0
BEHIND_FRAMES = 500
BEHIND_BYTES = 4_000_000
# A busy but healthy socket is pinged more often, so that its acknowledgements keep up with its frames.
PING_AFTER_FRAMES = 100
PING_AFTER_BYTES = 500_000


@dataclass(frozen=True, slots=True)
class Ping:
    upto: int
    at: float
    frames: int  # offered before it
    size: int


class DeskSocket:
    def __init__(
        self,
        admission: Admission,
        send: Callable[[str], Awaitable[None]],
        close: Callable[[int], Awaitable[None]],
    ) -> None:
        self.admission = admission
        self._send, self._close = send, close
        self.asked: frozenset[UUID] = frozenset()
        self.watched: frozenset[UUID] = frozenset()  # of those asked for, what it may see
        self.lists: frozenset[str] = frozenset()
        self.joined = False
        # Everything up to `cursor` that this socket watches has been offered; every list row is as new as `rows_upto`.
        self.cursor = 0
        self.rows_upto = 0
        self.counts = ""
        self.closing: int | None = None
        self._queue: deque[str] = deque()
        self._wake = asyncio.Event()
        self._frames = self._size = 0  # offered
        self._read_frames = self._read_size = 0  # acknowledged
        self._pings: deque[Ping] = deque()
        self._last_ping = time.monotonic()
        self._pinged_frames = self._pinged_size = 0

    @property
    def audience(self) -> Audience:
        return self.admission.audience

    @property
    def organisation_id(self) -> UUID:
        return self.admission.audience.organisation_id

    # --- what goes out -------------------------------------------------------------------------------------------

    def offer(self, text: str) -> None:
        """Send `text` when the socket can take it. A socket too far behind is closed instead (TOO_SLOW)."""
        if self.closing is not None:
            return
        self._frames += 1
        self._size += len(text)
        if self._frames - self._read_frames > BEHIND_FRAMES or self._size - self._read_size > BEHIND_BYTES:
            self.close(Close.TOO_SLOW)
            return
        self._queue.append(text)
        self._wake.set()

    def close(self, code: int) -> None:
        """Drop what is still waiting and close. The first reason given is the one the browser hears."""
        if self.closing is None:
            self.closing = code
            self._queue.clear()
            self._wake.set()

    def tick(self, now: float, *, epoch: int, upto: int, at: str) -> None:
        """Called each second or sooner: ping when it is time, give up when pings stay unanswered."""
        if self.closing is not None or not self.joined:
            return
        if self._pings and now - self._pings[0].at > BEHIND_S:
            self.close(Close.TOO_SLOW)
        elif now - self._last_ping >= PING_S or self.wants_ping():
            self.cursor = max(self.cursor, upto)
            self.ping(now, epoch=epoch, at=at)

    def wants_ping(self) -> bool:
        return (
            self._frames - self._pinged_frames >= PING_AFTER_FRAMES
            or self._size - self._pinged_size >= PING_AFTER_BYTES
        )

    def ping(self, now: float, *, epoch: int, at: str) -> None:
        message = {"type": "ping", "epoch": epoch, "upto": self.cursor, "rows_upto": self.rows_upto, "at": at}
        self._last_ping = now
        self._pings.append(Ping(self.cursor, now, self._frames, self._size))
        self._pinged_frames, self._pinged_size = self._frames, self._size
        self.offer(orjson.dumps(message).decode())

    def pong(self, upto: int) -> None:
        """The browser has read everything up to the oldest unanswered ping of `upto`."""
        while self._pings and self._pings[0].upto <= upto:
            answered = self._pings.popleft()
            self._read_frames, self._read_size = answered.frames, answered.size
            if answered.upto == upto:
                break

    async def write(self) -> None:
        """The socket's own writer: runs until it is closed, by either side. Raises nothing but cancellation."""
        while self.closing is None:
            await self._wake.wait()
            self._wake.clear()
            while self._queue and self.closing is None:
                try:
                    await self._send(self._queue.popleft())
                except asyncio.CancelledError:
                    raise
                except Exception as error:
                    log.info("a socket is gone: %s", type(error).__name__)
                    self.closing = Close.GONE
        if self.closing != Close.GONE:
            try:
                await self._close(self.closing)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # it was closed from the other side meanwhile
                log.info("a socket was gone before it could be closed: %s", type(error).__name__)
