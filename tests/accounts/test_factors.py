"""Second factors: codes that count once, passkeys, recovery codes, roles that must have one, and proofs."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db.models import F
from django.utils import timezone

from accounts import factors
from accounts.models import Audit, Role, SecurityPolicy, SignIn, User
from tests.accounts.passkey import SoftKey, keep_passkey
from tests.browser import Answer, Browser, someone
from tests.cast import Cast

PASSWORD = "un baobab au bord du fleuve"
AUTH = "/_allauth/browser/v1/auth"
pytestmark = pytest.mark.django_db(transaction=True)


def code_of(secret: str, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // factors.STEP_S + step))


@pytest.fixture
def ada(cast: Cast) -> User:
    return someone(cast, Role.AGENT, name="Ada", password=PASSWORD)


def enrolled(browser: Browser) -> tuple[str, list[str]]:
    """The secret and the recovery codes."""
    begun = browser.post("/api/security/totp/begin").data
    done = browser.post("/api/security/totp", {"offer": begun["offer"], "code": code_of(begun["secret"], -1)})
    assert done.status == 200, done.raw
    return begun["secret"], done.data["recovery_codes"]


def signing_in(user: User) -> tuple[Browser, Answer]:
    browser = Browser()
    return browser, browser.post(f"{AUTH}/login", {"email": user.email, "password": PASSWORD})


@pytest.mark.needs("RFP-014", part="codes of an application, each once")
def test_after_the_password_a_code_is_asked_for_and_counts_once(ada: User) -> None:
    secret, _codes = enrolled(Browser(ada))
    browser, waits = signing_in(ada)
    assert waits.status == 401
    assert browser.get("/api/session").status == 401, "the password alone signs nobody in"
    assert browser.post(f"{AUTH}/2fa/authenticate", {"code": "000000"}).status == 400
    code = code_of(secret)
    assert browser.post(f"{AUTH}/2fa/authenticate", {"code": code}).status == 200
    assert browser.get("/api/session").data["user"]["name"] == "Ada"
    again, _ = signing_in(ada)
    assert again.post(f"{AUTH}/2fa/authenticate", {"code": code}).status == 400, "a code counts once"
    assert again.get("/api/session").status == 401
    assert again.post(f"{AUTH}/2fa/authenticate", {"code": code_of(secret, 1)}).status == 200, "a clock that is fast"


def test_a_step_of_time_that_has_passed_counts_no_more() -> None:
    secret, now = "JBSWY3DPEHPK3PXP", 1_000_000_000.0
    step = int(now) // factors.STEP_S
    code = format_hotp_value(hotp_value(secret, step))
    assert factors.step_of(secret, code, after=-1, now=now) == step
    assert factors.step_of(secret, code, after=step, now=now) is None
    assert factors.step_of(secret, code, after=-1, now=now + 30) == step
    assert factors.step_of(secret, code, after=-1, now=now + 60) is None


@pytest.mark.needs("RFP-014", part="recovery codes")
def test_a_recovery_code_opens_once_and_the_count_tells(ada: User) -> None:
    browser = Browser(ada)
    _secret, codes = enrolled(browser)
    assert len(set(codes)) == 10
    for wanted in (200, 400):
        other, _ = signing_in(ada)
        assert other.post(f"{AUTH}/2fa/authenticate", {"code": codes[0]}).status == wanted
    assert browser.get("/api/security").data["factors"]["recovery_left"] == 9
    fresh = browser.post("/api/security/recovery-codes").data["recovery_codes"]
    assert not set(fresh) & set(codes)
    other, _ = signing_in(ada)
    assert other.post(f"{AUTH}/2fa/authenticate", {"code": codes[1]}).status == 400


@pytest.mark.needs("RFP-014", part="passkeys")
def test_a_passkey_signs_in_and_only_for_what_was_offered(ada: User) -> None:
    browser, key = Browser(ada), SoftKey()
    begun = browser.post("/api/security/passkeys/begin").data
    body = {
        "name": "Téléphone",
        "offer": begun["offer"],
        "credential": key.registration(begun["options"]["publicKey"]["challenge"]),
    }
    wrong = SoftKey().registration("AAAA")
    assert browser.post("/api/security/passkeys", {**body, "credential": wrong}).code == "wrong_passkey"
    made = browser.post("/api/security/passkeys", body)
    assert made.status == 200 and len(made.data["recovery_codes"]) == 10
    other, waits = signing_in(ada)
    assert waits.status == 401
    options = other.get(f"{AUTH}/webauthn/authenticate").data["data"]["request_options"]["publicKey"]
    stranger = SoftKey(id=key.id).assertion(options["challenge"])
    assert other.post(f"{AUTH}/webauthn/authenticate", {"credential": stranger}).status == 422
    assert other.get("/api/session").status == 401
    options = other.get(f"{AUTH}/webauthn/authenticate").data["data"]["request_options"]["publicKey"]
    assert (
        other.post(f"{AUTH}/webauthn/authenticate", {"credential": key.assertion(options["challenge"])}).status == 200
    )
    assert other.get("/api/session").status == 200


def test_what_is_secret_in_a_factor_is_sealed(ada: User) -> None:
    secret, codes = enrolled(Browser(ada))
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert not any(code in stored for code in codes)


def test_the_last_factor_takes_the_recovery_codes_along(ada: User) -> None:
    browser = Browser(ada)
    enrolled(browser)
    keep_passkey(ada)
    assert browser.post("/api/security/factors/remove", {}).status == 204
    assert browser.get("/api/security").data["factors"]["recovery_left"] == 10
    number = browser.get("/api/security").data["factors"]["passkeys"][0]["id"]
    assert browser.post("/api/security/factors/remove", {"passkey": number}).status == 204
    assert not Authenticator.objects.exists()
    assert browser.post("/api/security/factors/remove", {}).status == 404


def required_of(user: User, *, days: int = 0) -> None:
    SecurityPolicy.objects.create(
        organisation=user.organisation, factor_roles=[user.role], factor_since=timezone.now(), grace_days=days
    )


@pytest.mark.needs("RFP-014", part="enforced per role")
def test_a_role_that_must_have_a_factor_can_do_nothing_else_before(ada: User, cast: Cast) -> None:
    required_of(ada)
    browser, answer = signing_in(ada)
    assert answer.status == 200
    for path in ("/api/session", "/api/conversations", "/api/counts"):
        assert (browser.get(path).status, browser.get(path).code) == (403, "factor_due")
    assert browser.get("/api/security").data["is_held"] is True
    enrolled(browser)
    assert browser.get("/api/session").status == 200
    other = someone(cast, Role.SUPERVISOR, name="Bio", password=PASSWORD)
    assert signing_in(other)[0].get("/api/session").status == 200, "other roles are not asked"


def test_days_of_grace_are_days_of_work(ada: User) -> None:
    required_of(ada, days=7)
    browser, _ = signing_in(ada)
    assert browser.get("/api/session").status == 200
    assert browser.get("/api/security").data["due_at"] is None or browser.get("/api/security").data["is_held"] is False
    User.objects.update(created_at=F("created_at") - timedelta(days=8))
    SecurityPolicy.objects.update(factor_since=F("factor_since") - timedelta(days=8))
    assert signing_in(ada)[0].get("/api/session").code == "factor_due"


def test_a_rule_that_is_made_holds_those_who_are_signed_in(ada: User, cast: Cast) -> None:
    boss = Browser(someone(cast, Role.ADMINISTRATOR, name="Fatou"))
    browser = Browser(ada)
    assert boss.put("/api/admin/security", {"factor_roles": ["agent"], "grace_days": 0}).status == 200
    assert browser.get("/api/session").code == "factor_due"
    assert boss.get("/api/admin/security").data["without_factor"] >= 1
    assert boss.put("/api/admin/security", {"factor_roles": []}).status == 200
    assert browser.get("/api/session").status == 200
    line = Audit.objects.filter(action="security.changed").order_by("id")[0]
    assert line.changes["factor_roles"] == [[], ["agent"]]


def aged(user: User) -> None:
    SignIn.objects.filter(user=user).update(proved_at=F("proved_at") - timedelta(minutes=6))


def test_what_is_dangerous_asks_for_a_proof_that_is_fresh(cast: Cast) -> None:
    fatou = someone(cast, Role.ADMINISTRATOR, name="Fatou", password=PASSWORD)
    boss = Browser(fatou)
    at = f"/api/admin/users/{cast.awa.id}"
    aged(fatou)
    dangerous: list[tuple[str, str, Any]] = [
        ("PATCH", at, {"role": "supervisor"}), ("POST", f"{at}/factors/reset", {}), ("POST", f"{at}/link", {}),
        ("POST", "/api/admin/tokens", {"name": "x"}), ("PUT", "/api/admin/security", {"grace_days": 3}),
        ("POST", "/api/security/totp/begin", {}),
    ]  # fmt: skip
    for method, path, body in dangerous:
        assert boss.call(method, path, body).code == "prove_again", path
    assert boss.post("/api/session/prove", {"password": "faux"}).code == "wrong_password"
    assert boss.call("PATCH", at, {"role": "supervisor"}).code == "prove_again"
    assert boss.post("/api/session/prove", {"password": PASSWORD}).status == 204
    assert boss.call("PATCH", at, {"role": "supervisor"}).status == 200
    secret, _ = enrolled(boss)
    aged(fatou)
    assert boss.post("/api/session/prove", {"password": PASSWORD}).status == 204
    assert boss.call("PATCH", at, {"role": "agent"}).code == "prove_again", "whoever has a factor must show that"
    assert boss.post("/api/session/prove", {"code": code_of(secret)}).status == 204
    assert boss.call("PATCH", at, {"role": "agent"}).status == 200


def test_an_administrator_helps_who_has_lost_his_telephone_and_both_read_it(ada: User, cast: Cast) -> None:
    boss = Browser(someone(cast, Role.ADMINISTRATOR, name="Fatou"))
    enrolled(Browser(ada))
    assert boss.post(f"/api/admin/users/{ada.id}/factors/reset").status == 204
    browser, answer = signing_in(ada)
    assert answer.status == 200
    assert [(one["actor"], one["action"]) for one in browser.get("/api/security").data["deeds"]][1] == (
        "Fatou", "user.factors_reset",
    )  # fmt: skip
