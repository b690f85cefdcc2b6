"""A text to people who have not written: from the dialog and from an application, to the operator, and its receipt."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk, says
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)

FIRST, SECOND, STOPPED = "+2290197340001", "+2290197340002", "+2290197340003"
LIMIT_S = 30.0


def parts_to(palabre: Running, number: str, words: str) -> int:
    """How often the operators were handed `words` for `number`, by their ledger."""
    rows: list[dict[str, Any]] = []
    since = 0
    while True:
        address = f"{palabre.phone.rstrip('/')}/control/ledger?command=submit_sm&limit=1000&since={since}"
        with urllib.request.urlopen(address, timeout=10) as answer:
            page = json.load(answer)
        rows += page["rows"]
        since = page["upto"]
        if since >= page["last"]:
            break
    return sum(
        row.get("text") == words and row.get("destination", "").lstrip("+") == number.lstrip("+") for row in rows
    )


def until(what: Callable[[], Any], wanted: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not what():
        assert time.monotonic() < deadline, f"{wanted}: not within {LIMIT_S:.0f} s"
        time.sleep(0.1)


def write(page: Page, numbers: str, words: str) -> None:
    page.locator("body").press("c")
    page.get_by_test_id("new-text-to").fill(numbers)
    line = page.locator("[data-testid=new-text-line] option").filter(has_text="3334").first
    page.get_by_test_id("new-text-line").select_option(line.get_attribute("value"))
    page.get_by_test_id("new-text-text").fill(words)


@pytest.mark.timeout(240)
@pytest.mark.needs("BUS-008")
@pytest.mark.needs("UNI-026")
def test_a_new_text_from_the_desk_reaches_the_operator_and_its_receipt_the_screen(visit, palabre):
    words = "Bonjour, votre dossier est complet."
    desk = Desk(visit, palabre, "sam@savane.example")  # who has room: nobody gives him conversations
    page = desk.page
    page.goto(desk.address("/?view=all"))
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    write(page, "01 97 34 00 01", words)
    expect(page.get_by_test_id("new-text-number")).to_have_attribute("data-refusal", "")
    page.get_by_test_id("new-text-send").click()

    expect(page.get_by_test_id("new-text")).to_have_count(0)
    sent = page.locator("[data-testid=message][data-kind=outgoing]").filter(has_text="dossier est complet")
    expect(sent).to_have_attribute("data-status", "delivered")
    assert parts_to(palabre, FIRST, words) == 1
    # His own, so what is answered comes to him.
    says(palabre, FIRST, "Merci, je passe demain")
    expect(page.locator("[data-testid=message][data-kind=incoming]").filter(has_text="je passe demain")).to_have_count(
        1
    )


@pytest.mark.timeout(240)
@pytest.mark.needs("BUS-008", part="several numbers; who said STOP is told")
def test_several_numbers_are_each_told_of_and_who_said_stop_gets_nothing(visit, palabre):
    words = "Agence fermée samedi."
    desk = Desk(visit, palabre)
    says(palabre, STOPPED, "STOP")
    asked = {"line_id": line_of(desk), "numbers": [STOPPED]}
    until(lambda: desk.ask("post", "/api/texts/check", asked)["items"][0]["refusal"] == "opted_out", "the STOP")
    page = desk.page
    page.goto(desk.address("/?view=all"))
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    write(page, f"{SECOND}, {STOPPED}; 12", words)
    expect(page.get_by_test_id("new-text-number")).to_have_count(3)
    page.get_by_test_id("new-text-send").click()
    outcomes = page.get_by_test_id("new-text-outcome")
    expect(outcomes).to_have_count(3)
    assert sorted(one.get_attribute("data-refusal") for one in outcomes.all()) == ["", "not_a_number", "opted_out"]
    until(lambda: parts_to(palabre, SECOND, words) == 1, "the text at the operator")
    assert parts_to(palabre, STOPPED, words) == 0


def line_of(desk: Desk) -> str:
    return next(line["id"] for line in desk.ask("get", "/api/session")["lines"] if line["address"] == "3334")


@pytest.mark.timeout(240)
@pytest.mark.needs("BUS-008", part="an application sends once under its key and asks what became of it")
def test_an_application_sends_once_and_is_told_of_the_receipt(visit, palabre):
    boss = Desk(visit, palabre, "admin@savane.example")
    token = boss.ask("post", "/api/admin/tokens", {"name": f"Codes {Desk.new_id()[:8]}", "line_ids": [line_of(boss)]})
    words = f"Votre code : {Desk.new_id()[:6]}"

    def call(path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            boss.address(path), None if body is None else json.dumps(body).encode(),
            {
                "Authorization": f"Bearer {token['token']}", "Content-Type": "application/json",
                "Idempotency-Key": "inscription 12",
            },
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    asked = {"line_id": line_of(boss), "to": ["01 97 34 00 04"], "body": words, "kind": "otp"}
    [text] = call("/api/v1/texts", asked)["items"]
    assert [one["id"] for one in call("/api/v1/texts", asked)["items"]] == [text["id"]]
    until(lambda: call(f"/api/v1/texts/{text['id']}")["state"] == "delivered", "the receipt")
    told = call(f"/api/v1/texts/{text['id']}")
    assert told["operator_ids"] and told["sent_at"] and told["ended_at"]
    assert parts_to(palabre, "+2290197340004", words) == 1
    boss.ask("post", f"/api/admin/tokens/{token['id']}/revoke")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        call("/api/v1/texts", asked)
