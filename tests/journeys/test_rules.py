"""An administrator makes rules, tries texts on them, and whoever writes then waits where the trace has said."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk, says
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)

FATOU = "admin@savane.example"
COMPLAINS, ASKS, NOBODY = "+2290191000021", "+2290191000022", "+2290191000023"
BILL, HUMAN = "Ma facture est fausse, je conteste", "Je veux parler à un conseiller"


def tried(page: Page, number: str, text: str) -> Locator:
    page.get_by_test_id("try-number").fill(number)
    page.get_by_test_id("try-text").fill(text)
    with page.expect_response(re.compile("/rules/try$")) as answer:
        page.get_by_test_id("try").click()
    assert answer.value.ok, answer.value.text()
    return page.get_by_test_id("tried")


def queue_of(desk: Desk, number: str) -> str:
    """In which the conversation with `number` waits, once people have it."""
    until = time.monotonic() + WAIT_MS / 1000
    while True:
        items = desk.ask("get", f"/api/conversations?view=all&q={number[-10:]}")["items"]
        found = [one for one in items if one["status"] in ("queued", "open")]
        if found:
            return found[0]["queue_id"]
        assert time.monotonic() < until, f"{number} waits for nobody"
        time.sleep(0.2)


@pytest.mark.timeout(180)
@pytest.mark.needs("RFP-030", part="rules, on a screen")
def test_texts_with_two_intents_wait_in_two_queues_and_the_trial_says_why(
    visit: Callable[..., Page], palabre: Running
) -> None:
    desk = Desk(visit, palabre, FATOU)
    page = desk.page
    stamp = time.time_ns()
    queues = {
        name: desk.ask("post", "/api/admin/queues", {"name": f"{name} {stamp}"})["id"]
        for name in ("Factures", "Accueil")
    }
    page.goto(desk.address("/admin/rules"))
    chooser = page.get_by_test_id("rules-line")
    line = chooser.locator("option").filter(has_text="1919").first.get_attribute("value")
    assert line
    before = desk.ask("get", f"/api/admin/lines/{line}/rules")
    try:
        chooser.select_option(value=line)
        rules = page.get_by_test_id("rule")
        for nth in range(len(before["rules"])):
            expect(rules).to_have_count(len(before["rules"]) - nth)
            page.get_by_role("button", name="Retirer la règle 1", exact=True).click()
        for intent, name in (("talk_to_human", "Accueil"), ("bill_dispute", "Factures")):
            page.get_by_test_id("add-rule").click()
            card = rules.last
            card.get_by_role("checkbox", name=intent, exact=True).check()
            card.get_by_test_id("rule-queue").select_option(value=queues[name])
        # By the keyboard: bills first.
        page.get_by_role("button", name="Monter la règle 2", exact=True).press("Enter")
        expect(rules.first.get_by_test_id("rule-queue")).to_have_value(queues["Factures"])
        page.get_by_test_id("rules-on").check()
        result = tried(page, COMPLAINS, BILL)
        expect(result).to_have_attribute("data-place", "1")
        expect(result).to_contain_text(re.compile(r"bill_dispute .*Elle attend dans Factures", re.DOTALL))
        result = tried(page, ASKS, HUMAN)
        expect(result).to_have_attribute("data-place", "2")
        verdicts = result.get_by_test_id("traced")
        assert [one.get_attribute("data-verdict") for one in verdicts.all()] == ["failed", "taken"]
        expect(verdicts.first).to_contain_text("ne vaut pas (a vu : talk_to_human)")
        with page.expect_response(re.compile("/rules$")) as saved:
            page.get_by_test_id("save-rules").click()
        assert saved.value.ok, saved.value.text()

        says(palabre, COMPLAINS, f"{BILL} : 5000 F, hier", code="1919")  # what its bot would ask for first
        says(palabre, ASKS, HUMAN, code="1919")
        assert queue_of(desk, COMPLAINS) == queues["Factures"]
        assert queue_of(desk, ASKS) == queues["Accueil"]
        # A queue that is out of use is skipped, and said so before anything is saved.
        desk.ask("patch", f"/api/admin/queues/{queues['Factures']}", {"is_enabled": False})
        result = tried(page, NOBODY, BILL)
        expect(result).to_have_attribute("data-place", "0")
        expect(result.get_by_test_id("traced").first).to_have_attribute("data-verdict", "queue_off")
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    finally:
        now = desk.ask("get", f"/api/admin/lines/{line}/rules")
        restored = {"is_enabled": before["is_enabled"], "revision": now["revision"], "rules": before["rules"]}
        desk.ask("put", f"/api/admin/lines/{line}/rules", restored)
