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
PUBLISHED_S = 15.0
QUESTION = "vous ouvrez a quelle heure"
HOURS = "utter_opening_hours"


def phone_of(visit: Callable[..., Page], palabre: Running, number: str) -> Page:
    page = visit(palabre.phone)
    dial(page, number)
    return page


def dial(phone: Page, number: str = "") -> None:
    phone.get_by_test_id("phone-number").fill(number or f"+22901{time.time_ns() % 10**8:08d}")
    phone.get_by_test_id("phone-number").press("Enter")
    phone.get_by_test_id("phone-code").select_option("1919")


def hears(phone: Page, words: str | re.Pattern[str]) -> None:
    """A phone asks, and the answer holds these words. Another phone each time: whoever asks the same again and again is
    offered a person instead."""
    assert re.search(words if isinstance(words, re.Pattern) else re.escape(words), answer_to(phone))


def hears_soon(phone: Page, words: str) -> None:
    """Within PUBLISHED_S of a click, whoever asks then; until then, what was said before."""
    began = time.monotonic()
    while words not in answer_to(phone):
        assert time.monotonic() - began < PUBLISHED_S, "the version that is published is not heard"


def answer_to(phone: Page) -> str:
    dial(phone)
    answers = phone.locator("[data-testid=phone-bubble][data-direction=received]")
    expect(answers).to_have_count(0)
    phone.get_by_test_id("phone-text").fill(QUESTION)
    phone.get_by_test_id("phone-send").click()
    expect(answers).to_have_count(1)
    return answers.last.inner_text()


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
    hears_soon(phone, new)

    page.get_by_test_id("tab-versions").click()
    expect(page.get_by_test_id("version").first).to_contain_text("Horaires de fête")
    with page.expect_response(re.compile("/restore$")) as restored:
        page.get_by_test_id("restore").click()
    assert restored.value.ok, restored.value.text()
    hears_soon(phone, "Agences : lundi")
    page.get_by_test_id("roll-back").first.click()  # others may have been published before
    expect(page.get_by_test_id("talks")).to_have_text(re.compile(r"version \d"))
    hears_soon(phone, new)
    page.get_by_test_id("restore").click()
    expect(page.get_by_test_id("talks")).to_have_text("comme livré")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
