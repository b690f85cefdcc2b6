"""Signing in: django-allauth's view, which reads as strictly as the API, answers as it does, and leaves a line.

Tries are counted by allauth in PostgreSQL (settings.CACHES, ACCOUNT_RATE_LIMITS): 5 wrong ones in 5 minutes for one
account, 60 in a minute from one address. Redis is not asked: it may be away, or emptied, and nobody gets more tries.
"""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.headless.account.views import LoginView
from django.http import HttpRequest, HttpResponse

from common.errors import TooMany
from common.text import storable
from config.api import refused
from config.parser import Unreadable, read_json
from contacts.numbers import masked

log = logging.getLogger(__name__)

ACCOUNT_S, ADDRESS_S = 300, 60  # until tries are allowed again
TRIED_TOO_OFTEN = "too_many_login_attempts"


class Login(LoginView):
    data: dict[str, Any] | None = None

    def handle(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = super().handle(request, *args, **kwargs)
        except Unreadable as error:
            response = refused(request, error)
        if response.status_code == 429 and "Retry-After" not in response.headers:
            response = self._too_many(request, ADDRESS_S)
        if response.status_code not in (200, 409):
            self._tell(request, response.status_code)
        return response

    def handle_invalid_input(self, input: Any) -> HttpResponse:
        codes = {error.code for errors in input.errors.as_data().values() for error in errors}
        if TRIED_TOO_OFTEN in codes:
            return self._too_many(self.request, ACCOUNT_S)
        response: HttpResponse = super().handle_invalid_input(input)
        return response

    def _parse_json(self, request: HttpRequest) -> dict[str, Any] | None:
        if request.method == "GET" or not request.body:
            return None
        data = read_json(request.body)
        # No account has such a password or address, and hashing it would fail.
        if not isinstance(data, dict) or any(isinstance(one, str) and storable(one) != one for one in data.values()):
            raise Unreadable("unreadable", "this is not an attempt to sign in")
        return data

    def _tell(self, request: HttpRequest, status: int) -> None:
        email = (self.data or {}).get("email")
        who = masked(email[:254]) if isinstance(email, str) else "nobody"
        log.warning("sign-in refused (%d) for %s from %s", status, who, get_adapter().get_client_ip(request))

    @staticmethod
    def _too_many(request: HttpRequest, seconds: int) -> HttpResponse:
        return refused(request, TooMany("too_many_tries", "too many tries: wait a moment", retry_after_s=seconds))
