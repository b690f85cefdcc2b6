"""Who signs out leaves nothing behind for the next shift: not in the browser's storage, not behind its Back button."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.desk import Desk

STORED = """async () => {
    const databases = await indexedDB.databases();
    const caches = globalThis.caches ? await globalThis.caches.keys() : [];
    const others = [...databases.map(one => one.name), ...caches].map(name => [name, 1]);
    return {...localStorage, ...sessionStorage, ...Object.fromEntries(others)};
}"""
DRAFT = "Un brouillon que personne d’autre ne doit lire"


def sign_out(page: Page) -> None:
    page.get_by_test_id("user-menu").click()
    page.get_by_role("menuitem").last.click()


@pytest.mark.timeout(90)
@pytest.mark.needs("RFP-094", part="nothing stays in a browser after signing out")
def test_after_signing_out_the_storage_is_empty_and_back_shows_nothing(visit, palabre, watch):
    watch.expected.append(re.compile("ERR_FAILED"))
    desk = Desk(visit, palabre)
    page = desk.page
    page.route("**/api/conversations/*/draft", lambda route: route.abort())  # one that the server has is not lost
    opened = desk.ask("get", "/api/conversations?view=all&status=open&limit=1")["items"][0]
    page.goto(desk.address("/?view=all"))
    page.goto(desk.address(f"/?view=all&c={opened['id']}"))
    last = page.get_by_test_id("message").last
    last.wait_for()
    words = last.locator("p").first.inner_text()
    page.get_by_test_id("composer-text").fill(DRAFT)
    for _ in range(100):
        if DRAFT in str(page.evaluate(STORED)):
            break
        page.wait_for_timeout(100)
    assert DRAFT in str(page.evaluate(STORED)), "a draft outlives a closed tab"

    sign_out(page)
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(STORED), "nothing is lost before the answer"
    page.get_by_test_id("leave").click()
    page.get_by_test_id("sign-in-submit").wait_for()
    page.wait_for_timeout(600)  # longer than any timer that saves
    assert page.evaluate(STORED) == {}
    assert not [cookie["name"] for cookie in page.context.cookies() if cookie["name"].endswith("session")]

    for _ in range(2):  # the list, and the sign-in before it
        page.go_back()
        page.get_by_test_id("sign-in-submit").wait_for()
        shown = page.locator("body").inner_text()
        assert words not in shown
        assert DRAFT not in page.content()
        assert (opened["contact"]["name"] or opened["contact"]["address"]) not in shown
    assert page.evaluate(STORED).keys() <= {"palabre.theme"}, "what a fresh page chooses for itself"


@pytest.mark.timeout(60)
def test_a_sign_out_that_does_not_reach_the_server_says_so_and_keeps_everything(visit, palabre, watch):
    watch.expected.append(re.compile("ERR_FAILED"))
    desk = Desk(visit, palabre)
    page = desk.page
    page.goto(desk.address("/"))
    page.get_by_test_id("user-menu").wait_for()
    page.route("**/auth/session", lambda route: route.abort())
    sign_out(page)
    expect(page.get_by_test_id("toast")).to_be_visible()
    expect(page.get_by_test_id("user-menu")).to_be_visible()


@pytest.mark.timeout(60)
def test_no_answer_about_people_may_be_kept_by_a_browser(visit, palabre, watch):
    desk = Desk(visit, palabre)
    kept: list[str] = []

    def look(answer):
        if "/static/" not in answer.url and "no-store" not in answer.headers.get("cache-control", ""):
            kept.append(answer.url)

    desk.page.on("response", look)
    for path in ("/?view=all", "/?view=queue"):
        desk.page.goto(desk.address(path))
        desk.page.get_by_test_id("connection").wait_for()
    desk.page.wait_for_load_state("networkidle")
    assert kept == []
