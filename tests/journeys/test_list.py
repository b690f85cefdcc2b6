"""The list in two browsers: a saved view follows what happens, and sixty conversations get one tag at once."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk, says
from tests.journeys.test_a_text_reaches_an_agent import desk_of
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)

MANY = 60


def settled(boss: Desk, query: str, wanted: int) -> list[str]:
    """The ids of `query`, once there are so many."""
    until = time.monotonic() + 60
    while True:
        items = boss.ask("get", f"/api/conversations?limit=200&{query}")["items"]
        if len(items) >= wanted:
            return [one["id"] for one in items]
        assert time.monotonic() < until, (query, len(items))
        time.sleep(0.3)


@pytest.mark.timeout(180)
@pytest.mark.needs("MCE-046")
def test_a_saved_view_counts_what_happens_and_is_there_in_another_browser(
    visit: Callable[..., Page], palabre: Running
) -> None:
    stamp = time.time_ns() % 1_000_000
    boss = Desk(visit, palabre, "sam@savane.example")
    name = f"Vue {stamp}"
    tag = Desk(visit, palabre, "admin@savane.example").ask("post", "/api/admin/tags", {"name": f"T{stamp}"})["id"]

    awa = desk_of(visit, palabre)
    awa.goto(f"{palabre.desk.rstrip('/')}/?view=all&tag={tag}")
    expect(awa.get_by_test_id("empty")).to_be_visible()
    awa.get_by_test_id("filter-views").click()
    awa.get_by_test_id("view-save").click()
    awa.get_by_test_id("view-name").fill(name)
    awa.get_by_test_id("view-submit").click()
    mine = awa.get_by_test_id("saved-view").filter(has_text=name).first
    expect(mine.get_by_test_id("view-count")).to_contain_text("0")

    another = desk_of(visit, palabre)  # she, elsewhere
    another.get_by_test_id("filter-views").click()
    there = another.get_by_test_id("saved-view").filter(has_text=name)
    expect(there.get_by_test_id("view-count")).to_contain_text("0")

    number = f"+22901975{stamp % 100_000:05d}"
    says(palabre, number, f"Litige {stamp}")
    (found,) = settled(boss, f"view=all&q={number[1:]}", 1)
    given = {"id": boss.new_id(), "action": "tag", "tag_id": tag, "conversation_ids": [found]}
    assert boss.ask("post", "/api/bulk", given)["changed"] == 1
    for page in (awa, another):  # without a reload, in both
        count = page.get_by_test_id("saved-view").filter(has_text=name).first.get_by_test_id("view-count")
        expect(count).to_contain_text("1")
    there.click()
    row = another.get_by_test_id("conversation-row")
    expect(row).to_have_count(1)
    expect(row.get_by_test_id("row-tags")).to_contain_text(f"T{stamp}")
    assert f"tag={tag}" in another.url, "a link to it can be shared"


@pytest.mark.timeout(240)
@pytest.mark.needs("MCE-046", part="many at once")
def test_sixty_get_a_tag_by_a_worker_and_what_was_over_is_said(visit: Callable[..., Page], palabre: Running) -> None:
    stamp = time.time_ns() % 10_000
    boss = Desk(visit, palabre, "admin@savane.example")
    tag = boss.ask("post", "/api/admin/tags", {"name": f"Soixante {stamp}"})
    for n in range(MANY):
        says(palabre, f"+229019{stamp:04d}{n:03d}", f"Coupure {stamp}")
    sam = desk_of(visit, palabre, "sam@savane.example")
    whole = f"view=all&q=22901 9{stamp:04d}".replace(" ", "")
    settled(boss, whole, MANY)
    sam.goto(f"{palabre.desk.rstrip('/')}/?{whole}")
    expect(sam.get_by_test_id("conversation-row").first).to_be_visible()
    sam.locator("body").press("b")
    sam.get_by_test_id("bulk-all").click()
    sam.get_by_test_id("bulk-tag").click()
    sam.get_by_role("menuitem", name=tag["name"]).first.click()
    result = sam.get_by_test_id("bulk-result")
    expect(result).to_have_attribute("data-state", "done", timeout=60_000)
    expect(result).to_contain_text(f"{MANY} étiquetées")
    assert len(settled(boss, f"view=all&tag={tag['id']}", MANY)) == MANY

    # Three are over meanwhile: closing all says so, in words, and closes the others.
    over = settled(boss, f"view=all&tag={tag['id']}", MANY)[:3]
    assert (
        boss.ask("post", "/api/bulk", {"id": boss.new_id(), "action": "close", "conversation_ids": over})["changed"]
        == 3
    )
    sam.get_by_test_id("choose").click()
    sam.get_by_test_id("bulk-all").click()
    sam.get_by_test_id("bulk-close").click()
    expect(result).to_have_attribute("data-state", "done", timeout=60_000)
    expect(sam.get_by_test_id("bulk-refused")).to_contain_text("3 inchangées")
    expect(sam.get_by_test_id("bulk-refused")).to_contain_text("fermée entre-temps")
