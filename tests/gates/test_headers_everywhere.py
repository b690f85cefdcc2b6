"""Whatever is asked, however, signed in or not: the answer forbids what a browser should not do with it."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts.models import Role
from accounts.people import PersonFields, change_person
from config.doors import ANY, doors
from tests.browser import Browser
from tests.gates import calls
from tests.gates.company import Company, undone
from tests.gates.production import production  # noqa: F401  (a fixture)

pytestmark = pytest.mark.timeout(240)  # seconds on a quiet machine, a minute on a busy one

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE")
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Beside the doors: what is refused before any of them, and a file of the application.
ELSEWHERE = ("/nothing", "/static/nothing.js", "/static/../config/settings.py", "/.env")


def assert_guarded(response: Any, who: str) -> None:
    for name, value in ALWAYS.items():
        assert response.headers.get(name) == value, f"{who}: {name} is {response.headers.get(name)!r}"
    policy = response.headers.get("Content-Security-Policy", "")
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, f"{who}: {policy!r}"
    assert "no-store" in response.headers.get("Cache-Control", ""), f"{who}: {response.headers.get('Cache-Control')!r}"
    for name in response.headers:
        assert not name.startswith("Access-Control-"), f"{who} lets other sites read: {name}"
        assert name not in ("Server", "X-Powered-By"), f"{who} names what it runs on: {name}"
    for cookie in response.cookies.values():
        assert cookie["samesite"] == "Lax" and not cookie["domain"] and cookie["path"] == "/", f"{who}: {cookie}"
        assert bool(cookie["httponly"]) or cookie.key.endswith("csrftoken"), f"{who}: scripts read {cookie.key}"
        if django_settings.SECURE_SSL_REDIRECT:
            assert cookie["secure"] and cookie.key.startswith("__Host-"), f"{who}: {cookie}"


def walk(client: Client, company: Company, **extra: str) -> None:
    ids = company.objects(company.own, company.mine)
    for door in doors():
        where = calls.address(door, ids)
        for method in METHODS:
            with undone():
                response = client.generic(
                    method, where, b"{}", "application/json", headers={"Origin": "https://evil.example", **extra}
                )
            who = f"{method} {where} -> {response.status_code}"
            assert response.status_code != 500, who
            assert_guarded(response, who)
            if method in ("TRACE", "PURGE"):
                assert response.status_code == 405, who
            if door.method != ANY:
                assert response.status_code == 405 or method in allowed(door.address), who
    for where in ELSEWHERE:
        assert_guarded(client.get(where, headers=extra), where)


def allowed(address: str) -> set[str]:
    return {door.method for door in doors() if door.address == address}


@pytest.mark.parametrize("signed_in", [False, True])
def test_every_answer_is_guarded(company: Company, signed_in: bool) -> None:
    browser = Browser(company.people[Role.ADMINISTRATOR] if signed_in else None)
    walk(browser.client, company)


@pytest.mark.usefixtures("production")
def test_every_answer_of_production_is_guarded(company: Company) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(company.people[Role.ADMINISTRATOR], backend=django_settings.AUTHENTICATION_BACKENDS[0])
    walk(client, company, **{"X-Forwarded-Proto": "https"})
    answer = client.get("/api/session", headers={"X-Forwarded-Proto": "https"})
    assert answer.status_code == 200 and "Strict-Transport-Security" in answer.headers


@pytest.mark.needs("RFP-012", part="cookies")
@pytest.mark.usefixtures("production")
def test_the_cookies_of_a_sign_in_belong_to_this_host_and_travel_encrypted_only(company: Company) -> None:
    user, password = company.people[Role.AGENT], "un baobab au bord du fleuve"
    change_person(
        actor=company.people[Role.ADMINISTRATOR], user_id=user.id, fields=PersonFields(password=password)
    )  # fmt: skip
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    proxy = {"X-Forwarded-Proto": "https"}
    token = client.get("/api/session", headers=proxy).cookies["__Host-csrftoken"].value
    answer = client.post(
        "/_allauth/browser/v1/auth/login", {"email": user.email, "password": password}, "application/json",
        headers={**proxy, "X-CSRFToken": token, "Origin": "https://testserver"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.content
    assert "__Host-session" in answer.cookies
    assert_guarded(answer, "sign-in")
    # A page of another site cannot make the browser change anything, even with all its cookies and the token.
    for origin in ("https://evil.example", "http://testserver", "null"):
        refused = client.post(
            f"/api/conversations/{company.mine.id}/take", {}, "application/json",
            headers={**proxy, "X-CSRFToken": client.cookies["__Host-csrftoken"].value, "Origin": origin},
        )  # fmt: skip
        assert refused.status_code == 403, origin


def test_a_host_that_is_not_ours_is_refused(company: Company) -> None:
    client = Client(raise_request_exception=False)
    for host in ("evil.example", "testserver.evil.example", "testserver:80@evil.example", "127.0.0.1%0d%0aX-A: b"):
        for where in ("/", "/api/session", "/_allauth/browser/v1/config"):
            answer = client.get(where, headers={"Host": host})
            assert answer.status_code == 400, f"{host} {where}"
            assert "evil" not in answer.content.decode()
    answer = client.get("/api/session", headers={"X-Forwarded-Host": "evil.example"})
    assert "evil" not in answer.content.decode() + str(answer.headers)
