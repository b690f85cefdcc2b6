"""The kinds of change that a screen can hear of: closed types, in the past tense, of ids and facts only.

A package declares its own kinds as frozen dataclasses with `@event("thing.happened", hears=Hears.LINE)`. The TypeScript
types of the browser are generated from this registry, and a test fails when they differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import ClassVar, TypeVar

import orjson

from realtime.audience import Hears


@dataclass(frozen=True, slots=True)
class Change:
    """What all events have in common: a type, and for most the line whose watchers may hear of it."""

    type: ClassVar[str] = ""
    hears: ClassVar[Hears]


Kind = TypeVar("Kind", bound="type[Change]")
registry: dict[str, type[Change]] = {}


# What an event must name for its audience, and what one for everybody may not.
_NEEDS: dict[Hears, frozenset[str]] = {
    Hears.LINE: frozenset({"line_id", "conversation_id"}),
    Hears.LINES: frozenset({"items"}),
    Hears.EVERYBODY: frozenset(),
    Hears.NOBODY: frozenset(),
}
# By these names the hub knows whom an event concerns (realtime.facts): whoever may hear of them would hear of it.
_NOT_FOR_EVERYBODY = frozenset({"line_id", "conversation_id", "message_id", "contact_id", "address_id", "items"})


def event(name: str, *, hears: Hears | None = None) -> Callable[[Kind], Kind]:
    """Register a frozen dataclass as the event `name`. What is wrong with its declaration is found at start."""

    def register(kind: Kind) -> Kind:
        if name in registry:
            raise RuntimeError(f"two events are called {name}")
        if not is_dataclass(kind):
            raise RuntimeError(f"the event {name} must be a dataclass")
        kind.type, kind.hears = name, _checked(name, hears, {field.name for field in fields(kind)})
        registry[name] = kind
        return kind

    return register


def _checked(name: str, hears: Hears | None, named: set[str]) -> Hears:
    if hears is None:
        raise RuntimeError(
            f'the event {name} does not say who may hear of it: @event("{name}", hears=Hears.LINE) for one '
            "conversation, Hears.LINES for several, Hears.EVERYBODY for the whole organisation, Hears.NOBODY for the "
            "log alone (realtime/audience.py)"
        )
    if missing := _NEEDS[hears] - named:
        raise RuntimeError(f"the event {name} is for those who see a line: it needs {', '.join(sorted(missing))}")
    if hears == Hears.EVERYBODY and (private := _NOT_FOR_EVERYBODY & named):
        raise RuntimeError(f"the event {name} is for everybody and names what some may not see: {sorted(private)}")
    if hears == Hears.NOBODY and (heard := _NOT_FOR_EVERYBODY & named):
        raise RuntimeError(f"the event {name} is for nobody and names whom it would reach: {sorted(heard)}")
    return hears


def to_json(change: Change) -> str:
    """The form that is stored: uuids as text, tuples as lists. orjson walks dataclasses by itself: to copy them first
    was an eighth of what the gateway did for an answer."""
    return orjson.dumps(change).decode()


def field_names(name: str) -> list[str]:
    return [field.name for field in fields(registry[name])]
