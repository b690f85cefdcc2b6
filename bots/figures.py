"""Figures of understanding, with their uncertainty. An automatic answer is any intent that is sure, except
`out_of_scope`: whoever is told "I cannot help with that" or "what do you mean" has not been answered.

    top1                right best guesses, sure or not, of the texts on topic
    answered            automatic answers, of the texts on topic
    precision           right ones among all automatic answers, those to off-topic texts included
    off_topic_rejected  off-topic texts without an automatic answer

Each is a share with its 95% Wilson interval: of sixty texts, none wrong still means "up to 6% may be".
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bots.turn import NOT_ANSWERED, Reading

OFF_TOPIC = "__oos__"
_NORMAL = 1.959964  # two-sided 95%


@dataclass(frozen=True, slots=True)
class Judged:
    """One text, what it means (None: off topic) and what was made of it."""

    meant: str | None
    read: Reading

    @property
    def answer(self) -> str | None:
        return None if self.read.intent in NOT_ANSWERED else self.read.intent


def figures(judged: Sequence[Judged]) -> dict[str, Any]:
    on_topic = [one for one in judged if one.meant is not None]
    off_topic = [one for one in judged if one.meant is None]
    answers = [one for one in judged if one.answer is not None]
    return {
        "top1": share(sum(one.read.best == one.meant for one in on_topic), len(on_topic)),
        "answered": share(sum(one.answer is not None for one in on_topic), len(on_topic)),
        "precision": share(sum(one.answer == one.meant for one in answers), len(answers)),
        "off_topic_rejected": share(sum(one.answer is None for one in off_topic), len(off_topic)),
    }


def confusion(judged: Sequence[Judged]) -> dict[str, Any]:
    """By what was meant: how many were answered rightly, how many not at all, and what the others were taken for."""
    rows: dict[str, Counter[str]] = {}
    for one in judged:
        rows.setdefault(one.meant or OFF_TOPIC, Counter())[one.answer or ""] += 1
    return {
        meant: {
            "texts": row.total(),
            "right": row[meant],
            "unanswered": row[""],
            "taken_for": {other: count for other, count in row.most_common() if other not in {meant, ""}},
        }
        for meant, row in sorted(rows.items())
    }


def share(part: int, whole: int) -> dict[str, float | int] | None:
    """With its Wilson score interval, which is right for few texts and for shares near 0 and 1; None of nothing."""
    if not whole:
        return None
    low, high = wilson(part, whole)
    return {"share": round(part / whole, 4), "low": round(low, 4), "high": round(high, 4), "count": part, "of": whole}


def wilson(part: int, whole: int) -> tuple[float, float]:
    share, square = part / whole, _NORMAL**2
    middle = share + square / (2 * whole)
    reach = _NORMAL * math.sqrt(share * (1 - share) / whole + square / (4 * whole**2))
    scale = 1 + square / whole
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def quantile(seconds: Sequence[float], part: float) -> float:
    """In milliseconds."""
    return round(1000 * sorted(seconds)[min(len(seconds) - 1, int(part * len(seconds)))], 3)


def threshold_for(precision: float, judged: Sequence[Judged]) -> float | None:
    """The lowest confidence from which on so many automatic answers are right, whatever was sure until now."""
    ranked = sorted(
        (one for one in judged if one.read.best and one.read.best not in NOT_ANSWERED),
        key=lambda one: -one.read.confidence,
    )
    found, right = None, 0
    for number, one in enumerate(ranked, start=1):
        right += one.read.best == one.meant
        last = number == len(ranked) or ranked[number].read.confidence < one.read.confidence
        if last and right >= precision * number:
            found = one.read.confidence
    return found
