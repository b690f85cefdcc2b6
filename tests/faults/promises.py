"""The register of comparisons, and the words that they share. See checker.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from tests.faults.world import World

QUEUED, SENDING, UNKNOWN, SENT, DELIVERED, FAILED, EXPIRED = range(7)
SHOWN_AS = ("queued", "sending", "unknown", "sent", "delivered", "failed", "expired")

Key = TypeVar("Key", bound=Hashable)
Comparison = Callable[[World], list[str]]
COMPARISONS: dict[str, Comparison] = {}  # by the title of what contradicts the promise


def promise(title: str) -> Callable[[Comparison], Comparison]:
    def register(compare: Comparison) -> Comparison:
        COMPARISONS[title] = compare
        return compare

    return register


def listed(counted: Counter[Key]) -> list[str]:
    return [f"{n} x {_short(key)}" for key, n in counted.items()]


def _short(key: Hashable) -> str:
    words: Iterable[object] = key if isinstance(key, tuple) else (key,)
    return " ".join(str(word)[:60] for word in words)
