"""A server that fails again and again is left alone for a while, then tried by one call at a time.

    closed     every call may go
    open       none may, until `open_s` have passed
    half open  one may, at a time: it closes the breaker, or opens it for as long again

Asking a server that hangs costs each subscriber the whole time limit, and a thread for as long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

FAILURES = 5  # in a row: one busy moment of the server is no outage, five answers in a row are
OPEN_S = 30.0


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Leave:
    """To make one call. What becomes of it counts only while its `era` lasts: a call that began before the breaker
    opened says nothing about the server as it is now.
    """

    era: int


class Breaker:
    """Safe to share between threads. `clock`: seconds that only go forward."""

    def __init__(
        self, *, failures: int = FAILURES, open_s: float = OPEN_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = failures
        self._open_s = open_s
        self._clock = clock
        self._lock = threading.Lock()
        self._era = 0
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    def ask(self) -> Leave | None:
        """None: not now. Whoever gets leave must say what became of it (`succeeded` or `failed`)."""
        with self._lock:
            state = self._state()
            if state == State.OPEN or (state == State.HALF_OPEN and self._probing):
                return None
            if state == State.HALF_OPEN:
                self._probing = True
                self._era += 1
            return Leave(self._era)

    def succeeded(self, leave: Leave) -> bool:
        """True when this closed the breaker."""
        with self._lock:
            if leave.era != self._era:
                return False
            closed = self._opened_at is not None
            self._failures, self._opened_at, self._probing = 0, None, False
            return closed

    def failed(self, leave: Leave) -> bool:
        """True when this opened the breaker, for the first time or once more."""
        with self._lock:
            if leave.era != self._era:
                return False
            self._failures += 1
            if self._opened_at is None and self._failures < self._most:
                return False
            self._opened_at, self._probing = self._clock(), False
            self._era += 1
            return True

    @property
    def state(self) -> State:
        with self._lock:
            return self._state()

    def open_for(self) -> float:
        """Seconds until the next call may go; 0 while one may."""
        with self._lock:
            if self._opened_at is None:
                return 0.0
            return max(0.0, self._opened_at + self._open_s - self._clock())

    def _state(self) -> State:
        if self._opened_at is None:
            return State.CLOSED
        return State.OPEN if self._clock() - self._opened_at < self._open_s else State.HALF_OPEN
