"""A database that says nothing keeps nobody waiting for ever: 503 within the limit, and the next request is served."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection, connections

from accounts.models import Role
from config import answer_limit
from inbox import desk
from tests.browser import Answer, Browser, someone
from tests.cast import Cast

LOGIN = "/_allauth/browser/v1/auth/login"


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The statement of each list waits for a server that says nothing for 20 s."""
    monkeypatch.setattr(answer_limit, "ANSWER_S", 0.5)

    def head_of(_organisation_id: object) -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute("select pg_sleep(20)")
        return {"head": 0, "epoch": 1}

    monkeypatch.setattr(desk, "head_of", head_of)


def on_a_thread(ask: Any) -> tuple[Answer, float]:
    """With a connection of its own, which may be ended: the test's own must live."""
    told: list[Answer] = []

    def run() -> None:
        try:
            told.append(ask())
        finally:
            connections.close_all()

    began = time.monotonic()
    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    return told[0], time.monotonic() - began


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("silent")
def test_a_database_that_hangs_is_answered_with_503_within_the_limit(cast: Cast) -> None:
    awa = Browser(cast.awa)
    answer, took = on_a_thread(lambda: awa.get("/api/conversations?view=all"))
    print(f"answered after {took:.1f} s")
    assert (answer.status, answer.code) == (503, "unavailable")
    assert took < 5
    answer, took = on_a_thread(lambda: awa.get("/api/counts"))
    assert answer.status == 200, "whoever asks next has a new connection"


@pytest.mark.django_db(transaction=True)
def test_signing_in_is_answered_with_503_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_limit, "ANSWER_S", 0.5)
    ada = someone(cast, Role.AGENT, name="Ada", password="un baobab au bord du fleuve")

    def hang(*_given: object, **_more: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_sleep(20)")

    monkeypatch.setattr("config.sign_in.Login._parse_json", hang)
    browser = Browser()
    answer, took = on_a_thread(lambda: browser.post(LOGIN, {"email": ada.email, "password": "faux"}))
    assert (answer.status, answer.code) == (503, "unavailable")
    assert took < 5


@pytest.mark.django_db(transaction=True)
def test_a_request_that_is_over_takes_no_connection_from_the_next(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_limit, "ANSWER_S", 0.6)
    awa = Browser(cast.awa)
    until = time.monotonic() + 2
    while time.monotonic() < until:
        assert awa.get("/api/counts").status == 200
