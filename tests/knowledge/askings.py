"""Reads tests/knowledge/askings.yml, and says how well its texts are answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import yaml

from knowledge.matching import Entry, Index

FILE = Path(__file__).with_name("askings.yml")
_SPACE = UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")
HALVES = ("tune", "kept")


@dataclass(frozen=True, slots=True)
class Asking:
    """`key`: of the article that answers it; "": none does."""

    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Kept:
    entries: tuple[Entry, ...]
    askings: Mapping[str, tuple[Asking, ...]]


@cache
def load(language: str) -> Kept:
    whole: dict[str, Any] = yaml.safe_load(FILE.read_text())
    entries = tuple(
        Entry(
            article_id=uuid5(_SPACE, key),
            version_id=uuid5(_SPACE, f"{key} {language}"),
            key=key,
            language=language,
            title=one[language]["title"],
            questions=tuple(one[language]["questions"]),
            answer=one[language]["answer"],
        )
        for key, one in whole["articles"].items()
    )
    askings = {
        half: tuple(Asking(text, key) for key, one in whole["articles"].items() for text in one[language][half])
        + tuple(Asking(text, "") for text in whole["off_topic"][language][half])
        for half in HALVES
    }
    return Kept(entries, askings)


def judged(half: str, threshold: float, languages: tuple[str, ...] = ("fr", "en")) -> dict[str, Any]:
    """precision: right quotes among all, off-topic texts included. coverage: texts on topic that are answered rightly.
    top1: those whose best article is the right one, sure or not."""
    quoted = right = first = on_topic = 0
    wrong: list[str] = []
    for language in languages:
        kept = load(language)
        index = Index(kept.entries, language)
        for asking in kept.askings[half]:
            on_topic += bool(asking.key)
            hits = index.search(asking.text)
            best = hits[0] if hits else None
            first += bool(asking.key) and best is not None and best.entry.key == asking.key
            if best is None or best.score < threshold:
                continue
            quoted += 1
            if best.entry.key == asking.key:
                right += 1
            else:
                wrong.append(f"{asking.text} -> {best.entry.key} {best.score}")
    return {
        "precision": round(right / quoted, 3) if quoted else 1.0,
        "coverage": round(right / on_topic, 3),
        "top1": round(first / on_topic, 3),
        "quoted": quoted,
        "texts": sum(len(load(language).askings[half]) for language in languages),
        "wrong": wrong,
    }
