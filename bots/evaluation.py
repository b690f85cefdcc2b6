"""How well an engine understands texts that it has never seen, as figures with their uncertainty.

A file of such texts is a mapping `intent: [texts]`; `__oos__` holds what is off topic. An automatic answer is any
intent that the engine is sure of, except `out_of_scope`: whoever is told "I cannot help with that" or "what do you
mean" has not been answered.

    top1                right best guesses, sure or not, of the texts on topic
    answered            automatic answers, of the texts on topic
    precision           right ones among all automatic answers, those to off-topic texts included
    off_topic_rejected  off-topic texts without an automatic answer

Each is a share with its 95% Wilson interval: of sixty texts, none wrong still means "up to 6% may be".
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bots import baselines, catalogue
from bots.embedded import bot_files, yaml_files
from bots.embedded.nlu import Example
from bots.engine import Engine, make
from bots.errors import BotDataError
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


def read(file: Path, language: str, intents: Sequence[str]) -> list[tuple[str | None, str]]:
    """(intent or None, text) of each text. A file with several languages has them at its top. Raises BotDataError."""
    top = yaml_files.read(file, root=file.parent)
    keys = top.as_map()
    if language in keys and isinstance(keys[language].value, dict):
        keys = keys[language].as_map()
    found: list[tuple[str | None, str]] = []
    for intent, node in keys.items():
        if intent != OFF_TOPIC and intent not in intents:
            raise node.refuse(f"the bot has no intent {intent!r}")
        meant = None if intent == OFF_TOPIC or intent in NOT_ANSWERED else intent
        found.extend((meant, line.as_text()) for line in node.as_list())
    if not any(meant for meant, _ in found):
        raise BotDataError(top.file, "", "has no text on topic: nothing to measure")
    return found


def of_bot(bot: str, file: Path, *, language: str, engine: str | None, wrong: bool = False) -> dict[str, Any]:
    """`engine`: another than the one of its bot.yml. `wrong`: list them. Raises UnknownBot or BotDataError."""
    files = bot_files.read(catalogue.folder(bot))
    if language not in files.languages:
        raise BotDataError(files.name, "", f"has no phrase in {language!r} (known: {', '.join(files.languages)})")
    texts = read(file, language, files.domain.intents)
    found = evaluate(make(bot, engine), texts, files.nlu.examples, language, wrong=wrong)
    return {"bot": bot, **found}


def evaluate(
    engine: Engine,
    texts: Sequence[tuple[str | None, str]],
    examples: Sequence[Example],
    language: str,
    *,
    wrong: bool = False,
) -> dict[str, Any]:
    """`examples`: the bot's phrases, for the baselines."""
    judged, seconds = [], []
    for meant, text in texts:
        begun = time.thread_time()
        reading = engine.read(text=text, language=language)
        seconds.append(time.thread_time() - begun)
        judged.append(Judged(meant, reading))
    majority = baselines.Majority(examples, language)
    keywords = baselines.Keywords(examples, language)
    result = {
        "language": language,
        "on_topic": sum(meant is not None for meant, _ in texts),
        "off_topic": sum(meant is None for meant, _ in texts),
        "threshold": engine.threshold,
        "understood": figures(judged),
        "majority_class": figures([Judged(meant, majority.read(text)) for meant, text in texts]),
        "keyword_rules": figures([Judged(meant, keywords.read(text)) for meant, text in texts]),
        "read_ms": {"p50": _quantile(seconds, 0.5), "p99": _quantile(seconds, 0.99)},
        "intents": confusion(judged),
    }
    if wrong:
        pairs = zip(judged, (text for _, text in texts), strict=True)
        result["wrong"] = [
            f"{one.meant or OFF_TOPIC} -> {one.answer} ({one.read.confidence:.2f}): {text}"
            for one, text in pairs
            if one.answer not in {None, one.meant}
        ]
    return result


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


def _quantile(seconds: Sequence[float], part: float) -> float:
    return round(1000 * sorted(seconds)[min(len(seconds) - 1, int(part * len(seconds)))], 3)
