"""Several texts, or receipts, in one call of an aggregator: `results.*.id` in a link's mapping reads each of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels_sms.http.templates import look_up
from conversations.adapters import WebhookRefused

EACH = "*"


def each(given: Any, fields: Mapping[str, str]) -> list[dict[str, str]]:
    """What `fields` says of each element; once where no path has a star. An empty list says nothing.

    Raises WebhookRefused where a list holds what no path reads: answered with 200, that would be lost.
    """
    counts = set()
    for path in fields.values():
        before, star, _ = f".{path}.".partition(f".{EACH}.")
        found = _at(given, before[1:]) if star else None
        if isinstance(found, list):
            counts.add(len(found))
    if len(counts) > 1:
        raise WebhookRefused(422, "lists", "the lists of this call have not the same length")
    rows = [
        {name: _place(path, number) for name, path in fields.items()} for number in range(counts.pop() if counts else 1)
    ]
    _nothing_else(given, {path for row in rows for path in row.values()})
    return [{name: look_up(given, path) for name, path in row.items()} for row in rows]


def _place(path: str, number: int) -> str:
    return ".".join(str(number) if step == EACH else step for step in path.split("."))


def _nothing_else(given: Any, paths: set[str]) -> None:
    read: dict[str, set[int]] = {}
    for path in paths:
        steps = path.split(".")
        for place, step in enumerate(steps):
            if step.isascii() and step.isdecimal() and len(step) < 6:
                read.setdefault(".".join(steps[:place]), set()).add(int(step))
    for before, numbers in read.items():
        found = _at(given, before)
        if not isinstance(found, list):
            continue
        # Words beside those that are read are other words of the same text; objects are other texts.
        if any(isinstance(one, dict | list) and one for place, one in enumerate(found) if place not in numbers):
            raise WebhookRefused(422, "several", f"the list {before} holds more than the mapping reads")


def _at(value: Any, path: str) -> Any:
    for step in path.split(".") if path else ():
        if isinstance(value, list) and step.isascii() and step.isdecimal() and len(step) < 6:
            value = value[int(step)] if int(step) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value
