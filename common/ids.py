"""UUID version 7 (RFC 9562, section 5.7) for rows that Python makes.

PostgreSQL 18 makes its own with `uuidv7()`; both fill `rand_a` with the fraction of the millisecond
(section 6.2, method 3), so keys of both makers sort together by time to about 0.25 microseconds.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta

_lock = threading.Lock()
_last = 0


def uuid7() -> uuid.UUID:
    """A key that sorts after every earlier one of this process, even when the clock steps back."""
    global _last  # noqa: PLW0603  (one process, one sequence)
    nanoseconds = time.time_ns()
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    stamp = (milliseconds << 12) | (rest * 4096 // 1_000_000)
    with _lock:
        stamp = max(stamp, _last + 1)
        _last = stamp
    return _key(stamp)


def uuid7_at(at: datetime) -> uuid.UUID:
    """A key of another time than now, for rows that tell of the past: it belongs in the partition of its month."""
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    microseconds = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    milliseconds, rest = divmod(microseconds, 1000)
    return _key((milliseconds << 12) | (rest * 4096 // 1000))


def uuid7_floor(at: datetime) -> uuid.UUID:
    """The smallest key of an instant, as the database's `uuid_floor`: a bound of a range of time over keys."""
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return uuid.UUID(int=((since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000) << 80)


def time_of(key: uuid.UUID) -> datetime:
    """When a key was made, to the millisecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=key.int >> 80)


def _key(stamp: int) -> uuid.UUID:
    random_b = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    value = ((stamp >> 12) << 80) | (0x7 << 76) | ((stamp & 0xFFF) << 64) | (0b10 << 62) | random_b
    return uuid.UUID(int=value)
