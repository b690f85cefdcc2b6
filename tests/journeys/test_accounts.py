"""Second factors, sessions and the lock, as their owner meets them in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk, says
from tests.journeys.watching import WAIT_MS, Watch

expect.set_options(timeout=WAIT_MS)

PASSWORD = "un baobab au bord du fleuve"
REFUSED = re.compile("status of (400|401|403|409|422|423)")


def code_of(secret: str, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


class Account:
    """Somebody whom the administrator has made, with a password of his own."""

    def __init__(self, boss: Desk, name: str, role: str) -> None:
        self.email = f"{name.lower()}@savane.example"
        given = {"name": name, "email": self.email, "role": role, "language": "fr", "password": PASSWORD}
        self.id = boss.ask("post", "/api/admin/users", given)["id"]


@pytest.fixture
def boss(visit: Callable[..., Page], palabre: Running, watch: Watch) -> Iterator[Desk]:
    watch.expected.append(REFUSED)
    desk = Desk(visit, palabre, "admin@savane.example")
    yield desk
    desk.ask("put", "/api/admin/security", {"factor_roles": [], "idle_minutes": 15})


def enter(page: Page, email: str) -> None:
    page.get_by_test_id("sign-in-email").fill(email)
    page.get_by_test_id("sign-in-password").fill(PASSWORD)
    page.get_by_test_id("sign-in-submit").click()


def at_desk(page: Page) -> None:
    expect(page.get_by_test_id("user-menu")).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_test_id("user-menu").click()
    page.get_by_role("menuitem", name="Se déconnecter").click()
    expect(page.get_by_test_id("sign-in-email")).to_be_visible()


@pytest.mark.timeout(180)
@pytest.mark.needs("RFP-014", part="an application, set up where the role asks for it")
def test_who_must_have_a_second_factor_sets_it_up_and_signs_in_with_it(
    boss: Desk, visit: Any, palabre: Running
) -> None:
    ada = Account(boss, "Adama", "observer")
    boss.ask("put", "/api/admin/security", {"factor_roles": ["observer"], "grace_days": 0})
    page = visit(f"{palabre.desk.rstrip('/')}/sign-in")
    enter(page, ada.email)
    expect(page.get_by_test_id("held")).to_be_visible()
    expect(page.get_by_test_id("user-menu")).to_have_count(0)
    page.get_by_test_id("totp-add").click()
    secret = page.get_by_test_id("totp-key").inner_text()
    page.locator("#totp-code").fill(code_of(secret, -1))
    page.get_by_test_id("totp-confirm").click()
    codes = page.get_by_test_id("recovery-codes").locator("li")
    expect(codes).to_have_count(10)
    recovery = codes.first.inner_text()
    page.get_by_test_id("codes-kept").click()
    at_desk(page)
    sign_out(page)

    enter(page, ada.email)
    page.get_by_test_id("second-code").fill("000000")
    page.get_by_test_id("second-submit").click()
    expect(page.get_by_role("alert")).not_to_be_empty()
    page.get_by_test_id("second-code").fill(code_of(secret))
    page.get_by_test_id("second-submit").click()
    at_desk(page)
    sign_out(page)
    enter(page, ada.email)
    page.get_by_test_id("second-code").fill(recovery)
    page.get_by_test_id("second-submit").click()
    at_desk(page)
    page.goto(f"{palabre.desk.rstrip('/')}/account")
    expect(page.get_by_test_id("codes-left")).to_have_text("9 restants")


@pytest.mark.timeout(180)
@pytest.mark.needs("RFP-014", part="a passkey in a real browser")
def test_a_passkey_of_this_machine_signs_in(boss: Desk, visit: Any, palabre: Running) -> None:
    bio = Account(boss, "Bio", "agent")
    # A passkey belongs to a name, and 127.0.0.1 is none.
    address = palabre.desk.rstrip("/").replace("127.0.0.1", "localhost")
    page = visit(f"{address}/sign-in")
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }})  # fmt: skip
    enter(page, bio.email)
    at_desk(page)
    page.get_by_test_id("user-menu").click()
    page.get_by_role("menuitem", name="Ma sécurité").click()
    page.locator("#passkey-name").fill("Cet ordinateur")
    page.get_by_test_id("passkey-add").click()
    page.get_by_test_id("codes-kept").click()
    expect(page.get_by_test_id("passkey")).to_contain_text("Cet ordinateur")
    sign_out(page)
    enter(page, bio.email)
    page.get_by_test_id("second-passkey").click()
    at_desk(page)


@pytest.mark.timeout(120)
def test_a_session_ended_elsewhere_closes_the_desk_within_five_seconds(
    boss: Desk, visit: Any, palabre: Running
) -> None:
    caro = Account(boss, "Caro", "agent")
    page = visit(f"{palabre.desk.rstrip('/')}/sign-in")
    enter(page, caro.email)
    at_desk(page)
    expect(page.get_by_test_id("connection")).to_be_visible()
    page.wait_for_timeout(1500)  # the socket has joined
    boss.page.goto(boss.address("/admin/users"))
    boss.page.get_by_test_id("user-search").fill("caro")
    expect(boss.page.get_by_test_id("account")).to_have_count(1)
    boss.page.get_by_test_id("account").click()
    expect(boss.page.get_by_test_id("session")).to_have_count(1)
    boss.page.get_by_test_id("end-all").click()
    begun = time.monotonic()
    expect(page.get_by_test_id("sign-in-email")).to_be_visible()
    assert time.monotonic() - begun < 5
    expect(page.get_by_role("status").filter(has_text="terminée")).to_be_visible()


@pytest.mark.timeout(180)
@pytest.mark.needs("MCE-054", part="the desk covers itself and keeps the draft")
def test_a_desk_at_which_nobody_is_covers_itself_keeps_the_draft_and_opens_where_it_was(
    boss: Desk, visit: Any, palabre: Running
) -> None:
    dodo = Account(boss, "Dodo", "supervisor")
    page = visit(f"{palabre.desk.rstrip('/')}/sign-in")
    enter(page, dodo.email)
    at_desk(page)
    says(palabre, "+2290197610001", "je veux parler a un conseiller", "1919")
    row = queued(boss)
    # Somebody's own conversation: he may write in it.
    answers = page.context.request
    cookies = {one["name"]: one["value"] for one in page.context.cookies()}
    base = palabre.desk.rstrip("/")
    headers = {"X-CSRFToken": cookies["csrftoken"], "Referer": base + "/", "Origin": base}
    answers.post(f"{base}/api/conversations/{row['id']}/take", headers=headers, data={})
    place = f"{base}/?view=all&c={row['id']}"
    page.goto(place)
    box = page.get_by_test_id("composer-text")
    expect(box).to_be_visible()
    box.fill("Un brouillon que personne n’a envoyé")
    idle(palabre, dodo.email, 4)  # the page does not hear of it: the server locks by itself, and closes its socket
    expect(page.get_by_test_id("locked")).to_be_visible()
    assert "brouillon que personne" not in page.content(), "nothing of the desk is left in the page"
    assert page.title() == "Palabre"
    assert answers.get(f"{base}/api/conversations/{row['id']}").status == 423, "it is no curtain"
    page.reload()
    expect(page.get_by_test_id("locked")).to_be_visible()
    idle(palabre, dodo.email, 900)
    page.get_by_test_id("proof").fill("faux")
    page.get_by_test_id("prove").click()
    expect(page.get_by_role("alert")).not_to_be_empty()
    page.get_by_test_id("proof").fill(PASSWORD)
    page.get_by_test_id("prove").click()
    expect(page.get_by_test_id("composer-text")).to_have_value("Un brouillon que personne n’a envoyé")
    assert page.url == place


def queued(boss: Desk) -> dict[str, Any]:
    deadline = time.monotonic() + WAIT_MS / 1000
    while not (rows := boss.ask("get", "/api/conversations?view=all&status=queued&limit=1")["items"]):
        assert time.monotonic() < deadline, "no conversation waits"
        time.sleep(0.2)
    return dict(rows[0])


def idle(palabre: Running, email: str, seconds: int) -> None:
    """How long this one may be away: the shortest that the screen offers is a minute."""
    with psycopg.connect(palabre.environ["DATABASE_URL"]) as connection:
        connection.execute(
            "update accounts_signin set idle_s = %s from accounts_user u where u.id = user_id and u.email = %s",
            [seconds, email],
        )
