"""From the scripts of `conversations.yml` to rows: who said what, when, and what became of it. Pure: no database."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bots import catalogue

FOLDER = Path(__file__).parent
_PATIENCE = {"c": (15, 90), "b": (1, 3), "h": (1, 2), "q": (1, 2), "s": (4, 25), "a": (25, 150), "x": (25, 150)}
_PATIENCE |= {"n": (20, 60), "e": (30, 200)}


@dataclass(frozen=True, slots=True)
class Step:
    """`act` is a key of conversations.yml, or: q queued, s assigned, e closed."""

    act: str
    at: datetime
    body: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Talk:
    name: str
    number: str
    language: str
    line: str
    agent: str | None
    end: str  # closed, bot (closed without a person), queued, open
    steps: tuple[Step, ...]


def organisation() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((FOLDER / "savane.yml").read_text())
    return data


def talks(*, now: datetime, zone: ZoneInfo) -> list[Talk]:
    """Every talk, dated back from `now`; the same scripts give the same times of day."""
    scripts = yaml.safe_load((FOLDER / "conversations.yml").read_text())
    found = [_talk(script, number, now=now, zone=zone) for number, script in enumerate(scripts)]
    return [talk for talk in found if talk.steps[-1].at < now]


def _talk(script: Mapping[str, Any], number: int, *, now: datetime, zone: ZoneInfo) -> Talk:
    name, phone, language = script["who"]
    end, line = script.get("end", "closed"), script.get("line", "1919")
    acts = _acts(script, end, language, direct=line != "1919")
    chance = random.Random(number)  # noqa: S311  (how long people take)
    offsets, passed = [], 0.0
    for act, _, _ in acts:
        offsets.append(passed := passed + chance.uniform(*_PATIENCE[act]))
    if "at" in script:
        days, clock = script["at"]
        hour, minute = map(int, clock.split(":"))
        day = now.astimezone(zone) - timedelta(days=days)
        start = day.replace(hour=hour, minute=minute, second=chance.randrange(60), microsecond=0)
        if start + timedelta(seconds=passed) > now:  # today's talk, and today is young
            start -= timedelta(days=1)
    else:
        start = now - timedelta(minutes=script["ago"], seconds=passed)
    steps = tuple(
        Step(act, start + timedelta(seconds=offset), body, facts)
        for (act, body, facts), offset in zip(acts, offsets, strict=True)
    )
    return Talk(name, f"+{phone}", language, line, script.get("agent"), end, steps)


def _acts(script: Mapping[str, Any], end: str, language: str, *, direct: bool) -> list[tuple[str, str, dict[str, Any]]]:
    """The written steps, with those that follow by themselves: queued, assigned before the first answer, closed."""
    acts: list[tuple[str, str, dict[str, Any]]] = []
    assigned = False
    for step in script["talk"]:
        ((act, said),) = step.items()
        if act in "anx" and not assigned and script.get("agent"):
            acts.append(("s", "", {}))
            assigned = True
        if act == "b":
            acts.append((act, responses(language)[said], {}))
        elif act == "h":
            reason, summary = said
            acts.append((act, "", {"reason": reason, "summary": summary}))
        elif act == "x":
            body, code, why = said
            acts.append((act, body, {"code": code, "reason": why}))
        else:
            acts.append((act, said, {}))
        if direct and len(acts) == 1:
            acts.append(("q", "", {}))
    if end in ("closed", "bot"):
        acts.append(("e", "", {}))
    return acts


@cache
def responses(language: str) -> dict[str, str]:
    """The bot's own answers by name, so that the demonstration says what the bot would say."""
    domain = yaml.safe_load((catalogue.FOLDER / "telecom" / "domain.yml").read_text())
    found: dict[str, str] = {}
    for name, variants in domain["responses"].items():
        for variant in variants:
            languages = [one.get("value") for one in variant.get("condition", []) if one.get("name") == "lang"]
            if "text" in variant and language in (languages or [language]):
                found.setdefault(name, variant["text"])
    return found
