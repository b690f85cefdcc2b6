"""How a request to a REST service is written, and where the rows stand in what comes back.

Values stand where they can be taken for nothing else: percent-encoded within a path or a query, or as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import orjson

from bots.lookups.failures import Kind, LookUpFailed, Nothing
from bots.lookups.sql_run import clean
from bots.lookups.values import Value
from common.errors import Invalid
from common.nesting import too_deep

METHODS = ("GET", "POST")
LONGEST_BODY = 4000
MOST_COLUMNS = 20
_NAMED = re.compile(r"\{([^{}]*)\}")
_STEPS = re.compile(r"(?:[A-Za-z_][\w-]{0,60}|\d{1,4})(?:\.(?:[A-Za-z_][\w-]{0,60}|\d{1,4})){0,9}", re.ASCII)
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_PLAIN = re.compile(r"[\w\-.~!$&'()*+,;=:@%/?{}]+", re.ASCII)


def check(
    *, method: str, path: str, body: str, rows_at: str, columns: Sequence[Mapping[str, Any]], known: Collection[str]
) -> None:
    """Raises Invalid with the field."""
    if method not in METHODS:
        raise Invalid("unknown_choice", f"one of {', '.join(METHODS)}", field="method")
    if not path.startswith("/") or not _PLAIN.fullmatch(path) or any(one in (".", "..") for one in _steps_of(path)):
        raise Invalid("lookup_path", "a path such as /accounts/{number}", field="path")
    used = _known_names(path, known, "path")
    if method == "GET" and body.strip():
        raise Invalid("lookup_body", "GET has no body", field="body")
    if body.strip():
        used |= _check_body(body, known)
    if unused := [name for name in known if name not in used]:
        raise Invalid("lookup_unused_value", f"{{{unused[0]}}} is used nowhere", field="path")
    if rows_at and not _STEPS.fullmatch(rows_at):
        raise Invalid("lookup_steps", "names with dots between them", field="rows_at")
    if not 1 <= len(columns) <= MOST_COLUMNS:
        raise Invalid("lookup_columns", f"from 1 to {MOST_COLUMNS} columns", field="columns")
    names = [str(one.get("name", "")) for one in columns]
    for place, one in enumerate(columns):
        if not _COLUMN.fullmatch(names[place]) or names.count(names[place]) > 1:
            raise Invalid("lookup_name", "small letters, digits and _", field=f"columns.{place}.name")
        if not _STEPS.fullmatch(str(one.get("path", ""))):
            raise Invalid("lookup_steps", "names with dots between them", field=f"columns.{place}.path")


def _check_body(body: str, known: Collection[str]) -> set[str]:
    try:
        if len(body) > LONGEST_BODY:
            raise ValueError
        value = json.loads(body)
        if not isinstance(value, dict) or too_deep(value):
            raise ValueError
    except (ValueError, RecursionError):
        raise Invalid("lookup_body", "a JSON object", field="body") from None
    used: set[str] = set()
    for text in _texts(value):
        used |= _known_names(text, known, "body")
    return used


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def _known_names(text: str, known: Collection[str], field: str) -> set[str]:
    used = set(_NAMED.findall(text))
    if unknown := used - set(known):
        raise Invalid("lookup_unknown_value", f"{{{min(unknown)}}} is none of the values of this look-up", field=field)
    if any(one in _NAMED.sub("", text) for one in "{}"):
        raise Invalid("lookup_path", "a brace that names no value", field=field)
    return used


def _steps_of(path: str) -> list[str]:
    return path.partition("?")[0].lower().replace("%2e", ".").split("/")


def fill_path(path: str, bound: Mapping[str, Value]) -> str:
    """Raises Nothing for a value that would lead to another path: "..", which no encoding hides."""
    filled = _NAMED.sub(lambda found: quote(_word(bound[found[1]]), safe=""), path)
    if any(one in (".", "..") for one in _steps_of(filled)):
        raise Nothing
    return filled


def fill_body(body: str, bound: Mapping[str, Value]) -> bytes:
    """JSON with values in its texts; a text that is one {name} only becomes a number where the value is one."""
    return orjson.dumps(_filled(json.loads(body), bound)) if body.strip() else b"{}"


def _filled(value: Any, bound: Mapping[str, Value]) -> Any:
    if isinstance(value, str):
        whole = _NAMED.fullmatch(value)
        if whole is not None:
            found = bound[whole[1]]
            return float(found) if isinstance(found, Decimal) else found if isinstance(found, int) else _word(found)
        return _NAMED.sub(lambda found: _word(bound[found[1]]), value)
    if isinstance(value, list):
        return [_filled(one, bound) for one in value]
    return {name: _filled(one, bound) for name, one in value.items()} if isinstance(value, dict) else value


def _word(value: Value) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def rows_in(
    octets: bytes, *, rows_at: str, columns: Sequence[Mapping[str, str]], most_rows: int
) -> list[dict[str, str]]:
    """Raises LookUpFailed: NO_JSON; SHAPE where neither an object nor a list stands where the rows should."""
    try:
        whole = orjson.loads(octets)
    except orjson.JSONDecodeError:
        raise LookUpFailed(Kind.NO_JSON) from None
    found = _at(whole, rows_at) if rows_at else whole
    if found is None:
        return []
    rows = found if isinstance(found, list) else [found]
    if not all(isinstance(one, dict | list) for one in rows[:most_rows]):
        raise LookUpFailed(Kind.SHAPE)
    return [{one["name"]: _cell(_at(row, one["path"])) for one in columns} for row in rows[:most_rows]]


def _at(value: Any, path: str) -> Any:
    """What stands there; None where nothing does."""
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return clean(str(value)) if isinstance(value, str | int | float) else ""
