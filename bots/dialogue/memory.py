"""What a turn must know of those before it: of JSON's types, at most 4 KB, of one shape (`SHAPE`).

What has another shape, is damaged or older than a day is dropped: a bot that begins afresh asks again, one that
misreads its memory answers what nobody asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

SHAPE = 1
MOST_BYTES = 4096
MOST_FRAMES = 3
"""Requests that wait for another one."""

_STALE = timedelta(hours=24)
_MOST_TOPICS, _MOST_COUNTED, _MOST_VALUES = 8, 24, 12


@dataclass(slots=True)
class Frame:
    """A form that has begun.

    asked    the slot that was asked for last; "" when none was.
    wrong    answers to it that could not be used.
    checks   whether the subscriber has been asked if all is right.
    """

    form: str
    slots: dict[str, str] = field(default_factory=dict)
    asked: str = ""
    wrong: int = 0
    checks: bool = False


@dataclass(slots=True)
class Looking:
    """A look-up that waits for a one-time code."""

    lookup: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Memory:
    """topic     the last subject, and how many texts ago (`age`). topics: those answered, oldest first.
    values       of entities in the texts of this subject. slots: what was given, for good.
    stack        forms, the one that is asked about last. done: the one that ended without a person.
    menu         that is open. wrong_digits: since it was said last. either: two intents to choose from, by digit.
    asked_which  whether that was asked already.
    offered      a person was offered with the last text; offers: how often so far.
    said         how often an answer was given. idle: turns without progress. courtesy: the last of them.
    last         names of the sentences said last. over: it was handed to people.
    """

    topic: str = ""
    age: int = 0
    topics: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    slots: dict[str, str] = field(default_factory=dict)
    stack: list[Frame] = field(default_factory=list)
    done: str = ""
    menu: str = ""
    wrong_digits: int = 0
    either: list[str] = field(default_factory=list)
    asked_which: bool = False
    offered: bool = False
    offers: int = 0
    looking: Looking | None = None
    said: dict[str, int] = field(default_factory=dict)
    idle: int = 0
    courtesy: str = ""
    last: list[str] = field(default_factory=list)
    over: bool = False

    @property
    def asks(self) -> bool:
        """Whether something was asked that a next text may answer."""
        return bool(self.menu or self.either or self.offered or self.looking or (self.stack and self.stack[-1].asked))


def read(kept: Mapping[str, Any], now: datetime) -> Memory:
    """Never raises: what cannot be read is nothing."""
    if not kept or kept.get("v") != SHAPE:
        return Memory()
    try:
        if now - datetime.fromisoformat(kept["at"]) > _STALE:
            return Memory()
        given = {name: value for name, value in kept.items() if name not in ("v", "at", "stack", "looking")}
        memory = Memory(**given)
        memory.stack = [Frame(**{**frame, "slots": dict(frame["slots"])}) for frame in kept.get("stack", ())]
        if kept.get("looking"):
            memory.looking = Looking(kept["looking"]["lookup"], dict(kept["looking"]["values"]))
        if not _is_sound(memory):
            return Memory()
        for name, value in given.items():  # not the caller's own: a turn that is thrown away leaves it as it was
            if isinstance(value, list | dict):
                setattr(memory, name, value.copy())
        return memory
    except (KeyError, TypeError, ValueError, AttributeError):
        return Memory()


def write(memory: Memory, now: datetime) -> dict[str, Any]:
    """What is empty is left out; beyond MOST_BYTES, what is least missed goes first."""
    memory.topics = memory.topics[-_MOST_TOPICS:]
    memory.stack = memory.stack[-MOST_FRAMES:]
    memory.said = dict(list(memory.said.items())[-_MOST_COUNTED:])
    memory.slots = dict(list(memory.slots.items())[-_MOST_VALUES:])
    memory.values = dict(list(memory.values.items())[-_MOST_VALUES:])
    kept = _kept(memory, now)
    for name in ("said", "values", "slots", "stack"):
        if len(json.dumps(kept, ensure_ascii=False).encode()) <= MOST_BYTES:
            break
        kept.pop(name, None)
    return kept


def _kept(memory: Memory, now: datetime) -> dict[str, Any]:
    found: dict[str, Any] = {"v": SHAPE, "at": now.isoformat()}
    for name in Memory.__slots__:
        value = getattr(memory, name)
        if value:
            found[name] = value
    if memory.stack:
        found["stack"] = [{part: getattr(frame, part) for part in Frame.__slots__} for frame in memory.stack]
    if memory.looking:
        found["looking"] = {"lookup": memory.looking.lookup, "values": memory.looking.values}
    return found


def _is_sound(memory: Memory) -> bool:
    empty = Memory()
    if any(
        type(getattr(memory, name)) is not type(getattr(empty, name)) for name in Memory.__slots__ if name != "looking"
    ):
        return False
    texts = [*memory.topics, *memory.either, *memory.last, *memory.values.values(), *memory.slots.values()]
    for frame in memory.stack:
        if (type(frame.asked), type(frame.wrong), type(frame.checks)) != (str, int, bool):
            return False
        texts += [frame.form, *frame.slots, *frame.slots.values()]
    if memory.looking:
        texts += [memory.looking.lookup, *memory.looking.values, *memory.looking.values.values()]
    return all(isinstance(text, str) for text in texts) and all(
        isinstance(count, int) for count in memory.said.values()
    )
