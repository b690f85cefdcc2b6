"""Browsers that know somebody: a signed cookie that each sign-in leaves, and that opens nothing.

It only says which counter of wrong tries is asked (docs/security-accounts.md). An attacker has none of it and shares
the account's own counter with everybody else who has none; the owner, at the machine he works at, has one to himself.
"""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

KEPT_S = 90 * 86400
MOST_PEOPLE = 8  # who share one machine, in shifts
_SALT = "palabre.known-browser"


def counted_as(request: HttpRequest, login: str) -> str:
    """The name of the counter for a try at `login` from this browser."""
    nonce, people = _read(request)
    return f"{login}:{nonce}" if _mark(login) in people else login


def remember(request: HttpRequest, response: HttpResponse, login: str) -> None:
    """Somebody has signed in as `login` with this answer."""
    nonce, people = _read(request)
    mark = _mark(login.lower())
    kept = [mark, *(one for one in people if one != mark)][:MOST_PEOPLE]
    response.set_cookie(
        _name(), signing.dumps([nonce or secrets.token_urlsafe(9), kept], salt=_SALT),
        max_age=KEPT_S, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax",
    )  # fmt: skip


def _name() -> str:
    return "__Host-known" if settings.SESSION_COOKIE_SECURE else "known"


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    try:
        nonce, people = signing.loads(request.COOKIES.get(_name(), ""), salt=_SALT, max_age=KEPT_S)
    except (signing.BadSignature, ValueError):
        return "", []
    return nonce, people


def _mark(login: str) -> str:
    return hashlib.sha256(login.encode()).hexdigest()[:16]
