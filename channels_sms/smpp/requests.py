"""Our requests of one session, by sequence number: those that wait for an answer, and those given up that may still
get one.
"""

import asyncio
from collections import OrderedDict
from typing import Any, NamedTuple

from channels_sms.smpp import codes
from channels_sms.smpp.framing import Frame

LAST_SEQUENCE = 0x7FFFFFFF
_LATE_KEPT = 10_000
_BINDS = frozenset({codes.BIND_RECEIVER, codes.BIND_TRANSMITTER, codes.BIND_TRANSCEIVER})
BIND_ANSWERS = frozenset(command | codes.RESPONSE for command in _BINDS)


class Request(NamedTuple):
    command: int
    future: "asyncio.Future[Frame]"
    deadline: float  # of the loop's clock
    mark: int  # of the outbox, behind this request's octets
    context: Any  # the owner's, for an answer that comes late; None: nobody would care
    windowed: bool


class Requests:
    """`in_flight` counts those that take room in the window."""

    def __init__(self) -> None:
        self.in_flight = 0
        self._waiting: dict[int, Request] = {}
        self._late: OrderedDict[int, tuple[int, Any]] = OrderedDict()
        self._sequence = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def next_sequence(self) -> int:
        while True:
            self._sequence = self._sequence + 1 if self._sequence < LAST_SEQUENCE else 1
            if self._sequence not in self._waiting and self._sequence not in self._late:
                return self._sequence

    def add(self, sequence: int, request: Request) -> None:
        self._waiting[sequence] = request
        if request.windowed:
            self.in_flight += 1

    def take(self, frame: Frame) -> Request | None:
        """The request that this answers. An answer of another kind than the request answers nothing: taken for one, it
        would leave the true answer, which comes behind it, without a request."""
        request = self._waiting.get(frame.sequence)
        if request is None or not _fits(request.command, frame.command):
            return None
        return self._remove(frame.sequence)

    def take_late(self, frame: Frame) -> Any | None:
        """The context of a request that had been given up and is answered after all."""
        command, context = self._late.get(frame.sequence, (0, None))
        if context is None or not _fits(command, frame.command):
            return None
        del self._late[frame.sequence]
        return context

    def expired(self, now: float) -> list[Request]:
        """Give up those past their deadline; the table is in order of time, so this looks at few."""
        found = []
        while self._waiting:
            sequence, request = next(iter(self._waiting.items()))
            if request.deadline > now:
                break
            found.append(self._remove(sequence))
            if request.context is not None:
                self._late[sequence] = (request.command, request.context)
                if len(self._late) > _LATE_KEPT:
                    self._late.popitem(last=False)
        return found

    def abandon(self) -> dict[int, Request]:
        """All that wait, by sequence number; none waits any more."""
        abandoned, self._waiting = self._waiting, {}
        self.in_flight = 0
        return abandoned

    def _remove(self, sequence: int) -> Request:
        request = self._waiting.pop(sequence)
        if request.windowed:
            self.in_flight -= 1
        return request


def _fits(request: int, answer: int) -> bool:
    """Some operators answer one kind of bind as if it were another."""
    return answer in (request | codes.RESPONSE, codes.GENERIC_NACK) or (request in _BINDS and answer in BIND_ANSWERS)
