"""People are made, changed, suspended and reset by an administrator; each deed leaves a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session

from accounts.models import Audit, Role, User
from accounts.people import PersonFields, change_person
from realtime.models import Event
from routing import ownership
from tests.browser import Answer, Browser, someone
from tests.cast import Cast

PASSWORD = "un baobab au bord du fleuve"
LOGIN = "/_allauth/browser/v1/auth/login"


@pytest.fixture
def fatou(cast: Cast) -> User:
    return someone(cast, Role.ADMINISTRATOR, name="Fatou Zongo", password=PASSWORD)


@pytest.fixture
def desk(fatou: User) -> Browser:
    return Browser(fatou)


def sign_in(email: str, password: str) -> tuple[Browser, Answer]:
    browser = Browser()
    return browser, browser.post(LOGIN, {"email": email, "password": password})


NEW = {"name": "Ada Kossi", "email": "Ada@savane.example", "role": "agent", "language": "fr", "password": PASSWORD}


@pytest.mark.needs("BUS-015")
def test_an_administrator_makes_suspends_and_resets_a_person(desk: Browser) -> None:
    made = desk.post("/api/admin/users", NEW)
    assert (made.status, made.data["email"], made.data["is_active"]) == (201, "ada@savane.example", True)
    ada, answer = sign_in("ada@savane.example", PASSWORD)
    assert answer.status == 200
    assert ada.get("/api/session").data["user"]["name"] == "Ada Kossi"

    # Suspended: refused at the next request, her session is gone, and she cannot come back.
    at = f"/api/admin/users/{made.data['id']}"
    assert desk.patch(at, {"is_active": False}).data["is_active"] is False
    assert ada.get("/api/session").status == 401
    assert ada.get("/api/conversations").status == 401
    assert not any(one.get_decoded().get("_auth_user_id") == made.data["id"] for one in Session.objects.all())
    assert sign_in("ada@savane.example", PASSWORD)[1].status != 200

    # Taken back with another password: the old one is dead.
    assert desk.patch(at, {"is_active": True, "password": "trois pirogues sur la lagune"}).status == 200
    assert sign_in("ada@savane.example", PASSWORD)[1].status == 400
    assert sign_in("ada@savane.example", "trois pirogues sur la lagune")[1].status == 200
    assert desk.get("/api/session").status == 200


def test_another_role_or_password_ends_the_sessions_of_its_owner(desk: Browser, cast: Cast, fatou: User) -> None:
    awa = Browser(cast.awa)
    desk.patch(f"/api/admin/users/{cast.awa.id}", {"role": "supervisor"})
    assert awa.get("/api/session").status == 401
    awa = Browser(User.objects.get(id=cast.awa.id))
    desk.patch(f"/api/admin/users/{cast.awa.id}", {"name": "Awa D."})
    assert awa.get("/api/session").data["user"]["name"] == "Awa D."
    desk.patch(f"/api/admin/users/{cast.awa.id}", {"password": "trois pirogues sur la lagune"})
    assert awa.get("/api/session").status == 401


def test_whoever_changes_his_own_password_stays_signed_in_here_and_nowhere_else(desk: Browser, fatou: User) -> None:
    elsewhere = Browser(fatou)
    changed = desk.patch(f"/api/admin/users/{fatou.id}", {"password": "trois pirogues sur la lagune"})
    assert changed.status == 200
    assert desk.get("/api/session").status == 200
    assert elsewhere.get("/api/session").status == 401


@pytest.mark.parametrize("field", ["name", "email"])
def test_a_person_who_is_changed_while_he_writes_is_in_nobodys_way(
    cast: Cast, fatou: User, at_once: Callable[..., list[Any]], field: str
) -> None:
    """A row that refers to him is checked at COMMIT, after the event head was taken: no deadlock with his change."""
    conversation = cast.owned_by(cast.awa)

    def write() -> None:
        for number in range(40):
            ownership.note(user=cast.awa, conversation_id=conversation.id, client_id=uuid4(), body=f"note {number}")

    def change() -> None:
        for number in range(40):
            fields = PersonFields(**{field: f"awa{number}@savane.example"})
            change_person(actor=fatou, user_id=cast.awa.id, fields=fields)

    assert at_once([write, change]) == [None, None]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "court"}, "password"),
        ({"password": "password1234"}, "password"),
        ({"password": "ada kossi savane"[:8] * 3 + "x" * 300}, "password"),
        ({"password": None}, "password"),
        ({"email": "no address"}, "email"),
        ({"email": "awa@SAVANE.example"}, "email"),
        ({"email": ""}, "email"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"role": "god"}, "role"),
        ({"language": "xx"}, "language"),
    ],
)
def test_what_cannot_be_used_is_named(desk: Browser, change: dict[str, object], field: str) -> None:
    answer = desk.post("/api/admin/users", {**NEW, **change})
    assert answer.status == 422
    assert list(answer.data["error"]["fields"]) == [field]
    assert not User.objects.filter(name="Ada Kossi").exists()


def test_the_last_administrator_stays(desk: Browser, fatou: User, cast: Cast) -> None:
    for change in ({"is_active": False}, {"role": "agent"}):
        answer = desk.patch(f"/api/admin/users/{fatou.id}", change)
        assert (answer.status, answer.code) == (409, "last_administrator")
    someone(cast, Role.ADMINISTRATOR, name="Another")
    assert desk.patch(f"/api/admin/users/{fatou.id}", {"role": "agent"}).status == 200


def test_two_administrators_who_demote_each_other_leave_one(cast: Cast, fatou: User, at_once) -> None:
    other = someone(cast, Role.ADMINISTRATOR, name="Another")
    pairs = [(Browser(fatou), other), (Browser(other), fatou)]
    at_once(
        [
            lambda browser=browser, victim=victim: browser.patch(f"/api/admin/users/{victim.id}", {"role": "agent"})
            for browser, victim in pairs
        ]
    )
    assert User.objects.filter(organisation=cast.organisation, role=Role.ADMINISTRATOR).count() == 1


def test_each_deed_leaves_a_line_and_an_event_and_no_secret(desk: Browser, cast: Cast, fatou: User) -> None:
    made = desk.post("/api/admin/users", NEW)
    desk.patch(
        f"/api/admin/users/{made.data['id']}", {"role": "supervisor", "password": "trois pirogues sur la lagune"}
    )
    desk.patch(f"/api/admin/users/{made.data['id']}", {"role": "supervisor"})  # nothing changes: no line
    lines = desk.get("/api/admin/audit").data["items"]
    assert [(one["actor"], one["action"], one["object"]) for one in lines] == [
        ("Fatou Zongo", "user.changed", "Ada Kossi"),
        ("Fatou Zongo", "user.created", "Ada Kossi"),
    ]
    assert lines[0]["changes"] == {"role": ["agent", "supervisor"], "password": ["set", "set"]}
    assert lines[1]["changes"]["password"] == [None, "set"]
    for secret in (PASSWORD, "trois pirogues"):
        assert secret not in str(lines) + str(list(Audit.objects.values())) + made.raw.decode()
    events = Event.objects.filter(organisation_id=cast.organisation.id, type="settings.changed")
    assert [event.data["kind"] for event in events] == ["user", "user"]


def test_what_is_refused_leaves_no_trace(desk: Browser, cast: Cast) -> None:
    desk.post("/api/admin/users", {**NEW, "password": "court"})
    assert not Audit.objects.exists()
    assert not Event.objects.exists()


def test_each_sets_his_own_language_and_theme(cast: Cast) -> None:
    awa = Browser(cast.awa)
    user = awa.patch("/api/session", {"language": "en", "theme": "dark"}).data["user"]
    assert (user["language"], user["theme"]) == ("en", "dark")
    for wrong in ({"language": "de"}, {"theme": "pink"}, {"theme": 3}):
        assert awa.patch("/api/session", wrong).status == 422
    assert awa.patch("/api/session", {"role": "administrator"}).data["user"]["role"] == "agent"
