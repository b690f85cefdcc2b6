"""Signing in: django-allauth's views, which read as strictly as the API, answer as it does, and leave lines.

Tries are counted by allauth in PostgreSQL (settings.CACHES, ACCOUNT_RATE_LIMITS; docs/security-accounts.md). Redis is
not asked: it may be away, or emptied, and nobody gets more tries. After the password comes the second factor of
whoever has one: until it is shown, the session knows of a try that waits, and of nobody who is signed in.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.headless.account.views import LoginView
from allauth.headless.mfa.inputs import AuthenticateInput, AuthenticateWebAuthnInput
from allauth.headless.mfa.views import AuthenticateView, AuthenticateWebAuthnView
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse

from accounts import factors, known_browsers, tries
from accounts.models import User
from accounts.own_security import device_of
from accounts.sign_in_lines import note_failure, note_sign_in
from common.errors import PalabreError, TooMany
from common.text import storable
from config.api import refused
from config.parser import Unreadable, read_json
from contacts.numbers import masked

log = logging.getLogger(__name__)

ADDRESS_S = 60  # until tries from an address are allowed again
TRIED_TOO_OFTEN = "too_many_login_attempts"


class _Door:
    """What the steps of signing in share. Mixed into views of allauth, before them."""

    request: HttpRequest
    data: dict[str, Any] | None = None

    def handle(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        was_in = request.user.is_authenticated
        response: HttpResponse
        try:
            response = super().handle(request, *args, **kwargs)  # type: ignore[misc]  # the view it is mixed into
        except PalabreError as error:
            response = refused(request, error)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS and "Retry-After" not in response.headers:
            response = self._too_many(request, ADDRESS_S)
        if isinstance(request.user, User) and not was_in:
            self._let_in(request, request.user, response)
        elif response.status_code not in (200, 401, 409):
            self._tell(request, response.status_code)
        return response

    def handle_invalid_input(self, input: Any) -> HttpResponse:
        codes = {error.code for errors in input.errors.as_data().values() for error in errors}
        if TRIED_TOO_OFTEN in codes:
            return self._too_many(self.request, tries.WAIT_S)
        response: HttpResponse = super().handle_invalid_input(input)  # type: ignore[misc]
        return response

    def _parse_json(self, request: HttpRequest) -> dict[str, Any] | None:
        if request.method == "GET" or not request.body:
            return None
        data = read_json(request.body)
        # No account has such a password or address, and hashing it would fail.
        if not isinstance(data, dict) or any(isinstance(one, str) and storable(one) != one for one in data.values()):
            raise Unreadable("unreadable", "this is not an attempt to sign in")
        return data

    def _let_in(self, request: HttpRequest, user: User, response: HttpResponse) -> None:
        known_browsers.remember(request, response, user.email)
        note_sign_in(user, device_of(request.headers.get("User-Agent", "")))

    def _tell(self, request: HttpRequest, status: int) -> None:
        email = (self.data or {}).get("email")
        who = masked(email[:254]) if isinstance(email, str) else "nobody"
        log.warning("sign-in refused (%d) for %s from %s", status, who, get_adapter().get_client_ip(request))
        if status == HTTPStatus.BAD_REQUEST:
            note_failure(self._whom(email))

    def _whom(self, email: Any) -> str:
        """The address of e-mail that was tried, as it was given."""
        return email[:254] if isinstance(email, str) else ""

    @staticmethod
    def _too_many(request: HttpRequest, seconds: int) -> HttpResponse:
        return refused(request, TooMany("too_many_tries", "too many tries: wait a moment", retry_after_s=seconds))


class Login(_Door, LoginView):
    """An address and a password. 401: they go together, and a second factor is asked for."""


class _CodeInput(AuthenticateInput):
    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        with tries.counted(context.request, self.user):
            found = factors.check_code(self.user, code[:40])
            if found is None:
                raise get_mfa_adapter().validation_error("incorrect_code")
        self.authenticator = found
        return code


class _PasskeyInput(AuthenticateWebAuthnInput):
    def clean_credential(self) -> Authenticator:
        with tries.counted(context.request, self.user):
            return factors.check_passkey(self.user, self.cleaned_data["credential"], offer=None)


class _SecondDoor(_Door):
    stage: Any = None

    def _whom(self, email: Any) -> str:
        user = self.stage.login.user if self.stage else None
        return user.email if user else ""


class Code(_SecondDoor, AuthenticateView):
    """A code of the application, or a recovery code."""

    input_class = _CodeInput


class Passkey(_SecondDoor, AuthenticateWebAuthnView):
    """GET: what the browser needs. POST: what it has signed."""

    input_class = {"POST": _PasskeyInput}
