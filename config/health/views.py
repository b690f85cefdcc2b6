"""`/health` and `/metrics`, for monitors and load balancers.

    /health/live   200 while this process can serve: whether to send it requests
    /health        200, or 503 when the installation is red: whether to wake somebody
    /metrics       the same and more, for Prometheus (config/health/metrics.py)

To strangers /health says "ok", "warning" or "red" and three words why; every check, and /metrics, are for whoever
brings METRICS_TOKEN (`Authorization: Bearer ...`), and in a demonstration for everybody. Nothing of anybody's data.
"""

from __future__ import annotations

import hmac
import threading
import time
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from config.health import probes
from config.health.limits import Finding, Level, unanswered, verdict
from config.health.metrics import exposition

PATIENCE_S = 5.0  # for the look of somebody else
REMEMBER_S = 2.0  # a look costs some ten statements: strangers cannot ask for more than one in this time


class _Look:
    """The last look at the whole installation, shared by all who ask this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = 0.0
        self._found: list[Finding] = []

    def now(self) -> list[Finding]:
        if not self._lock.acquire(timeout=PATIENCE_S):
            # Whoever looks waits for a database that says nothing. Were all to wait with him, each would keep a thread.
            return [unanswered("database", "no answer"), *probes.beside()]
        try:
            if not self._found or time.monotonic() - self._at > REMEMBER_S:
                self._found = probes.look()
                self._at = time.monotonic()
            return self._found
        finally:
            self._lock.release()

    def forget(self) -> None:
        with self._lock:
            self._found = []


latest = _Look()


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """{"status", "database", "redis", "partitions_ahead"}, and {"checks": [...]} for those who may know more."""
    found = latest.now()
    by = {one.check: one for one in found}
    status = verdict(found)
    body: dict[str, Any] = {
        "status": str(status),
        "database": "unreachable" if by["database"].value is None else "ok",
        "redis": (by["redis"].words if by["redis"].words == "full" else "unreachable")
        if by["redis"].value is None
        else "ok",
        "partitions_ahead": None if (months := by.get("partitions_ahead")) is None else months.value,
    }
    if trusted(request):
        body["checks"] = [shown(one) for one in found]
    return _fresh(JsonResponse(body, status=503 if status == Level.RED else 200))


@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """Whether this process reaches its database, which it can do nothing without."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return _fresh(JsonResponse({"status": "red"}, status=503))
    return _fresh(JsonResponse({"status": "ok"}))


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not trusted(request):
        raise Http404
    body, content_type = exposition(latest.now())
    return _fresh(HttpResponse(body, content_type=content_type))


def trusted(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "")
    token = settings.METRICS_TOKEN
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    return bool(settings.MODE == "demo")


def shown(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "level": str(finding.level),
        "value": finding.value,
        "unit": finding.unit,
        "of": finding.of or None,
        "name": finding.name or None,
        "words": finding.words or None,
        "facts": finding.facts,
    }


def _fresh(response: Any) -> Any:
    response.headers["Cache-Control"] = "no-store"
    return response
