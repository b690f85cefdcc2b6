"""What browsers say that the content policy has stopped: one short line each in the log."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

log = logging.getLogger(__name__)

LONGEST = 16 * 1024  # bytes of a report that are read
LONGEST_WORD = 160  # characters of a value that are logged
MOST_A_MINUTE = 20  # lines of one process: anybody may post here, and a log is not to be filled by anybody

_FACTS = {
    "directive": ("effective-directive", "effectiveDirective", "violated-directive"),
    "blocked": ("blocked-uri", "blockedURL"),
    "page": ("document-uri", "documentURL"),
    "file": ("source-file", "sourceFile"),
    "line": ("line-number", "lineNumber"),
}


class _Allowance:
    """At most so many lines a minute; what was left out is counted, and said with the next line."""

    def __init__(self) -> None:
        self.begun = 0.0
        self.used = 0
        self.left_out = 0

    def take(self, now: float) -> bool:
        if now - self.begun >= 60:
            self.begun, self.used = now, 0
        self.used += 1
        if self.used > MOST_A_MINUTE:
            self.left_out += 1
            return False
        return True


_allowance = _Allowance()


@csrf_exempt  # the browser itself posts, without a token; nothing is changed by it
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """204 whatever was sent: a report needs no answer, and a forger learns nothing."""
    if _allowance.take(time.monotonic()) and (report := _read(request.read(LONGEST + 1))):
        left_out, _allowance.left_out = _allowance.left_out, 0
        log.warning("content policy: %s%s", _told(report), f" ({left_out} more not logged)" if left_out else "")
    return HttpResponse(status=204)


def _read(octets: bytes) -> dict[str, Any]:
    """The first report in either of the two forms that browsers use, or nothing."""
    if len(octets) > LONGEST:
        return {}
    try:
        said = json.loads(octets)
    except (ValueError, RecursionError):
        return {}
    if isinstance(said, list):
        said = said[0] if said else None
    inside = (said.get("csp-report") or said.get("body")) if isinstance(said, dict) else None
    return inside if isinstance(inside, dict) else {}


def _told(report: dict[str, Any]) -> str:
    found = {
        name: next((report[key] for key in keys if report.get(key) is not None), "") for name, keys in _FACTS.items()
    }
    return " ".join(f"{name}={_word(value)}" for name, value in found.items())


def _word(value: Any) -> str:
    """Escaped, cut, and without the query of an address: a search may hold a customer's name or number."""
    text = str(value) if isinstance(value, (str, int)) else "?"
    return ascii(text.split("?", 1)[0].split("#", 1)[0][:LONGEST_WORD])
