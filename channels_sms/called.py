"""Reading what a provider posts: one meaning or none. A key that comes twice could be proved as one and read as the
other; bytes that are no text would be read by each reader in his own way."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from common.nesting import DEEPEST, too_deep
from conversations.adapters import WebhookRefused, WebhookRequest

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
MOST_FIELDS = 300


def only_post(request: WebhookRequest) -> None:
    if request.method != "POST":
        raise WebhookRefused(405, "method", "webhooks are posted")


def read_form(request: WebhookRequest) -> dict[str, str]:
    """Raises WebhookRefused."""
    _expect(request, FORM)
    try:
        # Percent-encoded bytes are ASCII; what is not was never encoded, and means nothing certain.
        pairs = parse_qsl(
            request.body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS,
            strict_parsing=bool(request.body),
        )  # fmt: skip
    except ValueError:
        raise WebhookRefused(400, "unreadable", "this is not a form in UTF-8") from None
    return _once(pairs)


def read_json(request: WebhookRequest) -> dict[str, Any]:
    """Raises WebhookRefused."""
    _expect(request, JSON)
    try:
        value = json.loads(request.body.decode(), object_pairs_hook=_once, parse_constant=_no_number, parse_float=_real)
    except WebhookRefused:
        raise
    except (ValueError, RecursionError):
        raise WebhookRefused(400, "unreadable", "this is not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise WebhookRefused(400, "unreadable", "this must be an object")
    if too_deep(value):
        raise WebhookRefused(400, "too_deep", f"lists and objects inside each other, more than {DEEPEST}")
    return value


def plain(value: str, name: str, *, longest: int = 200) -> str:
    """A field that is looked up or logged: one line of plain signs."""
    if len(value) > longest or not all(sign.isprintable() for sign in value):
        raise WebhookRefused(400, "field", f"{name} is not what it should be")
    return value.strip()


def _expect(request: WebhookRequest, wanted: str) -> None:
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() != wanted:
        raise WebhookRefused(415, "content_type", f"the content type must be {wanted}")
    charset = parameters.strip().lower().removeprefix("charset=").strip('" ')
    if charset not in ("", "utf-8", "utf8"):
        raise WebhookRefused(415, "content_type", "the text must be in UTF-8")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WebhookRefused(400, "duplicate_key", "a key comes twice")
    return found


def _no_number(_name: str) -> NoReturn:
    raise ValueError("no number of JSON")


def _real(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("beyond all numbers")
    return value
