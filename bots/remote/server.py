"""One bot's server: its calls behind its breaker, and how it has fared since this process began."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from bots.remote import wire
from bots.remote.breaker import Breaker, State
from bots.remote.calls import Calls
from bots.remote.failures import NO_FAULT, Kind, ServerFailed
from bots.remote.wire import Answer, Expected, Question
from common.places import place_of

log = logging.getLogger(__name__)

_REMEMBERED = 500  # calls that the percentile is of
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Facts:
    """How one bot's server fares, as this process knows it.

    state       answering, failing (the last call), open (its breaker; half open, too), unasked (no call yet) or
                not_configured.
    failing_s   seconds since it last began to fail; None while it answers.
    open_s      seconds until it is tried again; None while its breaker is closed.
    error       the last failure's `Kind`, "" when there was none.
    asked       turns that should have been its, since the start; `calls` of them were sent, `fallbacks` of them were
                answered without it; `failures` counts the latter by kind.
    p95_ms      of the last 500 calls, those that failed included; None: none.
    """

    bot: str
    state: str
    failing_s: float | None
    open_s: float | None
    error: str
    asked: int
    calls: int
    fallbacks: int
    failures: dict[str, int]
    p95_ms: float | None


class Server:
    """Safe to share between threads."""

    def __init__(
        self,
        bot: str,
        calls: Calls,
        breaker: Breaker | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.bot = bot
        self._calls = calls
        self._breaker = breaker or Breaker(clock=clock)
        self._clock = clock
        self._lock = threading.Lock()
        self._asked = 0
        self._fallbacks: Counter[Kind] = Counter()
        self._took: deque[float] = deque(maxlen=_REMEMBERED)
        self._made = 0
        self._error: Kind | None = None
        self._failing_since: float | None = None
        self._heard_at: float | None = None

    def ask(self, question: Question, expected: Expected) -> Answer:
        """Raises ServerFailed, at once while the breaker is open or all places are taken, else within TOTAL_S."""
        with self._lock:
            self._asked += 1
        try:
            return self._guarded(lambda: wire.judge(self._calls.post(wire.WEBHOOK, question.octets()), expected))
        except ServerFailed as failure:
            with self._lock:
                self._fallbacks[failure.kind] += 1
            raise

    def look(self, expected: Expected) -> str:
        """Ask which model it serves, as a call like any other. Raises ServerFailed."""
        return self._guarded(lambda: wire.judge_about(self._calls.get(wire.ABOUT), expected))

    def quiet_s(self) -> float:
        """Seconds since anything was heard of it, good or bad."""
        with self._lock:
            return float("inf") if self._heard_at is None else self._clock() - self._heard_at

    def close(self) -> None:
        self._calls.close()

    def facts(self) -> Facts:
        open_s, state = self._breaker.open_for(), self._breaker.state
        with self._lock:
            now = self._clock()
            said = "answering" if self._failing_since is None else "failing"
            if self._heard_at is None:
                said = "unasked"
            if state != State.CLOSED:
                said = "open"
            return Facts(
                bot=self.bot,
                state=said,
                failing_s=None if self._failing_since is None else now - self._failing_since,
                open_s=None if state == State.CLOSED else open_s,
                error=self._error or "",
                asked=self._asked,
                calls=self._made,
                fallbacks=self._fallbacks.total(),
                failures={kind.value: count for kind, count in sorted(self._fallbacks.items())},
                p95_ms=_p95_ms(self._took),
            )

    def _guarded(self, call: Callable[[], Result]) -> Result:
        """Raises ServerFailed."""
        if not self._calls.enter():
            raise ServerFailed(Kind.BUSY)
        try:
            leave = self._breaker.ask()
            if leave is None:
                raise ServerFailed(Kind.OPEN)
            began = self._clock()
            kind: Kind | None = Kind.BROKEN  # whatever ends this, the breaker hears of it: a probe must not be lost
            try:
                result = call()
                kind = None
                return result
            except ServerFailed as failure:
                kind = failure.kind
                raise
            except Exception as error:  # its own words may quote the subscriber
                log.error("bot %s: its server's answer: %s at %s", self.bot, type(error).__name__, place_of(error))
                raise ServerFailed(Kind.BROKEN) from None
            finally:
                fault = kind if kind not in NO_FAULT else None
                self._heard(began, fault)
                if fault is None:
                    if self._breaker.succeeded(leave):
                        log.warning("bot %s: its server answers again", self.bot)
                else:
                    log.warning("bot %s: its server failed: %s", self.bot, fault)
                    if self._breaker.failed(leave):
                        log.error(
                            "bot %s: its server is left alone for %.0f s; it answers by itself",
                            self.bot, self._breaker.open_for(),
                        )  # fmt: skip
        finally:
            self._calls.leave()

    def _heard(self, began: float, fault: Kind | None) -> None:
        with self._lock:
            self._heard_at = self._clock()
            self._made += 1
            self._took.append(self._heard_at - began)
            if fault is None:
                self._failing_since = None
            else:
                self._error = fault
                if self._failing_since is None:
                    self._failing_since = self._heard_at


def _p95_ms(took: deque[float]) -> float | None:
    if not took:
        return None
    return round(1000 * sorted(took)[min(len(took) - 1, int(0.95 * len(took)))], 1)
