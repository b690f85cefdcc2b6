"""How a link does right now, for the people who watch it: times of answers, and what holds its rate down."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from math import ceil, inf
from typing import Any

from channels_sms.smpp.pace import Pace

_KEPT = 500  # answers
_FRESH_S = 600.0  # older ones say nothing of now


class RoundTrips:
    """Seconds from a submit to its answer."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: deque[tuple[float, float]] = deque(maxlen=_KEPT)

    def add(self, seconds: float) -> None:
        self._times.append((self._clock(), seconds))

    def percentiles(self) -> tuple[float, float] | None:
        """(p50, p95) of the last answers; None where there are none of the last ten minutes."""
        since = self._clock() - _FRESH_S
        found = sorted(took for at, took in self._times if at >= since)
        if not found:
            return None
        return found[ceil(0.5 * len(found)) - 1], found[ceil(0.95 * len(found)) - 1]


def of_link(
    *, binds: Iterable[dict[str, Any]], window: int, rate: float, pace: Pace, round_trips: RoundTrips
) -> dict[str, Any]:
    """The facts of LinkState. `window`: over all binds that send now. `rate`: as it is set, 0 = no limit.

    `slow` says why less than `rate_set` can leave: "paused" and "throttled" (the operator asked for it, the rate grows
    back by itself), "window" (unanswered texts are allowed so few that the answers do not come back in time).
    """
    binds = list(binds)
    times = round_trips.percentiles()
    can = window / times[0] if times and times[0] > 0 and window else inf
    slow = ["paused"] if pace.paused else ["throttled"] if pace.slowed else []
    warnings: list[dict[str, Any]] = []
    if rate and can < rate:
        slow.append("window")
        warnings.append({"code": "window_bounds_rate", "can": round(can, 1), "set": rate})
    down = sum(bind["state"] != "bound" for bind in binds)
    if 0 < down < len(binds):
        warnings.append({"code": "binds_down", "down": down, "of": len(binds)})
    return {
        "binds": binds,
        "window": window,
        "in_flight": sum(bind["in_flight"] for bind in binds),
        "rate_set": rate,
        "rate_now": 0.0 if pace.paused else None if pace.rate == inf else round(pace.rate, 1),
        "slow": slow,
        "warnings": warnings,
        "round_trip_ms": None if times is None else [round(1000 * each, 1) for each in times],
    }
