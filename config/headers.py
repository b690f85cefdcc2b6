"""Headers that every answer carries, and what a browser may do with a page of ours (docs/decisions/0011)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import NONCE, NONE, SELF, STRICT_DYNAMIC
from csp.middleware import CSPMiddleware, PolicyParts
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

REPORTS = "/csp-reports"
POLICY = "Content-Security-Policy"

# A page: only scripts that this very answer names run, whatever else may one day lie on our own address (a customer's
# attachment). Nothing is inline, no text becomes a script or markup, and nothing is fetched from elsewhere.
PAGE: dict[str, list[Any]] = {
    "default-src": [NONE],
    "script-src": [NONCE, STRICT_DYNAMIC],
    "style-src": [SELF],
    "img-src": [SELF],
    "connect-src": [SELF],
    "object-src": [NONE],
    "media-src": [SELF],
    "manifest-src": [SELF],
    "worker-src": [SELF],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
    "require-trusted-types-for": ["'script'"],
    # One address becomes a script by hand: the worker's (frontend/src/app/shell.ts). The name is taken at once.
    "trusted-types": ["palabre-shell"],
    "report-uri": [REPORTS],
}
# Everything else (JSON, a picture, a script opened by itself) is no page: as one, it may do nothing at all.
NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_ALWAYS = {
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    # What is about people is kept by nobody on the way; the application's own files bring a word of their own.
    "Cache-Control": "no-store",
}


class SecurityHeaders(CSPMiddleware):
    """Stands first, so that a refusal by any other middleware carries them, too."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        for name, value in _ALWAYS.items():
            response.headers.setdefault(name, value)
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault(POLICY, NO_PAGE)
            return response
        return super().process_response(request, response)

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        if report_only:
            return PolicyParts(config={})
        nonce = getattr(request, "_csp_nonce", None)
        return PolicyParts(config=PAGE, update={"connect-src": _own_socket(request)}, nonce=nonce)


def _own_socket(request: HttpRequest) -> list[str]:
    """`'self'` covers the socket of the same host in new browsers only."""
    try:
        return [f"{'wss' if request.is_secure() else 'ws'}://{request.get_host()}"]
    except DisallowedHost:
        return []


def clears_the_browser(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For the sign-out. Not "cache" (the browser takes seconds, and nothing of ours is in it) and not "cookies" (it
    would reach those of every other site of the same domain; the session's own is deleted by name)."""

    @wraps(view)
    def leaving(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.method == "DELETE":
            response.headers["Clear-Site-Data"] = '"storage"'
        return response

    return leaving
