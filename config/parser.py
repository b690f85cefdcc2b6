"""Reading the JSON of a request: one meaning or none.

Two readers that disagree about one text are how a check is got around. So what JSON leaves open is refused: a key
that comes twice, numbers beyond 64 bits, NaN and Infinity, other encodings than UTF-8, nesting that no form has.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from common.errors import PalabreError
from common.nesting import DEEPEST, too_deep

LONGEST_NUMBER = 40  # characters


class Unreadable(PalabreError):
    """A request that is none: nothing of it was looked at. `status`: 400, 413 (too large) or 415 (no JSON)."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(code, message)
        self.status = status


def read_json(raw: bytes) -> Any:
    """Raises Unreadable."""
    try:
        value = json.loads(
            raw.decode(), object_pairs_hook=_once, parse_int=_whole, parse_float=_finite, parse_constant=_no_number
        )
    except (ValueError, RecursionError):  # ValueError: of the text, of its encoding, of a number
        raise Unreadable("unreadable", "this is not JSON") from None
    if too_deep(value):
        raise Unreadable("too_deep", f"lists and objects inside each other, more than {DEEPEST}")
    return value


class OneMeaning(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            # A form or a text can be posted by any page of the world without asking; this cannot.
            raise Unreadable("content_type", "the content type must be application/json", status=415)
        given = read_json(request.body)
        if not isinstance(given, dict):
            # Read for its attributes, a list would pass for a form in which nothing is filled in.
            raise Unreadable("invalid", "this must be an object", status=422)
        return given


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("duplicate_key", "a key comes twice")
    return found


def _whole(digits: str) -> int:
    number = int(digits) if len(digits) <= LONGEST_NUMBER else 2**64
    if not -(2**63) <= number < 2**63:
        raise Unreadable("number", "a number beyond 64 bits")
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Unreadable("number", "a number that cannot be held")
    return number


def _no_number(_name: str) -> NoReturn:
    raise Unreadable("number", "NaN and Infinity are no numbers of JSON")
