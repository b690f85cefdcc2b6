"""Showing once more who one is: to open a session that has locked, and before what is dangerous."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts import factors, signins, tries
from accounts.models import User
from accounts.passwords import LONGEST
from common.errors import Invalid, NotAllowed


def state_of(request: HttpRequest) -> signins.State | None:
    """What may be done with this request's session now; None: nobody has signed in by it."""
    return getattr(request.session, "state", None)


def ways_of(user: User) -> list[str]:
    """By which of "password", "code", "passkey" he may prove himself."""
    found = factors.factors_of(user.id)
    ways = ["code"] if found["totp"] else []
    ways += ["passkey"] if found["passkeys"] else []
    return ["password", *ways] if user.has_usable_password() else ways


def prove(
    request: HttpRequest, user: User, *, password: str | None, code: str | None, credential: dict[str, Any] | None,
    offer: str = "",
) -> None:  # fmt: skip
    """Open this session again, by one of the three. Whoever has a second factor is free to do what is dangerous only
    when he has shown that: a password that was read over his shoulder opens his desk, and nothing more.

    Raises Invalid("wrong_password", "wrong_code", "wrong_passkey", "required"), TooMany.
    """
    with tries.counted(request, user):
        if credential is not None:
            factors.check_passkey(user, credential, offer=offer).record_usage()
        elif code is not None:
            found = factors.check_code(user, code[:40])
            if found is None:
                raise Invalid("wrong_code", "this is not the code that is shown now", field="code")
            found.record_usage()
        elif password is None:
            raise Invalid("required", "this field is required", field="password")
        elif not user.check_password(password[:LONGEST]):
            raise Invalid("wrong_password", "this is not your password", field="password")
    key = request.session.session_key
    if key is not None:
        by_password_only = credential is None and code is None and factors.has_factor(user.id)
        signins.unlock(key) if by_password_only else signins.note_proof(key)


def require_fresh(request: HttpRequest) -> None:
    """Raises NotAllowed("prove_again") for whoever has not shown for FRESH_S who he is; the screen asks him, and comes
    again. In a demonstration people sign in without a password, and have none to show."""
    state = state_of(request)
    if (state is not None and state.is_fresh) or settings.MODE == "demo":
        return
    raise NotAllowed("prove_again", "show once more who you are")
