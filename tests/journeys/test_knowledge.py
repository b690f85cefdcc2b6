"""A supervisor writes an article, an administrator approves it, a phone asks and is told it; an agent inserts it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk, says
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)

FATOU, SAM = "admin@savane.example", "sam@savane.example"
ANSWER = "Le wifi des agences est gratuit : demandez le code au guichet."
QUESTION = "c koi le code wifi de lagence"


def answers_to(desk: Desk, number: str, least: int = 1) -> list[str]:
    """What the number has been told, once there are so many texts."""
    until = time.monotonic() + 20
    while True:
        rows = desk.ask("get", f"/api/conversations?view=all&q={number[-8:]}")["items"]
        told = [
            message["body"]
            for row in rows
            for message in desk.messages(row["id"])
            if message["kind"] == "outgoing"
        ]  # fmt: skip
        if len(told) >= least:
            return told
        assert time.monotonic() < until, f"{number} was told {told}"
        time.sleep(0.3)


@pytest.mark.timeout(240)
@pytest.mark.needs("RFP-129", part="written, approved by another, quoted, withdrawn: on the screens and a phone")
@pytest.mark.needs("RFP-033", part="answers from approved articles")
def test_what_one_writes_and_another_approves_is_what_the_phone_is_told(
    visit: Callable[..., Page], palabre: Running
) -> None:
    key = f"wifi-{time.time_ns()}"
    writer = Desk(visit, palabre, SAM)
    page = writer.page
    page.goto(writer.address("/supervision/knowledge"))
    page.get_by_test_id("add").click()
    page.locator("#article-key").fill(key)
    page.locator("#article-topic").fill("Agences")
    page.get_by_test_id("article-save").click()
    draft = page.get_by_test_id("draft-fr")
    draft.locator("#draft-fr-title").fill("Wifi des agences")
    draft.locator("#draft-fr-questions").fill("Quel est le code wifi de l'agence ?\nAvoir le wifi en agence")
    draft.locator("#draft-fr-answer").fill(ANSWER)
    expect(draft.locator("#draft-fr-count")).to_have_attribute("data-parts", "1")
    page.get_by_test_id("submit-fr").click()
    expect(page.get_by_test_id("waiting-fr")).to_be_visible()
    expect(page.get_by_test_id("approve-fr")).to_have_count(0)  # not his to do

    boss = Desk(visit, palabre, FATOU)
    says(palabre, "+2290197200001", QUESTION, "1919")
    assert ANSWER not in answers_to(boss, "+2290197200001"), "nobody has approved it"

    page = boss.page
    page.goto(boss.address("/admin/knowledge"))
    page.get_by_test_id(f"article-{key}").click()
    page.get_by_test_id("approve-fr").click()
    expect(page.get_by_test_id("withdraw-fr")).to_be_visible()
    page.get_by_role("button", name="Tous les articles").click()
    page.get_by_test_id("question").fill(QUESTION)
    page.get_by_test_id("try-question").click()
    expect(page.get_by_test_id("question-tried")).to_have_attribute("data-quotes", "true")

    time.sleep(1.2)  # a dispatcher trusts what it knows for a second
    says(palabre, "+2290197200002", QUESTION, "1919")
    assert answers_to(boss, "+2290197200002") == [ANSWER]

    # An agent has somebody on a line without a bot: the answer is offered, and looked up.
    says(palabre, "+2290197200003", QUESTION, "3334")
    agent = Desk(visit, palabre)
    until = time.monotonic() + 20
    while not (rows := agent.ask("get", "/api/conversations?view=all&q=97200003")["items"]):
        assert time.monotonic() < until
        time.sleep(0.3)
    agent.ask("post", f"/api/conversations/{rows[0]['id']}/take", {})
    agent.page.goto(agent.address(f"/?view=mine&c={rows[0]['id']}"))
    offered = agent.page.get_by_test_id("suggestion").filter(has_text="Wifi des agences")
    expect(offered).to_be_visible()
    agent.page.get_by_test_id("composer-text").click()
    agent.page.keyboard.press("Control+j")
    agent.page.get_by_test_id("articles-search").fill("code wifi")
    agent.page.get_by_test_id("article-insert").filter(has_text="Wifi des agences").click()
    field = agent.page.get_by_test_id("composer-text")
    expect(field).to_have_value(ANSWER)
    expect(field).to_be_focused()
    agent.page.keyboard.type(" Bonne visite !")
    agent.page.keyboard.press("Enter")
    assert answers_to(agent, "+2290197200003")[-1] == f"{ANSWER} Bonne visite !"

    page.get_by_test_id(f"article-{key}").click()
    page.get_by_test_id("withdraw-fr").click()
    expect(page.get_by_test_id("withdraw-fr")).to_have_count(0)
    time.sleep(1.2)
    says(palabre, "+2290197200004", QUESTION, "1919")
    assert ANSWER not in answers_to(boss, "+2290197200004")
