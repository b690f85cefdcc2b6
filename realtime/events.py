"""The kinds of change that a screen can hear of: closed types, in the past tense, of ids and facts only.

A package declares its own kinds as frozen dataclasses with `@event("thing.happened")`. The TypeScript types of the
browser are generated from this registry, and a test fails when they differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any, ClassVar, TypeVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Change:
    """What all events have in common: a type, and for most the line whose watchers may hear of it."""

    type: ClassVar[str] = ""


Kind = TypeVar("Kind", bound="type[Change]")
registry: dict[str, type[Change]] = {}


def event(name: str) -> Callable[[Kind], Kind]:
    """Register a frozen dataclass as the event `name`. Two of one name are a mistake found at start."""

    def register(kind: Kind) -> Kind:
        if name in registry:
            raise RuntimeError(f"two events are called {name}")
        if not is_dataclass(kind):
            raise RuntimeError(f"the event {name} must be a dataclass")
        kind.type = name
        registry[name] = kind
        return kind

    return register


def to_data(change: Change) -> dict[str, Any]:
    """The JSON form that is stored: uuids as text, tuples as lists."""

    def plain(value: Any) -> Any:
        if isinstance(value, UUID):
            return str(value)
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(item) for item in value]
        return value

    return {key: plain(value) for key, value in asdict(change).items()}


def field_names(name: str) -> list[str]:
    return [field.name for field in fields(registry[name])]
