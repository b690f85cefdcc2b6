"""Every address that this installation answers at, with the rule of who may use it.

An operation of the API names a line of accounts.permissions (`auth=May("...")`). Whatever names none is refused to
everybody at run time, and stops `palabre manage check`, unless it stands in OPEN with the reason why everybody may.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.checks import CheckMessage, Error
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.permissions import May
from common.errors import NotAllowed

ANY = "*"

# Method and address: why whoever is not signed in may use it. As config.urls and the API's routers write the address.
OPEN: dict[str, str] = {
    "* /health": "monitors: says ok or red; every check only for who brings the token",
    "* /health/live": "load balancers: whether this process can serve",
    "* /metrics": "not there without the token of monitors",
    "* /csp-reports": "browsers send no session with what a policy has stopped; it is counted, never shown",
    "* /webhooks/<uuid:link_id>/<slug:kind>": "providers prove each call by its signature or the link's secret",
    "* /webhooks/<uuid:link_id>/media/<str:token>": "providers fetch what leaves with a text by its signed address",
    "GET /api/v1/lines": "applications prove each call by their token",
    "POST /api/v1/texts": "applications prove each call by their token",
    "GET /api/v1/texts/{text_id}": "applications prove each call by their token",
    "* /api/": "answers that there is nothing",
    "* /^api/.*$": "answers that there is nothing",
    "GET /api/openapi.json": "not there but for administrators, and in a demonstration",
    "GET /api/demo/people": "not there but in a demonstration",
    "POST /api/demo/sign-in": "not there but in a demonstration",
    "POST /api/welcome/look": "by a link that an administrator has given: 256 random bits, once",
    "POST /api/welcome/password": "by a link that an administrator has given: 256 random bits, once",
    "* /_allauth/browser/v1/config": "signing in: what the sign-in screen offers",
    "* /_allauth/browser/v1/auth/session": "signing in and out: tells the holder of a session who he is",
    "* /_allauth/browser/v1/auth/login": "signing in",
    "* /_allauth/browser/v1/auth/2fa/authenticate": "signing in, after the password: a code",
    "* /_allauth/browser/v1/auth/webauthn/authenticate": "signing in, after the password: a passkey",
    "* /sw.js": "a file of the application: no data",
    "* /": "the application's page: no data",
    "* /sign-in": "the application's page: no data",
    "* /^(?:supervision|admin|account|c)(?:/.*)?$": "the application's page: no data",
}


@dataclass(frozen=True, slots=True)
class Door:
    method: str  # ANY for a plain view, which decides itself
    address: str  # "/api/conversations/{conversation_id}"; a regular expression begins with "/^"
    permission: str | None

    @property
    def name(self) -> str:
        return f"{self.method} {self.address}"


class Undeclared:
    """What an operation falls under whose author forgot to say who may call it."""

    def __call__(self, request: HttpRequest) -> None:
        raise NotAllowed("role", "nobody has said who may call this")


def operations() -> Iterator[Door]:
    """Those of the API."""
    from config.api import api

    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            where = re.sub(r"\{(?:\w+:)?(\w+)\}", r"{\1}", f"/api{prefix}{path}".replace("//", "/"))
            for operation in view.operations:
                may = next((one for one in operation.auth_callbacks if isinstance(one, May)), None)
                yield from (Door(method, where, may.permission if may else None) for method in operation.methods)


def doors() -> list[Door]:
    """All of them, once each, in the order of their addresses."""
    found = set(operations())
    found |= {Door(ANY, f"/{address}", None) for address in _plain(get_resolver().url_patterns, "")}
    return sorted(found, key=lambda door: (door.address, door.method))


def _plain(patterns: Iterable[URLPattern | URLResolver], before: str) -> Iterator[str]:
    """The addresses of views that are no operations of the API."""
    for one in patterns:
        here = f"{before}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from _plain(one.url_patterns, here)
        elif not _is_operation(one):
            yield here


def _is_operation(pattern: URLPattern) -> bool:
    return getattr(pattern.callback, "__module__", "") == "ninja.operation"


METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


def known_methods(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """405 for methods that nothing here understands, before anything looks at the request."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request) if request.method in METHODS else HttpResponseNotAllowed(METHODS)

    return middleware


def every_door_has_a_rule(**_kwargs: Any) -> list[CheckMessage]:
    found = doors()
    faults: list[CheckMessage] = [
        Error(
            f"{door.name} does not say who may use it",
            hint='Give the operation auth=May("...") with a line in accounts/permissions.py; what everybody may use '
            f'stands in OPEN of config/doors.py with the reason: "{door.name}": "..."',
            id="palabre.E001",
        )
        for door in found
        if door.permission is None and door.name not in OPEN
    ]
    gone = set(OPEN) - {door.name for door in found if door.permission is None}
    faults += [
        Error(f"{name} is called open and is not", hint="Take it out of OPEN in config/doors.py.", id="palabre.E002")
        for name in sorted(gone)
    ]
    return faults
