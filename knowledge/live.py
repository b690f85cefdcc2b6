"""Which version of an article is live at a moment: computed from times, so that a switch in the night needs nobody.

Of one article and language, the approved version with the latest `live_from` that has come and whose `live_until` has
not. What stood before it is live again when it ends: a text for the holidays gives way by itself. Pure.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar


class Timed(Protocol):
    """An approved version. `place`: its article and language."""

    @property
    def place(self) -> Hashable: ...
    @property
    def number(self) -> int: ...
    @property
    def live_from(self) -> datetime: ...
    @property
    def live_until(self) -> datetime | None: ...


One = TypeVar("One", bound=Timed)


def live_at(approved: Iterable[One], now: datetime) -> list[One]:
    """One of each place at most; of two that begin together the higher number."""
    found: dict[Hashable, One] = {}
    for one in approved:
        if one.live_from > now or (one.live_until is not None and one.live_until <= now):
            continue
        other = found.get(one.place)
        if other is None or (one.live_from, one.number) > (other.live_from, other.number):
            found[one.place] = one
    return list(found.values())


def next_switch(approved: Sequence[Timed], now: datetime) -> datetime | None:
    """The first moment after `now` at which something else may be live; None: never, unless somebody changes it."""
    times = [at for one in approved for at in (one.live_from, one.live_until) if at is not None and at > now]
    return min(times, default=None)
