"""What a session writes: collected during one turn of the loop, written as one piece."""

import asyncio
import logging
from collections.abc import Callable

log = logging.getLogger(__name__)


class Outbox:
    """`mark` counts the octets queued in this session: what stands before a mark is read before it.

    `may_write` is asked before each write. Once it says no the connection is cut: a goodbye would be a write, too.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, may_write: Callable[[], bool]) -> None:
        self._loop = loop
        self._may_write = may_write
        self._transport: asyncio.Transport | None = None
        self._queue: list[bytes] = []
        self._unwritten: set[int] = set()
        self.mark = 0

    def open(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    @property
    def usable(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def send(self, octets: bytes, *, sequence: int | None = None) -> int:
        """Queue octets; returns the mark behind them. `sequence`: of a request whose fate must be known."""
        if not self._queue:
            self._loop.call_soon(self.flush)
        self._queue.append(octets)
        if sequence is not None:
            self._unwritten.add(sequence)
        self.mark += len(octets)
        return self.mark

    def flush(self) -> None:
        if not self._queue or self._transport is None or self._transport.is_closing():
            return
        if not self._may_write():
            log.error("smpp: the link is no longer ours: cut with %d writes unwritten", len(self._queue))
            self._transport.abort()
            return
        data = b"".join(self._queue)
        self._queue.clear()
        self._unwritten.clear()
        self._transport.write(data)

    def abandon(self) -> set[int]:
        """Drop what is queued; returns the requests (sequences) of which no octet reached the transport."""
        self._queue.clear()
        return self._unwritten
