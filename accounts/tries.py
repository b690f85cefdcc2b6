"""Wrong tries at what only one person knows, counted by allauth in PostgreSQL (settings.ACCOUNT_RATE_LIMITS)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest

from accounts import known_browsers
from accounts.models import User
from common.errors import TooMany

WAIT_S = 300
_WHERE = {"app": "allauth.account", "action": "login_failed"}


@contextmanager
def counted(request: HttpRequest, user: User) -> Iterator[None]:
    """A try at this person's secret: counted, unless the block ends well. Raises TooMany("too_many_tries")."""
    usage = ratelimit.consume(request, key=known_browsers.counted_as(request, user.email.lower()), **_WHERE)
    if not usage:
        raise TooMany("too_many_tries", "too many tries: wait a moment", retry_after_s=WAIT_S)
    yield
    usage.rollback()


def is_waiting(request: HttpRequest, user: User) -> bool:
    """Whether a browser that does not know him is told to wait."""
    return any(len(_recent(key, rate)) >= rate.amount for key, rate in _counters(request, user))


def forgive(request: HttpRequest, user: User) -> None:
    """His own counters are empty again; those of addresses stay."""
    for key, _rate in _counters(request, user):
        cache.delete(key)


def _counters(request: HttpRequest, user: User) -> list[tuple[str, ratelimit.Rate]]:
    from allauth.account import app_settings

    rates = ratelimit.parse_rates(app_settings.RATE_LIMITS["login_failed"])
    names = [user.email.lower(), f"mfa-auth-user-{user.pk}"]
    return [
        (ratelimit.get_cache_key(request, rate=rate, key=name, **_WHERE), rate)
        for rate in rates if rate.per == "key" for name in names
    ]  # fmt: skip


def _recent(key: str, rate: ratelimit.Rate) -> list[float]:
    import time

    return [at for at in cache.get(key, []) if at > time.time() - rate.duration]
