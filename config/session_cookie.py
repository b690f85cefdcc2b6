"""The session's cookie is taken away by who ends the session, and by nobody else.

Django also takes it away in the answer to a request whose session is no more. Such an answer may be late: a tab that
was open asked before, somebody signed in meanwhile, and the answer would take the new session's cookie with it.
"""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from accounts import signins
from accounts.own_security import device_of
from accounts.session_store import SessionStore


class Sessions(SessionMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = request.session
        if session.is_empty() and not session.modified:
            if session.accessed:
                patch_vary_headers(response, ("Cookie",))
            return response
        response = super().process_response(request, response)
        if isinstance(session, SessionStore) and session.has_begun and session.session_key is not None:
            address = get_adapter().get_client_ip(request) or ""
            device = device_of(request.headers.get("User-Agent", ""))
            signins.describe(session.session_key, device=device, address=address)
        return response
