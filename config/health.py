"""Whether this process can do its work, for a supervisor or a load balancer. Says nothing of anybody's data."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from common.partitions import PARTITIONED, months_ahead

FEWEST_MONTHS = 2  # below it the sweep that makes partitions has stood still for a month


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 with {"status": "ok"}; 503 with "red" and what fails."""
    months = _months_ahead()
    found = {
        "database": "ok" if months is not None else "unreachable",
        "redis": "ok" if _redis_answers() else "unreachable",
        "partitions_ahead": months,
    }
    ok = months is not None and months >= FEWEST_MONTHS and found["redis"] == "ok"
    response = JsonResponse({"status": "ok" if ok else "red", **found}, status=200 if ok else 503)
    response.headers["Cache-Control"] = "no-store"
    return response


def _months_ahead() -> int | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("set statement_timeout = '3s'")
            try:
                found = months_ahead()
            finally:
                cursor.execute("reset statement_timeout")
    except DatabaseError:
        return None
    return min((found.get(table, 0) for table in PARTITIONED), default=0)


def _redis_answers() -> bool:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
