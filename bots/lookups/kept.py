"""Answers that are kept for a moment, in the memory of this process: never more than MOST, the oldest go first."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256
from uuid import UUID

from bots.lookups.values import Value

MOST = 2000

Rows = tuple[Mapping[str, str], ...]


class Kept:
    """Safe to share between threads. `clock`: seconds that only go forward."""

    def __init__(self, most: int = MOST, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._rows: OrderedDict[bytes, tuple[float, Rows]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: bytes) -> Rows | None:
        with self._lock:
            found = self._rows.get(key)
            if found is None or found[0] <= self._clock():
                self._rows.pop(key, None)
                return None
            return found[1]

    def keep(self, key: bytes, rows: Rows, seconds: float) -> None:
        with self._lock:
            self._rows[key] = (self._clock() + seconds, rows)
            self._rows.move_to_end(key)
            while len(self._rows) > self._most:
                self._rows.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._rows.clear()


def key_of(organisation_id: UUID, name: str, revisions: tuple[int, int], bound: Mapping[str, Value]) -> bytes:
    """`revisions`: of the look-up and of its source, so that nothing outlives a change. A hash: numbers are no keys."""
    said = repr((str(organisation_id), name, revisions, sorted((one, repr(value)) for one, value in bound.items())))
    return sha256(said.encode()).digest()
