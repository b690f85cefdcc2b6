"""Signing in and out, and the one-click sign-in that exists in a demonstration only."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings

from accounts.models import Role, User
from tests.browser import Browser, someone
from tests.cast import Cast

PASSWORD = "un baobab au bord du fleuve"
LOGIN, SESSION = "/_allauth/browser/v1/auth/login", "/_allauth/browser/v1/auth/session"


@pytest.fixture
def ada(cast: Cast) -> User:
    return someone(cast, Role.AGENT, name="Ada", password=PASSWORD)


def test_signing_in_and_out(ada: User) -> None:
    browser = Browser()
    out = browser.get("/api/session")
    assert (out.status, out.code, out.data["mode"]) == (401, "signed_out", "test")
    assert out.data["csrf"]
    wrong = browser.post(LOGIN, {"email": ada.email, "password": "faux"})
    assert wrong.status == 400
    assert wrong.data["errors"][0]["message"]
    assert browser.post(LOGIN, {"email": ada.email, "password": PASSWORD}).status == 200
    assert browser.post(LOGIN, {"email": ada.email, "password": PASSWORD}).status == 409
    assert browser.get("/api/session").data["user"]["email"] == ada.email
    assert browser.call("DELETE", SESSION).status == 401
    assert browser.get("/api/session").status == 401


def test_signing_in_needs_the_token(ada: User) -> None:
    answer = Browser().call("POST", LOGIN, {"email": ada.email, "password": PASSWORD}, csrf=False)
    assert answer.status == 403


def test_many_wrong_passwords_are_slowed_down(ada: User) -> None:
    browser = Browser()
    answers = [browser.post(LOGIN, {"email": ada.email, "password": f"faux {n}"}).status for n in range(12)]
    assert answers[0] == 400
    assert 429 in answers or browser.post(LOGIN, {"email": ada.email, "password": PASSWORD}).status != 200


def test_signing_in_works_while_redis_is_away(ada: User, settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    browser = Browser()
    assert browser.post(LOGIN, {"email": ada.email, "password": "faux"}).status == 400
    assert browser.post(LOGIN, {"email": ada.email, "password": PASSWORD}).status == 200


@pytest.mark.parametrize(
    "path", ["auth/signup", "auth/password/request", "account/email", "account/password/change", "auth/code/request"]
)
def test_other_doors_of_the_library_are_not_there(path: str, cast: Cast) -> None:
    assert Browser().post(f"/_allauth/browser/v1/{path}", {"email": "x@y.example"}).status == 404


@pytest.mark.parametrize("mode", ["production", "test"])
def test_one_click_sign_in_does_not_exist_outside_a_demonstration(
    mode: str, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(django_settings, "MODE", mode)
    browser = Browser()
    for answer in (browser.get("/api/demo/people"), browser.post("/api/demo/sign-in", {"email": ada.email})):
        assert (answer.status, answer.code) == (404, "no_page")
    assert browser.get("/api/session").status == 401


def test_one_click_sign_in_in_a_demonstration(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_settings, "MODE", "demo")
    browser = Browser()
    people = browser.get("/api/demo/people").data
    assert {"email": ada.email, "name": "Ada", "role": "agent"} in people
    assert browser.call("POST", "/api/demo/sign-in", {"email": ada.email}, csrf=False).status == 403
    assert browser.post("/api/demo/sign-in", {"email": "nobody@savane.example"}).status == 404
    assert browser.post("/api/demo/sign-in", {"email": ada.email}).status == 204
    session = browser.get("/api/session").data
    assert session["user"]["name"] == "Ada"
    assert session["phone_page"].startswith("http://testserver:")
    User.objects.filter(id=ada.id).update(is_active=False)
    assert Browser().post("/api/demo/sign-in", {"email": ada.email}).status == 404
