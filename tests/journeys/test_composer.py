"""What an agent writes reaches the phone once: from the keyboard, over a line that is cut, and at its time."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk, says
from tests.journeys.test_a_new_text import until
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)

SUBSCRIBER = "+2290197370001"


def reached(palabre: Running, words: str) -> int:
    """How many texts with these words the operator was handed, by its own ledger."""
    address = f"{palabre.phone.rstrip('/')}/control/ledger?command=submit_sm&limit=5000"
    with urllib.request.urlopen(address, timeout=10) as answer:
        return sum(words in (row.get("text") or "") for row in json.load(answer)["rows"])


def mine(desk: Desk) -> list[dict]:
    found: list[dict] = desk.ask("get", f"/api/conversations?view=all&q=%2B{SUBSCRIBER[1:]}")["items"]
    return [one for one in found if one["status"] != "closed"]


@pytest.fixture
def talk(visit, palabre) -> Iterator[tuple[Desk, str]]:
    """Awa holds a conversation of SUBSCRIBER's, and has it before her eyes."""
    desk, boss = Desk(visit, palabre), Desk(visit, palabre, "admin@savane.example")
    me = desk.ask("get", "/api/session")["presence"]
    desk.ask("put", "/api/presence", {"state": "busy"})
    boss.ask("patch", f"/api/admin/agents/{me['id']}", {"capacity": me["capacity"] + 2})
    says(palabre, SUBSCRIBER, "Bonjour")
    until(lambda: [one for one in mine(desk) if one["status"] == "queued"], "its queue")
    [row] = mine(desk)
    desk.ask("post", f"/api/conversations/{row['id']}/take")
    desk.page.goto(desk.address(f"/?view=mine&c={row['id']}"))
    expect(desk.page.locator("form[data-mode=reply]")).to_be_visible()
    expect(desk.page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    yield desk, row["id"]
    for one in mine(desk):
        desk.ask("post", f"/api/conversations/{one['id']}/close", {"seen": one["last_seq"]})
    boss.ask("patch", f"/api/admin/agents/{me['id']}", {"capacity": me["capacity"]})
    desk.ask("put", "/api/presence", {"state": me["state"] if me["state"] != "wrap_up" else "available"})


@pytest.mark.timeout(300)
def test_a_canned_reply_is_put_in_by_keyboard_alone_with_its_accents_and_variables(talk, palabre):
    desk, _ = talk
    page: Page = desk.page
    page.keyboard.press("r")
    page.keyboard.type("/fete")  # found without its accent
    expect(page.get_by_test_id("quick-one")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("composer-text")).to_have_value("Bonne fête à vous et aux vôtres !")
    assert reached(palabre, "Bonne fête") == 0, "nothing leaves by itself"
    page.keyboard.type(" /patience")
    expect(page.get_by_test_id("quick-preview")).to_contain_text(re.compile("dossier [0-9A-F]{4}-[0-9A-F]{4}"))
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("composer-text")).to_have_value(re.compile("dossier [0-9A-F]{4}-"))
    page.keyboard.press("Enter")
    until(lambda: reached(palabre, "Bonne fête à vous et aux vôtres") == 1, "the operator")

    # Nobody knows what this person is called: the text stays until somebody writes it.
    page.keyboard.type("/bienv")
    expect(page.get_by_test_id("quick-one")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("missing")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("composer-send")).to_be_disabled()
    assert reached(palabre, "contact.name") == 0


@pytest.mark.timeout(360)
def test_a_line_that_is_cut_for_half_a_minute_sends_each_text_once_and_in_order(talk, palabre, watch):
    watch.expected.append(re.compile("ERR_INTERNET_DISCONNECTED"))
    desk, conversation = talk
    page: Page = desk.page
    field = page.get_by_test_id("composer-text")
    page.context.set_offline(True)
    for words in ("Coupure un", "Coupure deux"):
        field.fill(words)
        field.press("Enter")
    waiting = page.locator("[data-testid=message][data-status=waiting], [data-testid=message][data-status=pending]")
    expect(waiting).to_have_count(2)
    field.fill("Coupure trois, pas finie")
    page.wait_for_timeout(30_000)
    expect(waiting).to_have_count(2)
    assert reached(palabre, "Coupure") == 0
    expect(field).to_have_value("Coupure trois, pas finie")
    page.context.set_offline(False)
    until(lambda: reached(palabre, "Coupure") == 2, "the operator")
    expect(waiting).to_have_count(0)
    said = [one["body"] for one in desk.messages(conversation) if one["kind"] == "outgoing"]
    assert [one for one in said if "Coupure" in one] == ["Coupure un", "Coupure deux"]
    # What was not finished is on the server by now, and here again after a reload.
    until(lambda: "Coupure trois, pas finie" in str(desk.ask("get", "/api/drafts")), "the draft")
    page.reload()
    expect(page.get_by_test_id("composer-text")).to_have_value("Coupure trois, pas finie")


@pytest.mark.timeout(300)
def test_a_storm_of_enters_and_clicks_is_one_sms(talk, palabre):
    desk, _ = talk
    page: Page = desk.page
    page.get_by_test_id("composer-text").fill("Une seule fois")
    page.evaluate(
        """() => {
            const field = document.querySelector("[data-testid=composer-text]");
            const send = document.querySelector("[data-testid=composer-send]");
            for (let n = 0; n < 20; n += 1) {
                field.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true}));
                send.click();
            }
        }"""
    )
    until(lambda: reached(palabre, "Une seule fois") == 1, "the operator")
    page.wait_for_timeout(3_000)
    assert reached(palabre, "Une seule fois") == 1


@pytest.mark.timeout(300)
def test_a_scheduled_reply_leaves_once_at_its_time_and_a_note_never(talk, palabre):
    desk, conversation = talk
    page: Page = desk.page
    page.keyboard.press("n")
    page.keyboard.type("Ne jamais envoyer ceci")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.get_by_test_id("composer-text")).to_have_value("")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.get_by_test_id("composer-text")).to_have_value("Ne jamais envoyer ceci")
    page.keyboard.press("Enter")
    expect(page.locator("[data-testid=message][data-kind=note]").last).to_contain_text("Ne jamais")

    soon = datetime.now(UTC) + timedelta(seconds=5)
    seen = desk.ask("get", f"/api/conversations/{conversation}")["conversation"]["last_seq"]
    planned = {"client_id": desk.new_id(), "body": "Programmé pour vous", "at": soon.isoformat(), "seen": seen}
    for _ in range(2):  # the same request again is the same text
        desk.ask("post", f"/api/conversations/{conversation}/scheduled", planned)
    expect(page.get_by_test_id("scheduled-one")).to_have_count(1)
    assert reached(palabre, "Programmé") == 0
    until(lambda: reached(palabre, "Programmé pour vous") == 1, "its time")
    expect(page.get_by_test_id("scheduled-one")).to_have_count(0)
    page.wait_for_timeout(3_000)
    assert reached(palabre, "Programmé pour vous") == 1
    assert reached(palabre, "Ne jamais") == 0
