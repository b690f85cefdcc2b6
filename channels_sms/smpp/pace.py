"""How fast a link may send: the operator's rate, and slower for a while after it said "throttled"."""

from collections.abc import Callable
from math import inf

_BURST_S = 0.2  # how much unused time may be caught up at once
_PAUSE_S = 1.0  # after a throttled answer; further ones in this pause tell nothing new
_LONGEST_PAUSE_S = 300.0  # whatever a provider asks for
_REGROWTH_PER_S = 0.05  # of the full rate


class Pace:
    """Token bucket in parts per second, one for an account: all of its binds draw from it. `rate` 0 = no limit until
    the operator throttles."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._full = rate or inf
        self._rate = self._full
        self._tokens = 1.0 if rate else inf
        self._at = clock()
        self._paused_until = 0.0
        self._regrow_to = self._full
        self._second = (0.0, 0, 0)  # start of the running second, parts in it, parts in the one before

    @property
    def rate(self) -> float:
        """Parts per second allowed now (inf = no limit)."""
        return self._rate

    @property
    def bounded(self) -> bool:
        """A rate is agreed, or the operator has throttled."""
        return self._rate != inf

    @property
    def paused(self) -> bool:
        return self._clock() < self._paused_until

    @property
    def slowed(self) -> bool:
        """The operator has said "throttled", and the rate has not yet grown back."""
        return self._rate < self._full

    def available(self) -> int:
        """Parts that may leave now."""
        self._refill()
        if self._at < self._paused_until:
            return 0
        return 1_000_000 if self._rate == inf else max(0, int(self._tokens))

    def delay(self) -> float:
        """Seconds until one more part may leave."""
        self._refill()
        pause = max(0.0, self._paused_until - self._at)
        if self._rate == inf or self._tokens >= 1:
            return pause
        return max(pause, (1 - self._tokens) / self._rate)

    def take(self, parts: int = 1) -> None:
        """So many parts leave. May be called with no token left: the debt is waited for by the next."""
        self._refill()
        if self._rate != inf:
            self._tokens -= parts
        start, now_count, before = self._second
        if self._at - start >= 1:
            self._second = (self._at, parts, now_count if self._at - start < 2 else 0)
        else:
            self._second = (start, now_count + parts, before)

    def throttled(self, wait_s: float = 0.0) -> None:
        """The operator refused a part for speed: pause (for as long as he asked), halve, and grow back slowly."""
        self._refill()
        known = self._at < self._paused_until
        asked = self._at + min(max(wait_s, 0.0 if known else _PAUSE_S), _LONGEST_PAUSE_S)
        self._paused_until = max(self._paused_until, asked)
        if known:
            return
        if self._rate == inf:
            self._rate = max(2.0, *map(float, self._second[1:]))
            # With no rate agreed, growing back to the pace of before is as far as slow growth goes.
            self._regrow_to = self._rate * 4
        self._rate = max(1.0, self._rate / 2)
        self._tokens = 0.0

    def _refill(self) -> None:
        now = self._clock()
        passed, self._at = now - self._at, now
        if passed <= 0 or self._rate == inf:
            return
        if self._rate < self._full and now >= self._paused_until:
            goal = self._regrow_to
            self._rate = min(goal, self._rate + passed * goal * _REGROWTH_PER_S)
            if self._full == inf and self._rate >= goal:
                self._rate = inf
        self._tokens = min(max(1.0, self._rate * _BURST_S), self._tokens + passed * self._rate)
