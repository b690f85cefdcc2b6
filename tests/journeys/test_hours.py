"""Hours made on the screen close a line: who writes is told once, waits, and is called back if that was promised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.journeys.desk import Desk, says
from tests.journeys.test_a_new_text import line_of, parts_to, until
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)

SUBSCRIBER, LATE = "+2290197350001", "+2290197350002"
WORDS = "Le bureau est ferme pour inventaire. Nous revenons bientot."


@pytest.fixture
def boss(visit, palabre) -> Iterator[Desk]:
    """The administrator; what he closes is open again afterwards."""
    desk = Desk(visit, palabre, "admin@savane.example")
    line_id = line_of(desk)
    yield desk
    desk.ask("patch", f"/api/admin/lines/{line_id}", {"schedule_id": ""})
    for language in ("fr", "en"):
        desk.ask("put", f"/api/admin/lines/{line_id}/after-hours", {"language": language, "body": ""})
    for one in desk.ask("get", "/api/admin/targets")["items"]:
        kind = "queues" if one["kind"] == "queue" else "lines"
        desk.ask("put", f"/api/admin/{kind}/{one['id']}/targets", {})
    for one in desk.ask("get", "/api/admin/schedules")["items"]:
        if one["name"] == "Agence":
            desk.ask("post", f"/api/admin/schedules/{one['id']}/remove")


@pytest.mark.timeout(240)
@pytest.mark.needs("RFP-033", part="hours")
def test_a_line_closed_on_the_screen_tells_its_subscriber_once_and_loses_nothing(boss, visit, palabre, watch):
    watch.expected.append(re.compile("status of 422"))  # the contradiction that is refused
    page, line_id = boss.page, line_of(boss)
    page.goto(boss.address("/admin/hours"))
    page.get_by_test_id("add").click()
    page.locator("#schedule-name").fill("Agence")
    page.locator("#schedule-country").select_option("BJ")
    first = page.get_by_test_id("day-mon").locator("input[inputmode=numeric]")
    first.nth(1).fill("07:00")  # before it opens
    page.locator("dialog button[type=submit]").click()
    expect(page.get_by_test_id("day-mon").get_by_role("alert")).to_be_visible()
    first.nth(1).fill("12:30")
    page.locator("dialog button[type=submit]").click()
    card = page.get_by_test_id("schedule").filter(has=page.get_by_text("Agence", exact=True))
    expect(card).to_have_count(1)
    expect(page.get_by_test_id("holidays-to-confirm")).to_be_visible()

    today = datetime.now(ZoneInfo("Africa/Porto-Novo")).date()
    card.get_by_test_id("add-special").click()
    page.locator("#special-first").fill(today.isoformat())
    page.locator("#special-last").fill((today + timedelta(days=1)).isoformat())
    page.locator("#special-reason").fill("Inventaire")
    page.locator("dialog button[type=submit]").click()
    expect(card.get_by_test_id("special-days")).to_have_count(1)
    expect(card).to_have_attribute("data-open", "false")

    [schedule] = [one for one in boss.ask("get", "/api/admin/schedules")["items"] if one["name"] == "Agence"]
    boss.ask("patch", f"/api/admin/lines/{line_id}", {"schedule_id": schedule["id"]})
    french = page.get_by_test_id("after-hours-fr")
    expect(french).to_be_visible()
    page.locator("section:has([data-testid=after-hours-fr]) select").select_option(line_id)
    french.locator("textarea").fill(WORDS)
    expect(page.get_by_test_id("after-hours-fr-count")).to_have_attribute("data-parts", "1")
    french.locator("button[type=submit]").click()
    until(lambda: WORDS in str(boss.ask("get", f"/api/admin/lines/{line_id}/after-hours")), "the text")

    says(palabre, SUBSCRIBER, "Bonjour, ma puce est bloquée")
    until(lambda: parts_to(palabre, SUBSCRIBER, WORDS) == 1, "the answer at the operator")
    says(palabre, SUBSCRIBER, "Il y a quelqu'un ?")
    [row] = found(boss, SUBSCRIBER)
    until(lambda: found(boss, SUBSCRIBER)[0]["unread"] == 2, "the second text")
    until(lambda: len(boss.messages(row["id"])) >= 3, "two texts and one answer")
    assert parts_to(palabre, SUBSCRIBER, WORDS) == 1
    assert found(boss, SUBSCRIBER)[0]["waiting_since"] == row["waiting_since"]

    # A colleague promises to come back, and has.
    awa = Desk(visit, palabre)
    awa.page.goto(awa.address(f"/?view=all&c={row['id']}"))
    awa.page.get_by_test_id("callback").click()
    awa.page.get_by_test_id("callback-save").click()
    bar = awa.page.get_by_test_id("callback-bar")
    expect(bar).to_have_attribute("data-due", "false")
    assert found(boss, SUBSCRIBER)[0]["callback_at"]
    bar.get_by_test_id("callback-kept").click()
    expect(bar).to_have_count(0)


@pytest.mark.timeout(240)
def test_who_waits_longer_than_the_target_is_shown_so_in_words_and_comes_first(boss, visit, palabre):
    session = boss.ask("get", "/api/session")
    for queue in session["queues"]:
        boss.ask("put", f"/api/admin/queues/{queue['id']}/targets", {"first_s": 1, "is_business": False})
    until(lambda: any(one["first_s"] for one in boss.ask("get", "/api/admin/targets")["items"]), "the targets")
    says(palabre, LATE, "Bonjour, toujours en panne")
    until(lambda: any(one["deadline"] for one in found(boss, LATE)), "the deadline")
    page = boss.page
    page.goto(boss.address("/?view=queue&order=deadline"))
    expect(page.get_by_test_id("list-order")).to_have_value("deadline")
    [row] = found(boss, LATE)
    shown = page.locator(f"[data-conversation='{row['id']}']").first
    expect(shown).to_contain_text("en retard de")


def found(desk: Desk, number: str) -> list[dict]:
    return list(desk.ask("get", f"/api/conversations?view=all&q=%2B{number[1:]}")["items"])
