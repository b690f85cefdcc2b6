"""A conversation is put aside at the desk: it sleeps, and comes back by a text, by hand and by its time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.journeys.desk import Desk, says
from tests.journeys.test_a_new_text import until
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)

SUBSCRIBER = "+2290197360001"


@pytest.fixture
def awa(visit, palabre) -> Iterator[Desk]:
    """Busy: what waits elsewhere does not come to her. With room for one more."""
    desk, boss = Desk(visit, palabre), Desk(visit, palabre, "admin@savane.example")
    me = desk.ask("get", "/api/session")["presence"]
    desk.ask("put", "/api/presence", {"state": "busy"})
    boss.ask("patch", f"/api/admin/agents/{me['id']}", {"capacity": me["capacity"] + 2})
    yield desk
    for one in mine(desk):
        if one["status"] in ("open", "snoozed"):
            desk.ask("post", f"/api/conversations/{one['id']}/close", {"seen": one["last_seq"]})
    boss.ask("patch", f"/api/admin/agents/{me['id']}", {"capacity": me["capacity"]})
    desk.ask("put", "/api/presence", {"state": me["state"] if me["state"] != "wrap_up" else "available"})


@pytest.mark.timeout(240)
def test_what_is_put_aside_sleeps_and_comes_back_by_a_text_by_hand_and_by_its_time(awa, palabre):
    says(palabre, SUBSCRIBER, "Bonjour, je vous envoie le reçu demain")
    until(lambda: mine(awa), "the conversation")
    [row] = mine(awa)
    until(lambda: mine(awa)[0]["status"] == "queued", "its queue")
    awa.ask("post", f"/api/conversations/{row['id']}/take")
    here = f"/api/conversations/{row['id']}"
    page = awa.page
    page.goto(awa.address(f"/?view=mine&c={row['id']}"))
    expect(page.get_by_test_id("snooze")).to_be_visible()
    held = awa.ask("get", "/api/session")["presence"]["load"]

    page.keyboard.press("s")
    page.get_by_role("menuitem").filter(has_text="écrive").or_(page.get_by_role("menuitem", name="Until they")).click()
    expect(page.get_by_test_id("snooze-bar")).to_be_visible()
    assert awa.ask("get", "/api/session")["presence"]["load"] == held - 1
    page.get_by_test_id("tab-snoozed").click()
    expect(page.locator(f"[data-conversation='{row['id']}'] [data-testid=row-snoozed]")).to_be_visible()

    says(palabre, SUBSCRIBER, "Le voici")
    expect(page.get_by_test_id("snooze-bar")).to_have_count(0)
    expect(page.locator("section[data-conversation]")).to_contain_text("Le voici")
    # She takes nothing new just now: it waits in its queue, for a moment for her alone.
    until(lambda: awa.ask("get", here)["conversation"]["status"] == "queued", "the queue")
    page.get_by_test_id("take").click()
    expect(page.get_by_test_id("snooze")).to_be_visible()

    seen = awa.ask("get", here)["conversation"]["last_seq"]
    later = datetime.now(UTC) + timedelta(hours=4)
    awa.ask("post", f"{here}/snooze", {"seen": seen, "until": later.isoformat()})
    expect(page.get_by_test_id("snooze-bar")).to_be_visible()
    page.get_by_test_id("wake").click()
    expect(page.get_by_test_id("snooze-bar")).to_have_count(0)
    woken = awa.ask("get", here)["conversation"]
    assert (woken["status"], woken["snooze"]) == ("open", None)

    # What sleeps until a moment wakes by itself.
    soon = datetime.now(UTC) + timedelta(seconds=3)
    awa.ask("post", f"{here}/snooze", {"seen": woken["last_seq"], "until": soon.isoformat()})
    until(lambda: awa.ask("get", here)["conversation"]["status"] == "queued", "its time")
    page.get_by_test_id("take").click()
    expect(page.get_by_test_id("snooze")).to_be_visible()

    # On a phone everything is within reach, too.
    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_test_id("snooze").click()
    expect(page.get_by_role("menuitem")).not_to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def mine(desk: Desk) -> list[dict]:
    found: list[dict] = desk.ask("get", f"/api/conversations?view=all&q=%2B{SUBSCRIBER[1:]}")["items"]
    return [one for one in found if one["status"] != "closed"]
