"""A conversation is handed on between two browsers: refused with a reason, then accepted; and to a queue."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk, says
from tests.journeys.test_offers import Floor, desk_of, says_available
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)

NUMBER = "+2290197515254"
# What comes late from other journeys may be theirs, too.
HOLDS_SOME, HAS_ROOM = re.compile("[123]/3"), re.compile("[123] place")


@pytest.fixture
def floor(visit: Callable[..., Page], palabre: Running) -> Iterator[Floor]:
    made = Floor(Desk(visit, palabre, "admin@savane.example"))
    yield made
    made.restore()


@pytest.mark.timeout(240)
@pytest.mark.needs("RFP-030", part="at the desk: handed to a colleague, refused with a reason, accepted")
def test_one_hands_it_to_another_who_refuses_and_then_takes_it(
    visit: Callable[..., Page], palabre: Running, floor: Floor
) -> None:
    words = f"Litige {time.time_ns()}"
    ida = desk_of(visit, palabre, floor.agents["Ida"])
    says_available(ida)
    says(palabre, NUMBER, words)
    ida.get_by_test_id("offer-accept").click()
    expect(ida.get_by_test_id("thread")).to_contain_text(words)
    jonas = desk_of(visit, palabre, floor.agents["Jonas"])
    says_available(jonas)

    def owner() -> str:
        shown = re.search(r"c=([0-9a-f-]+)", ida.url)
        assert shown is not None
        return floor.boss.ask("get", f"/api/conversations/{shown[1]}")["conversation"]["owner_id"]

    def hand_on(note: str) -> None:
        ida.locator("body").press("x")
        expect(ida.get_by_test_id("transfer-dialog")).to_contain_text(HAS_ROOM)
        ida.get_by_test_id("transfer-note").fill(note)
        ida.get_by_test_id("transfer-find").fill("jonas")
        ida.get_by_test_id("transfer-find").press("Enter")
        expect(ida.get_by_test_id("transfer-dialog")).to_have_count(0)
        expect(ida.get_by_test_id("transfer-bar")).to_contain_text("Jonas")
        expect(jonas.get_by_test_id("offer-sender")).to_contain_text(note)
        expect(jonas.get_by_test_id("load")).to_have_text(HOLDS_SOME)

    ida.keyboard.press("Escape")
    hand_on("Elle parle mieux avec toi")
    expect(jonas.get_by_test_id("offer-sender")).to_contain_text("Ida")
    jonas.get_by_test_id("offer-decline").click()
    jonas.get_by_test_id("decline-other_work").click()
    expect(ida.get_by_test_id("transfer-bar")).to_have_count(0)
    expect(ida.get_by_test_id("thread")).to_contain_text("ne la prend pas : Je finis autre chose")
    assert owner() == floor.ids[0]

    hand_on("Et maintenant ?")
    jonas.get_by_test_id("offer-accept").click()
    expect(jonas.get_by_test_id("thread")).to_contain_text(words)
    expect(jonas.get_by_test_id("composer-text")).to_be_visible()
    expect(ida.get_by_test_id("transfer-bar")).to_have_count(0)
    assert owner() == floor.ids[1]
    expect(jonas.get_by_test_id("load")).to_have_text(HOLDS_SOME)
    expect(ida.get_by_test_id("thread")).to_contain_text("la reprend de")
    composer = jonas.get_by_test_id("composer-text")
    composer.fill("Bonjour, ici Jonas.")
    composer.press("Enter")
    sent = jonas.locator("[data-testid=message][data-kind=outgoing]").filter(has_text="ici Jonas")
    expect(sent).to_have_attribute("data-status", "delivered")
