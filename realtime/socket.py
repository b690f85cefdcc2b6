"""One browser's socket as the hub sees it: what it watches, where it stands, and what is on its way to it.

The hub only ever puts things into `offer`, which neither waits nor fails: each socket has a writer of its own, so
that one that is slow, paused or broken costs the others nothing. What the connection does not take waits here
(realtime.flow), as octets that all sockets share. How far behind a browser is, its pongs say: a pong to our ping
says that it has read everything before. Each ping carries a key that cannot be guessed, so that a pong proves it.
A burst is not slowness: before a browser that has much unread is given up, it has had time to answer.

What goes out is numbered 1, 2, 3... ("n"), so that a browser notices whatever was lost or repeated on its way: also
what has no place in the log, such as counts and "fetch afresh".
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import orjson

from realtime.admission import Admission
from realtime.audience import Audience
from realtime.codes import Close
from realtime.flow import Flow

log = logging.getLogger(__name__)

PING_S = 5.0
BEHIND_S = 15.0
# Unread, and the oldest ping among it PATIENCE_S old: it does not read, or reads less than is written.
BEHIND_FRAMES = 500
BEHIND_BYTES = 4_000_000
PATIENCE_S = 2.0
# Unread, however young: this much memory one socket may hold, and no more.
MOST_FRAMES = 1000
MOST_BYTES = 6_000_000
# Conversations that one browser may watch, here and when it asks for what it missed: as ids in an address, 200 are
# what still fits into the 8 KiB that a proxy accepts.
MOST_WATCHED = 200
# A busy but healthy socket is pinged more often, so that its acknowledgements keep up with its frames.
PING_AFTER_FRAMES = 100
PING_AFTER_BYTES = 500_000


@dataclass(frozen=True, slots=True)
class Ping:
    key: str
    at: float
    frames: int  # offered before it
    size: int


def numbered(number: int, text: bytes) -> tuple[bytes, memoryview]:
    """The JSON object `text` with its number on this socket, in two pieces: the second is shared by all who get it."""
    return b'{"n":%d,' % number, memoryview(text)[1:]


class DeskSocket:
    def __init__(
        self,
        admission: Admission,
        send: Callable[[bytes], Awaitable[None]],
        close: Callable[[int], Awaitable[None]],
        flow: Flow | None = None,
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
        self.counts = b""
        self.closing: int | None = None
        self._queue: deque[bytes] = deque()
        self._sent = 0
        self._wake = asyncio.Event()
        self._flow = flow or Flow()
        self._flow.resumed = self._wake.set
        self._frames = self._size = 0  # offered
        self._read_frames = self._read_size = 0  # acknowledged
        self._pings: deque[Ping] = deque()  # unanswered, oldest first
        # Desks that came together (a restart, a new shift) are pinged one by one: 200 pings and pongs at once are 20 ms
        # in which nobody is sent anything.
        self._last_ping = time.monotonic() - random.uniform(0, PING_S)  # noqa: S311 (nobody gains by guessing it)
        self._heard: tuple[int, str] | None = None  # epoch and time of the last tick
        self._pinged_frames = self._pinged_size = 0

    @property
    def audience(self) -> Audience:
        return self.admission.audience

    @property
    def organisation_id(self) -> UUID:
        return self.admission.audience.organisation_id

    # --- what goes out -------------------------------------------------------------------------------------------

    def offer(self, text: bytes) -> None:
        """Send `text` when the socket can take it: at once where the server has a way that does not wait.

        A socket too far behind is closed instead (TOO_SLOW).
        """
        if self.closing is not None:
            return
        self._frames += 1
        self._size += len(text)
        if self._too_far_behind():
            self.close(Close.TOO_SLOW)
            return
        if self._flow.write is not None and self._flow.open and not self._queue:
            self._sent += 1
            self._flow.write(*numbered(self._sent, text))
        else:
            self._queue.append(text)
            self._wake.set()
        if self._heard is not None and self.wants_ping():
            self.ping(time.monotonic(), epoch=self._heard[0], at=self._heard[1])

    def _too_far_behind(self) -> bool:
        frames, size = self._frames - self._read_frames, self._size - self._read_size
        if frames > MOST_FRAMES or size > MOST_BYTES:
            return True
        if frames > BEHIND_FRAMES or size > BEHIND_BYTES:
            return bool(self._pings) and time.monotonic() - self._pings[0].at > PATIENCE_S
        return False

    def close(self, code: int) -> None:
        """Drop what is still waiting and close. The first reason given is the one the browser hears."""
        if self.closing is None:
            self.closing = code
            self._queue.clear()
            self._wake.set()

    def begin(self, *, epoch: int, at: str) -> None:
        """It has joined: from now on it is pinged, at first as soon as it has something to read."""
        self.joined, self._heard = True, (epoch, at)

    def tick(self, now: float, *, epoch: int, upto: int, at: str) -> None:
        """Called each second or sooner: ping when it is time, give up when pings stay unanswered."""
        if self.closing is not None or not self.joined:
            return
        self._heard = epoch, at
        if self._pings and now - self._pings[0].at > BEHIND_S:
            self.close(Close.TOO_SLOW)
        elif now - self._last_ping >= PING_S:
            self.cursor = max(self.cursor, upto)
            self.ping(now, epoch=epoch, at=at)

    def wants_ping(self) -> bool:
        return (
            self._frames - self._pinged_frames >= PING_AFTER_FRAMES
            or self._size - self._pinged_size >= PING_AFTER_BYTES
        )

    def ping(self, now: float, *, epoch: int, at: str) -> None:
        key = secrets.token_hex(4)
        message = {
            "type": "ping", "epoch": epoch, "upto": self.cursor, "rows_upto": self.rows_upto, "at": at, "key": key,
        }  # fmt: skip
        self._last_ping = now
        self._pings.append(Ping(key, now, self._frames, self._size))
        self._pinged_frames, self._pinged_size = self._frames, self._size
        self.offer(orjson.dumps(message))

    def pong(self, key: str) -> None:
        """The browser has read everything up to the ping of `key`. Another key says nothing: answered, or made up."""
        if not any(ping.key == key for ping in self._pings):
            return
        while self._pings:
            answered = self._pings.popleft()
            self._read_frames, self._read_size = answered.frames, answered.size
            if answered.key == key:
                break

    async def write(self) -> None:
        """The socket's own writer: runs until it is closed, by either side. Raises nothing but cancellation."""
        while self.closing is None:
            await self._wake.wait()
            self._wake.clear()
            while self._queue and self._flow.open and self.closing is None:
                self._sent += 1
                head, rest = numbered(self._sent, self._queue.popleft())
                if self._flow.write is not None:
                    self._flow.write(head, rest)
                    continue
                try:
                    await self._send(b"".join((head, rest)))
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
