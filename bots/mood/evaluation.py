"""How well moods are told: `palabre bots evaluate-mood`, and beside it what any reading has to be better than.

    negative, neutral, positive   recall and precision of each, "not sure" counted as missed
    macro_f1                      the mean of the three labels' F1, with the interval of 1,000 resamples
    unsure                        texts without a label

Shares have their 95% Wilson interval. A text counts as what its first reading said; `by_second` is by the other.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bots.errors import BotDataError
from bots.figures import quantile, share
from bots.mood import reading, texts
from bots.mood.reading import words_of
from bots.mood.texts import LABELS, Read

_RESAMPLES = 1000

Pair = tuple[str, str]
"""What a text is, and what it was taken for ("" when not sure)."""


def of_file(file: Path, *, language: str, wrong: bool = False) -> dict[str, Any]:
    """`wrong`: list them. Raises BotDataError."""
    if language not in texts.languages():
        raise BotDataError(file.name, "", f"no moods are told in {language!r} (known: {', '.join(texts.languages())})")
    return evaluate(texts.read(file, language), language, wrong=wrong)


def evaluate(judges: Sequence[Read], language: str, *, wrong: bool = False) -> dict[str, Any]:
    reader = reading.reader(language)
    told, seconds = [], []
    for one in judges:
        begun = time.thread_time()
        told.append(reader.read(one.text))
        seconds.append(time.thread_time() - begun)
    agreement = texts.agreement(judges)
    result: dict[str, Any] = {
        "language": language,
        "texts": len(judges),
        "of_each": dict(Counter(one.first for one in judges)),
        "agreement": agreement,
        "sure_from": reading.SURE,
        "mood": figures([(one.first, mood.label) for one, mood in zip(judges, told, strict=True)]),
        **{name: figures([(one.first, guess(one.text)) for one in judges]) for name, guess in _baselines(language)},
        "read_ms": {"p50": quantile(seconds, 0.5), "p99": quantile(seconds, 0.99)},
    }
    if agreement:
        result["by_second"] = figures([(one.second, mood.label) for one, mood in zip(judges, told, strict=True)])
    if wrong:
        result["wrong"] = [
            f"{one.first} -> {mood.label or 'not sure'} ({mood.confidence:.2f}): {one.text}"
            for one, mood in zip(judges, told, strict=True)
            if mood.label != one.first
        ]
    return result


def _baselines(language: str) -> list[tuple[str, Callable[[str], str]]]:
    """The most frequent mood of what was taught, for everything; the list of words alone (for English, VADER)."""
    counts = Counter(one.first for one in texts.teaching(language))
    most = min(counts, key=lambda label: (-counts[label], label))
    signs = reading.reader(language).signs
    return [("majority", lambda _text: most), ("word_list", lambda text: signs.label(text, words_of(text)))]


def figures(pairs: Sequence[Pair]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for label in LABELS:
        right = sum(meant == taken == label for meant, taken in pairs)
        found[label] = {
            "recall": share(right, sum(meant == label for meant, _ in pairs)),
            "precision": share(right, sum(taken == label for _, taken in pairs)),
        }
    low, high = _interval(pairs)
    found["macro_f1"] = {"value": round(_macro_f1(_table(pairs)), 4), "low": round(low, 4), "high": round(high, 4)}
    found["unsure"] = share(sum(not taken for _, taken in pairs), len(pairs))
    return found


def _table(pairs: Sequence[Pair]) -> np.ndarray[Any, Any]:
    """(3, 4): meant by taken for, the last column "not sure"."""
    table = np.zeros((len(LABELS), len(LABELS) + 1))
    for meant, taken in pairs:
        table[LABELS.index(meant), LABELS.index(taken) if taken else len(LABELS)] += 1
    return table


def _macro_f1(table: np.ndarray[Any, Any]) -> float:
    """Of the labels that any text has."""
    right = np.diag(table)
    there = table.sum(axis=1)
    both = there + table[:, : len(LABELS)].sum(axis=0)
    scores = np.divide(2 * right, both, out=np.zeros_like(right), where=both > 0)
    return float(scores[there > 0].mean())


def _interval(pairs: Sequence[Pair]) -> tuple[float, float]:
    """95%, by drawing as many texts again with replacement; the same each time."""
    chance = np.random.default_rng(1)
    numbers = chance.integers(len(pairs), size=(_RESAMPLES, len(pairs)))
    drawn = [_macro_f1(_table([pairs[number] for number in row])) for row in numbers]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)
