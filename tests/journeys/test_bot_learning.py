"""Fifty corrections on the learning screen, a candidate, its figures, publishing: the phone is understood at last."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk, says
from tests.journeys.test_bot_versions import FATOU, phone_of
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)

# Words for money that the shipped bot has never read: nobody who writes so is understood.
WORDS = ("pognon", "kopek", "wari", "sika", "akwe", "gaou", "flouze", "nkap", "mbongo", "djai")
WAYS = ("il reste kombien 2 {} la", "{} la c koi mtn", "dis moi {} svp", "gade voir mon {}", "mon {} on dit koi")
UNSEEN = "eske mon wari est fini gade voir"
LEARNS_MS = 240_000


def waits_until_listed(desk: Desk, count: int) -> None:
    until = time.monotonic() + 120
    while True:
        items = desk.ask("get", "/api/admin/bot/turns?bot=telecom&show=all")["items"]
        if len(items) >= count:
            return
        assert time.monotonic() < until, f"{len(items)} of {count} turns"
        time.sleep(0.5)


@pytest.mark.timeout(600)
@pytest.mark.needs(
    "RFP-130", part="texts labelled on a screen, learnt, compared, published: the next text is understood"
)
def test_fifty_corrections_and_the_phone_is_understood(visit: Callable[..., Page], palabre: Running) -> None:
    desk = Desk(visit, palabre, FATOU)
    page = desk.page
    answers = "[data-testid=phone-bubble][data-direction=received]"
    phone = phone_of(visit, palabre, f"+22901{time.time_ns() % 10**8:08d}")
    phone.get_by_test_id("phone-text").fill(UNSEEN)
    phone.get_by_test_id("phone-send").click()
    expect(phone.locator(answers)).to_have_count(1)
    expect(phone.locator(answers).last).not_to_contain_text("*191*1#")

    texts = [way.format(word) for word in WORDS for way in WAYS]
    first = time.time_ns() % 10**6 * 100
    for number, text in enumerate(texts):
        says(palabre, f"+22901{first + number:08d}", text, code="1919")
    waits_until_listed(desk, 50)

    page.goto(desk.address("/admin/learning"))
    page.get_by_test_id("learning-bot").select_option("telecom")
    page.get_by_test_id("show").select_option("all")
    expect(page.get_by_test_id("turn")).to_have_count(50)
    # One by its key: nothing of ours is a mistake, which the next label puts right.
    page.get_by_test_id("turn").first.focus()
    with page.expect_response(re.compile("/bot/labels$")) as one:
        page.keyboard.press("o")
    assert one.value.ok, one.value.text()
    expect(page.get_by_test_id("label")).to_have_count(1)
    page.get_by_test_id("select-all").click()
    page.get_by_test_id("meant-all").select_option("balance")
    with page.expect_response(re.compile("/bot/labels$")) as labelled:
        page.get_by_test_id("label-all").click()
    assert labelled.value.ok, labelled.value.text()
    assert labelled.value.json()["labelled"] == 50
    expect(page.get_by_test_id("label")).to_have_count(50)
    with page.expect_response(re.compile("/labels/learn$")) as learnt:
        page.get_by_test_id("learn").click()
    assert learnt.value.ok, learnt.value.text()
    assert learnt.value.json()["added"] >= 30

    page.goto(desk.address("/admin/bot"))
    page.get_by_test_id("bot").select_option("telecom")
    page.get_by_test_id("tab-changes").click()
    expect(page.get_by_test_id("publish")).to_be_disabled()
    page.get_by_test_id("train").click()
    expect(page.get_by_test_id("figures")).to_be_visible(timeout=LEARNS_MS)
    expect(page.get_by_test_id("verdict")).to_have_attribute("data-passes", "true")
    expect(page.get_by_test_id("figures")).to_contain_text("seraient compris autrement")
    page.get_by_test_id("publish").click()
    expect(page.get_by_test_id("talks")).to_have_text(re.compile("version"))

    # Learnt by a worker, and read by the dispatchers within moments: until then the version before goes on talking.
    until = time.monotonic() + 60
    for attempt in range(60):
        phone = phone_of(visit, palabre, f"+22901{(first + 60 + attempt) % 10**8:08d}")
        phone.get_by_test_id("phone-text").fill(UNSEEN)
        phone.get_by_test_id("phone-send").click()
        expect(phone.locator(answers)).to_have_count(1)
        if "*191*1#" in (phone.locator(answers).last.text_content() or ""):
            break
        assert time.monotonic() < until, "the published version is not heard"
        phone.close()
    page.get_by_test_id("tab-versions").click()
    page.get_by_test_id("restore").click()
    expect(page.get_by_test_id("talks")).to_have_text("comme livré")
