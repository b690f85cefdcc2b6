"""Sessions: seen, ended from elsewhere, locked when nobody is there, over after so many hours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db.models import F

from accounts import signins
from accounts.models import Audit, Role, SecurityPolicy, SignIn, User
from accounts.own_security import device_of, masked_address
from realtime.admission import admit
from tests.browser import Browser, someone
from tests.cast import Cast

PASSWORD = "un baobab au bord du fleuve"
LOGIN = "/_allauth/browser/v1/auth/login"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada(cast: Cast) -> User:
    return someone(cast, Role.AGENT, name="Ada", password=PASSWORD)


def signed_in(user: User) -> Browser:
    browser = Browser()
    answer = browser.call("POST", LOGIN, {"email": user.email, "password": PASSWORD}, **{"User-Agent": FIREFOX})
    assert answer.status == 200
    return browser


def key_of(browser: Browser) -> str:
    return browser.client.session.session_key or ""


def test_my_sessions_are_told_in_words_and_ended_one_by_one(ada: User) -> None:
    here, there, third = signed_in(ada), signed_in(ada), signed_in(ada)
    sessions = here.get("/api/security").data["sessions"]
    assert [one["device"] for one in sessions] == ["Firefox · Windows"] * 3
    assert {one["address"] for one in sessions} == {"127.0.0.…"}
    assert sum(one["is_this"] for one in sessions) == 1
    mine = there.get("/api/security").data["sessions"]
    that = next(one["id"] for one in mine if one["is_this"])
    assert here.post("/api/security/sessions/end", {"session_id": that}).data == {"ended": 1}
    assert (there.get("/api/session").status, third.get("/api/session").status) == (401, 200)
    assert here.post("/api/security/sessions/end", {}).data == {"ended": 1}
    assert (third.get("/api/session").status, here.get("/api/session").status) == (401, 200)
    assert Session.objects.count() >= 1 and SignIn.objects.filter(user=ada).count() == 1
    assert Audit.objects.filter(action="user.sessions_ended", object_id=ada.id).count() == 2


def test_nobody_ends_a_strangers_session(ada: User, cast: Cast) -> None:
    other = signed_in(someone(cast, Role.AGENT, name="Bio", password=PASSWORD))
    that = other.get("/api/security").data["sessions"][0]["id"]
    assert signed_in(ada).post("/api/security/sessions/end", {"session_id": that}).status == 404
    assert other.get("/api/session").status == 200


def test_an_administrator_sees_and_ends_somebodys_sessions(ada: User, cast: Cast) -> None:
    boss = Browser(someone(cast, Role.ADMINISTRATOR, name="Fatou"))
    browser = signed_in(ada)
    sessions = boss.get(f"/api/admin/users/{ada.id}/security").data["sessions"]
    assert [one["device"] for one in sessions] == ["Firefox · Windows"]
    assert boss.post(f"/api/admin/users/{ada.id}/sessions/end", {"session_id": sessions[0]["id"]}).data == {"ended": 1}
    assert browser.get("/api/session").status == 401


@pytest.mark.needs("MCE-054", part="the server tells a locked session nothing")
def test_a_locked_session_is_told_nothing_until_its_owner_proves_himself(ada: User) -> None:
    browser, elsewhere = signed_in(ada), signed_in(ada)
    assert browser.post("/api/session/lock").status == 204
    for path in ("/api/session", "/api/conversations", "/api/counts", "/api/security", "/api/events?after=0&epoch=1"):
        answer = browser.get(path)
        assert (answer.status, answer.code) == (423, "locked"), path
    admission = admit(key_of(browser))
    assert admission is not None and admission.is_locked, "its socket is closed by the hub's next look"
    assert elsewhere.get("/api/session").status == 200
    assert browser.get("/api/session/proofs").data["ways"] == ["password"]
    assert browser.post("/api/session/active").status == 423, "being there opens nothing"
    assert browser.post("/api/session/prove", {"password": "faux"}).status == 422
    assert browser.get("/api/session").status == 423
    assert browser.post("/api/session/prove", {"password": PASSWORD}).status == 204
    assert browser.get("/api/session").status == 200
    admission = admit(key_of(browser))
    assert admission is not None and not admission.is_locked


@pytest.mark.needs("MCE-054", part="a session locks by itself")
def test_a_session_at_which_nobody_is_locks_without_its_browser(ada: User) -> None:
    browser = signed_in(ada)
    assert SignIn.objects.get(user=ada).idle_s == 900
    SignIn.objects.update(active_at=F("active_at") - timedelta(minutes=14))
    assert browser.get("/api/session").status == 200, "reading is no sign of a person, and 14 minutes are not 15"
    assert browser.post("/api/session/active").data == {"idle_s": 900}
    SignIn.objects.update(active_at=F("active_at") - timedelta(minutes=14))
    assert browser.get("/api/session").status == 200
    SignIn.objects.update(active_at=F("active_at") - timedelta(minutes=1, seconds=1))
    assert browser.get("/api/session").status == 423
    assert browser.post("/api/session/active").status == 423


@pytest.mark.needs("MCE-054", part="a session is over after its hours")
def test_a_session_is_over_after_its_hours_however_busy(ada: User) -> None:
    SecurityPolicy.objects.create(organisation=ada.organisation, session_s=3600)
    browser = signed_in(ada)
    one = SignIn.objects.get(user=ada)
    assert timedelta(minutes=59) < one.ends_at - one.began_at <= timedelta(hours=1, seconds=1)
    SignIn.objects.update(ends_at=F("began_at"))
    assert browser.get("/api/session").status == 401
    assert admit(key_of(browser) or one.session_key) is None


def test_signing_in_rotates_the_session(ada: User) -> None:
    browser = Browser()
    browser.post(LOGIN, {"email": ada.email, "password": "faux"})
    before = browser.client.cookies.get("session")
    planted = "p" * 32
    browser.client.cookies["session"] = planted
    assert browser.post(LOGIN, {"email": ada.email, "password": PASSWORD}).status == 200
    after = browser.client.cookies["session"].value
    assert after not in (planted, before and before.value)
    first = after
    changed = browser.post("/api/security/password", {"old": PASSWORD, "new": "six zemidjans sous la pluie"})
    assert changed.status == 204
    assert browser.client.cookies["session"].value != first, "another password, another key"
    assert browser.get("/api/session").status == 200


def test_whoever_is_switched_off_is_out_at_once(ada: User, cast: Cast) -> None:
    boss = Browser(someone(cast, Role.ADMINISTRATOR, name="Fatou"))
    browser = signed_in(ada)
    key = key_of(browser)
    assert boss.patch(f"/api/admin/users/{ada.id}", {"is_active": False}).status == 200
    assert browser.get("/api/session").status == 401
    assert admit(key) is None
    assert not SignIn.objects.filter(user=ada).exists()
    assert not signins.shut([key])


def test_devices_and_addresses_in_words() -> None:
    assert device_of(FIREFOX) == "Firefox · Windows"
    assert device_of("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile") == "Chrome · Android"
    assert device_of("curl/8") == ""
    assert masked_address("41.85.170.9") == "41.85.170.…"
    assert masked_address("2001:db8:1:2::7") == "2001:db8:1::…"
    assert masked_address("nothing") == ""


def test_the_socket_of_whoever_is_switched_off_is_not_admitted_whatever_became_of_his_session(ada: User) -> None:
    key = key_of(signed_in(ada))
    assert admit(key) is not None
    User.objects.filter(id=ada.id).update(is_active=False)
    assert Session.objects.filter(session_key=key).exists()
    assert admit(key) is None
