"""What an aggregator is told, from a template that an administrator wrote: values are put in where they cannot be taken
for anything else, encoded as the place wants it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

_NAME = re.compile(r"\{(\w+)\}")
NAMES = frozenset({"to", "to_digits", "from", "from_digits", "text", "id", "parts", "encoding", "receipts_url"})


def check(template: str, setting: str) -> None:
    """Raises ValueError that begins with `setting`."""
    if unknown := set(_NAME.findall(template)) - NAMES:
        known = ", ".join(f"{{{name}}}" for name in sorted(NAMES))
        raise ValueError(f"{setting} has {{{min(unknown)}}}, which is none of {known}")


def fill_url(template: str, values: Mapping[str, str]) -> str:
    return _NAME.sub(lambda found: quote(values[found[1]], safe=""), template)


def fill_form(template: str, values: Mapping[str, str]) -> bytes:
    """`template`: "to={to}&text={text}", what stands in it besides encoded already."""
    return _NAME.sub(lambda found: quote_plus(values[found[1]]), template).encode()


def fill_json(template: str, values: Mapping[str, str]) -> bytes:
    """`template`: JSON with names in its texts. A text that is one name only and `{parts}` becomes a number."""
    return json.dumps(_filled(json.loads(template), values), ensure_ascii=False).encode("utf-8", "replace")


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        if value == "{parts}":
            return int(values["parts"])
        return _NAME.sub(lambda found: values[found[1]], value)
    if isinstance(value, list):
        return [_filled(one, values) for one in value]
    if isinstance(value, dict):
        return {name: _filled(one, values) for name, one in value.items()}
    return value


def look_up(value: Any, path: str) -> str:
    """What stands at "messages.0.id" of a JSON value; "" where there is nothing, or more than a word."""
    for step in path.split("."):
        if isinstance(value, list) and step.isascii() and step.isdecimal() and len(step) < 6:
            value = value[int(step)] if int(step) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return ""
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    return str(value) if isinstance(value, str | int | float) else ""
