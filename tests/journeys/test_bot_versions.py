"""An administrator changes what the bot says, tries it, publishes it: the phone hears it; and rolls it back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)

FATOU = "admin@savane.example"
QUESTION = "vous ouvrez a quelle heure"
HOURS = "utter_opening_hours"


def phone_of(visit: Callable[..., Page], palabre: Running, number: str) -> Page:
    page = visit(palabre.phone)
    page.get_by_test_id("phone-number").fill(number)
    page.get_by_test_id("phone-number").press("Enter")
    page.get_by_test_id("phone-code").select_option("1919")
    return page


def hears(phone: Page, words: str | re.Pattern[str]) -> None:
    """The phone asks, and the answer holds these words."""
    answers = phone.locator("[data-testid=phone-bubble][data-direction=received]")
    count = answers.count()
    phone.get_by_test_id("phone-text").fill(QUESTION)
    phone.get_by_test_id("phone-send").click()
    expect(answers).to_have_count(count + 1)
    expect(answers.last).to_contain_text(words)


@pytest.mark.timeout(240)
@pytest.mark.needs("MCE-026", part="an answer changed, tried, published and rolled back on a screen")
def test_an_answer_is_changed_tried_published_and_rolled_back_and_the_phone_hears_each(
    visit: Callable[..., Page], palabre: Running
) -> None:
    desk = Desk(visit, palabre, FATOU)
    page = desk.page
    phone = phone_of(visit, palabre, f"+22901{time.time_ns() % 10**8:08d}")
    hears(phone, "Agences : lundi")
    new = f"Ouvert de 9h a 17h, note {time.time_ns() % 10**6}."

    page.goto(desk.address("/admin/bot"))
    page.get_by_test_id("bot").select_option("telecom")
    expect(page.get_by_test_id("talks")).to_have_text("comme livré")
    page.get_by_test_id("find-answer").fill("agences")
    answer = page.locator(f"[data-testid=answer][data-name={HOURS}]")
    box = answer.get_by_test_id("say-fr")
    with page.expect_response(re.compile("/bot/sentence$")) as kept:
        box.fill(new)
        box.press("Tab")
    assert kept.value.ok, kept.value.text()
    expect(answer).to_contain_text("changée")
    expect(answer).to_contain_text(re.compile(r"\d+/160 · 1 SMS"))

    page.get_by_test_id("talk-text").fill(QUESTION)
    page.get_by_test_id("talk-send").click()
    expect(page.get_by_test_id("reply").last).to_have_text(re.compile(re.escape(new)), timeout=30_000)
    expect(page.get_by_test_id("facts").last).to_contain_text("opening_hours")
    hears(phone, "Agences : lundi")  # nobody who texts meets a draft

    page.get_by_test_id("tab-changes").click()
    expect(page.get_by_test_id("difference")).to_contain_text(new)
    page.get_by_test_id("note").fill("Horaires de fête")
    with page.expect_response(re.compile("/publish$")) as published:
        page.get_by_test_id("publish").click()
    assert published.value.ok, published.value.text()
    expect(page.get_by_test_id("talks")).to_have_text(re.compile(r"version \d"))
    began = time.monotonic()
    hears(phone, new)
    assert time.monotonic() - began < 10

    page.get_by_test_id("tab-versions").click()
    expect(page.get_by_test_id("version")).to_contain_text("Horaires de fête")
    with page.expect_response(re.compile("/restore$")) as restored:
        page.get_by_test_id("restore").click()
    assert restored.value.ok, restored.value.text()
    hears(phone, "Agences : lundi")
    page.get_by_test_id("roll-back").click()
    expect(page.get_by_test_id("talks")).to_have_text(re.compile(r"version \d"))
    hears(phone, new)
    page.get_by_test_id("restore").click()
    expect(page.get_by_test_id("talks")).to_have_text("comme livré")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
