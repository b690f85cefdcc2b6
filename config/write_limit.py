"""How often one person may change something through the API: what is beyond no hand can do.

Counted by each web process in its own memory, so that it costs nothing, needs no Redis and no flush resets it; with
n web processes a person gets at most n times as much. What costs money is counted exactly (routing/pace.py).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation

from accounts.models import User
from common.errors import TooMany

READS = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_KNOWN = 10_000


class Buckets:
    """Token buckets, one for each key: `most` at once, and as many in each minute."""

    def __init__(self, most: float) -> None:
        self._most = most
        self._held: dict[Hashable, tuple[float, float]] = {}  # key: tokens, when
        self._lock = threading.Lock()

    def take(self, key: Hashable) -> float:
        """0.0, or the seconds until there is one again."""
        now = time.monotonic()
        with self._lock:
            if len(self._held) > MOST_KNOWN:
                full = now - 60
                self._held = {one: held for one, held in self._held.items() if held[1] > full}
            tokens, at = self._held.get(key, (self._most, now))
            tokens = min(self._most, tokens + (now - at) * self._most / 60)
            if tokens < 1:
                self._held[key] = tokens, now
                return (1 - tokens) * 60 / self._most
            self._held[key] = tokens - 1, now
            return 0.0


def write_limit(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    buckets = Buckets(settings.WRITES_PER_MINUTE)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        user = _user(request) if request.method not in READS and request.path.startswith("/api/") else None
        seconds = buckets.take(user.pk) if user is not None else 0.0
        return _refused(request, user, seconds) if user is not None and seconds else get_response(request)

    return middleware


def _user(request: HttpRequest) -> User | None:
    try:
        return request.user if isinstance(request.user, User) else None
    except DatabaseError:  # the API has an answer for that
        return None


def _refused(request: HttpRequest, user: User, seconds: float) -> HttpResponse:
    from config.api import refused  # it needs the settings, which name us

    with translation.override(user.language):
        return refused(request, TooMany("too_many", "too many requests", retry_after_s=seconds))
