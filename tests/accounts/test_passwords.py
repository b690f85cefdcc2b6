"""Passwords: what they must be, changed by their owner, set by a link; tries that wait, and lock nobody out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from accounts.models import Audit, PasswordLink, Role, Tries, User
from tests.browser import Browser, someone
from tests.cast import Cast

PASSWORD = "un baobab au bord du fleuve"
NEW = "six zemidjans sous la pluie"
LOGIN = "/_allauth/browser/v1/auth/login"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada(cast: Cast) -> User:
    return someone(cast, Role.AGENT, name="Ada", password=PASSWORD)


@pytest.fixture
def boss(cast: Cast) -> Browser:
    return Browser(someone(cast, Role.ADMINISTRATOR, name="Fatou", password=PASSWORD))


def tries(browser: Browser, email: str, password: str) -> int:
    return browser.post(LOGIN, {"email": email, "password": password}).status


@pytest.mark.needs("MCE-050", part="length, common words and the house's own")
@pytest.mark.parametrize(
    ("password", "is_taken"),
    [
        ("eleven char", False), ("password1234", False), ("qwertyuiop123", False), ("Palabre2026!", False),
        ("savane-savane-1", False), ("ada@savane.example", False), ("quatre mots sans rapport", True),
        ("correct horse battery", True), ("é" * 6 + "ùàç ñõ ☀☂", True),
    ],
)  # fmt: skip
def test_a_password_is_long_and_not_what_anybody_would_try(ada: User, password: str, is_taken: bool) -> None:
    browser = Browser(ada)
    answer = browser.post("/api/security/password", {"old": PASSWORD, "new": password})
    assert answer.status == (204 if is_taken else 422), answer.raw
    if not is_taken:
        assert list(answer.data["error"]["fields"]) == ["new"]


def test_changing_ones_password_asks_the_old_one_and_ends_the_other_sessions(ada: User) -> None:
    here, there = Browser(ada), Browser(ada)
    assert here.post("/api/security/password", {"old": "faux", "new": NEW}).code == "wrong_password"
    assert there.get("/api/session").status == 200
    assert here.post("/api/security/password", {"old": PASSWORD, "new": NEW}).status == 204
    assert (here.get("/api/session").status, there.get("/api/session").status) == (200, 401)
    assert (tries(Browser(), ada.email, PASSWORD), tries(Browser(), ada.email, NEW)) == (400, 200)
    assert Audit.objects.filter(action="user.password_changed", object_id=ada.id).count() == 1


def test_a_person_is_invited_by_a_link_that_works_once(boss: Browser) -> None:
    made = boss.post(
        "/api/admin/users", {"name": "Bio", "email": "bio@savane.example", "role": "agent", "is_invited": True}
    )
    assert made.status == 201
    token = made.data["url"].partition("#welcome=")[2]
    stored = str(list(PasswordLink.objects.values_list("digest", flat=True))) + str(
        list(Audit.objects.values_list("changes"))
    )
    assert token and token not in stored
    listed = next(one for one in boss.get("/api/admin/users?q=bio").data["items"] if one["name"] == "Bio")
    assert (listed["has_password"], listed["has_link"]) == (False, True)
    guest = Browser()
    assert guest.post("/api/welcome/look", {"token": token}).data["name"] == "Bio"
    assert guest.post("/api/welcome/password", {"token": token, "password": "court"}).status == 422
    assert guest.post("/api/welcome/password", {"token": token, "password": NEW}).status == 204
    assert guest.post("/api/welcome/password", {"token": token, "password": PASSWORD}).code == "no_link"
    assert tries(guest, "bio@savane.example", NEW) == 200


def test_a_link_is_over_after_three_days_when_replaced_and_for_who_is_switched_off(boss: Browser, ada: User) -> None:
    at, guest = f"/api/admin/users/{ada.id}/link", Browser()

    def link() -> str:
        return boss.post(at).data["url"].partition("#welcome=")[2]

    def works(token: str) -> bool:
        return guest.post("/api/welcome/look", {"token": token}).status == 200

    first = link()
    second = link()
    assert (works(first), works(second)) == (False, True)
    PasswordLink.objects.update(expires_at=F("expires_at") - timedelta(hours=73))
    assert not works(second)
    third = link()
    User.objects.filter(id=ada.id).update(is_active=False)
    assert not works(third)


@pytest.mark.needs("MCE-050", part="wrong tries wait, and nobody is locked out for ever")
def test_whoever_guesses_waits_and_the_owner_at_his_own_machine_does_not(ada: User, boss: Browser) -> None:
    own, stranger = Browser(), Browser()
    assert tries(own, ada.email, PASSWORD) == 200
    own.call("DELETE", "/_allauth/browser/v1/auth/session")
    assert [tries(stranger, ada.email, f"faux {n}") for n in range(7)] == [400] * 5 + [429] * 2
    assert tries(stranger, ada.email, PASSWORD) == 429, "the right one waits, too, or guessing would go on"
    assert tries(own, ada.email, PASSWORD) == 200, "a browser that knows him has a counter of its own"
    assert boss.get(f"/api/admin/users/{ada.id}/security").data["is_waiting"] is True
    assert boss.post(f"/api/admin/users/{ada.id}/unlock").status == 204
    assert boss.get(f"/api/admin/users/{ada.id}/security").data["is_waiting"] is False
    assert tries(stranger, ada.email, PASSWORD) == 200


def test_a_cookie_of_another_person_or_of_nobody_is_worth_nothing(ada: User, cast: Cast) -> None:
    other = someone(cast, Role.AGENT, name="Bio", password=PASSWORD)
    browser = Browser()
    assert tries(browser, other.email, PASSWORD) == 200
    browser.call("DELETE", "/_allauth/browser/v1/auth/session")
    for n in range(5):
        tries(Browser(), ada.email, f"faux {n}")
    assert tries(browser, ada.email, PASSWORD) == 429
    browser.client.cookies["known"] = browser.client.cookies["known"].value[:-3] + "abc"
    assert tries(browser, ada.email, PASSWORD) == 429


def test_an_unknown_address_costs_and_is_told_what_a_wrong_password_is(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    real = Argon2PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        hashed.append("encode")
        return real(self, password, salt)

    verify = Argon2PasswordHasher.verify

    def verified(self: Any, password: str, encoded: str) -> bool:
        hashed.append("verify")
        return verify(self, password, encoded)

    monkeypatch.setattr(Argon2PasswordHasher, "encode", counted)
    monkeypatch.setattr(Argon2PasswordHasher, "verify", verified)
    told, costs = [], []
    for email in (ada.email, "nobody@savane.example"):
        Tries.objects.all().delete()  # the address's own counter is shorter at the first try
        browser = Browser()
        hashed.clear()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            answer = browser.post(LOGIN, {"email": email, "password": "faux"})
        told.append((answer.status, answer.raw))
        costs.append((len(hashed), [query["sql"].split()[0] for query in asked.captured_queries]))
    assert told[0] == told[1]
    assert costs[0] == costs[1] and costs[0][0] == 1, "one hash, and the same statements"


def test_sign_ins_and_failures_are_written_down(ada: User) -> None:
    browser = Browser()
    tries(browser, ada.email, "faux")
    tries(browser, "nobody@savane.example", "faux")
    tries(browser, ada.email, PASSWORD)
    found = list(Audit.objects.filter(object_id=ada.id).order_by("id").values_list("action", "actor_id"))
    assert found == [("user.try_failed", None), ("user.signed_in", ada.id)]
    assert Audit.objects.filter(action="user.try_failed").count() == 1


def test_people_come_from_a_file_row_by_row(boss: Browser, cast: Cast) -> None:
    text = (
        "Nom;E-mail;Rôle;Langue\n"
        f"{'x' * 120};bio@savane.example;superviseur;fr\n"
        "Sans adresse;;agent;fr\n"
        "Deux fois;bio@savane.example;;\n"
        f"Connue;{cast.awa.email};agent;fr\n"
        "Dieu;dieu@savane.example;god;fr\n"
        "\n"
        "=cmd|' /C calc'!A0;formule@savane.example;;en\n"
    )
    before = User.objects.count()
    trial = boss.post("/api/admin/users/import", {"csv": text})
    assert User.objects.count() == before
    wanted = [None, "not_an_email", "twice", "email_taken", "unknown_choice", None]
    assert [(one["line"], one["code"]) for one in trial.data["rows"]] == list(
        zip((2, 3, 4, 5, 6, 8), wanted, strict=True)
    )
    done = boss.post("/api/admin/users/import", {"csv": text, "is_trial": False})
    assert [one["code"] for one in done.data["rows"]] == wanted and done.data["taken"] == 2
    assert all("#welcome=" in one["url"] for one in done.data["rows"] if one["code"] is None)
    assert User.objects.get(email="bio@savane.example").role == "supervisor"
    assert boss.post("/api/admin/users/import", {"csv": "a;b\n1;2\n"}).code == "no_columns"


def test_the_list_of_people_comes_in_pages_and_is_searched(boss: Browser, cast: Cast) -> None:
    for n in range(7):
        someone(cast, Role.AGENT, name=f"Même {n % 2}") if n < 2 else someone(cast, Role.OBSERVER, name=f"Zoé {n}")
    seen: list[str] = []
    mark = ""
    while True:
        answer = boss.get(f"/api/admin/users?limit=3&after={mark}")
        assert answer.status == 200, answer.raw
        page = answer.data
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        mark = page["next"]
    assert len(seen) == len(set(seen)) == User.objects.filter(organisation=cast.organisation).count()
    assert {one["name"] for one in boss.get("/api/admin/users?q=zo").data["items"]} == {f"Zoé {n}" for n in range(2, 7)}
    assert all(one["role"] == "observer" for one in boss.get("/api/admin/users?role=observer").data["items"])
    assert boss.get("/api/admin/users?after=nonsense").status == 422


def test_a_team_has_members_a_leader_and_a_name_of_its_own(boss: Browser, cast: Cast) -> None:
    awa = str(cast.awa.id)
    made = boss.post("/api/admin/teams", {"name": "Soirs", "leader_id": awa})
    assert made.status == 201
    team = made.data["items"][0]
    assert ([one["id"] for one in team["members"]], team["leader_id"]) == ([awa], awa), "who leads it belongs to it"
    assert boss.post("/api/admin/teams", {"name": "Soirs"}).code == "team_name_taken"
    at = f"/api/admin/teams/{team['id']}"
    assert boss.patch(at, {"leader_id": "", "member_ids": []}).data["items"][0]["members"] == []
    cast.line_1919.teams.add(team["id"])
    assert boss.post(f"{at}/remove").code == "team_has_lines"
    cast.line_1919.teams.clear()
    assert boss.post(f"{at}/remove").status == 204
    assert [one.action for one in Audit.objects.filter(object_kind="team").order_by("id")] == [
        "team.created", "team.changed", "team.removed",
    ]  # fmt: skip
