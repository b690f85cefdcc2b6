"""A person is found however one spells it; two contacts become one and two again, before the eyes of two colleagues."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk, says
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)


def _talk(desk: Desk, number: str) -> str:
    """The conversation with `number`, once the text has arrived."""
    until = time.monotonic() + 10
    while True:
        found = desk.ask("get", f"/api/conversations?view=all&q={number[1:]}")["items"]
        if found:
            return str(found[0]["id"])
        assert time.monotonic() < until, f"no text of {number}"
        time.sleep(0.2)


def _look_for(page: Page, typed: str) -> None:
    expect(page.get_by_test_id("search-open")).to_be_visible()  # before it is there nobody hears the key
    page.locator("body").press("f")
    page.get_by_test_id("search-box").fill(typed)


@pytest.mark.timeout(240)
@pytest.mark.needs("RFP-091", part="at the desk: proposed, merged, split, seen by others at once")
def test_two_contacts_become_one_and_two_again_before_two_peoples_eyes(
    visit: Callable[..., Page], palabre: Running
) -> None:
    mark = time.time_ns() % 10**6
    one, other = f"+22901965{mark:06d}"[:14], f"+22901965{mark:06d}"[:13] + str((mark + 1) % 10)
    boss, colleague = Desk(visit, palabre, "sam@savane.example"), Desk(visit, palabre)
    says(palabre, one, "Bonjour du premier")
    says(palabre, other, "Bonjour du second")
    talks = [_talk(boss, number) for number in (one, other)]
    name = f"Félicité {mark}"
    for talk, called in zip(talks, (name, name.lower()), strict=True):
        contact = boss.ask("get", f"/api/conversations/{talk}")["contact"]["id"]
        boss.ask("patch", f"/api/people/{contact}", {"name": called})

    watching = colleague.page
    watching.goto(colleague.address(f"/?view=all&c={talks[1]}"))
    shown = watching.locator("aside")
    expect(shown.get_by_role("heading", level=2)).to_have_text(name.lower())

    page = boss.page
    page.goto(boss.address(f"/?view=all&c={talks[0]}"))
    page.get_by_test_id("merge").click()
    expect(page.get_by_test_id("alike")).to_be_visible()
    page.get_by_test_id("alike-choose").click()
    page.get_by_test_id("merge-save").click()
    expect(page.get_by_test_id("split")).to_be_visible()
    # The colleague's panel follows by itself: the name, both numbers, the other case.
    expect(shown.get_by_role("heading", level=2)).to_have_text(name)
    expect(shown.get_by_test_id("open-cases")).to_contain_text("Bonjour du premier")

    page.get_by_test_id("split").click()
    expect(page.get_by_test_id("split")).to_have_count(0)
    expect(shown.get_by_role("heading", level=2)).to_have_text(name.lower())
    expect(shown.get_by_test_id("open-cases")).to_have_count(0)


@pytest.mark.timeout(240)
@pytest.mark.needs("BUS-013", part="people found by number, name and tag")
def test_one_box_finds_a_number_a_folded_accent_a_slip_and_a_tag(visit: Callable[..., Page], palabre: Running) -> None:
    mark = time.time_ns() % 10**6
    number = f"+22901966{mark:06d}"[:14]
    boss = Desk(visit, palabre, "admin@savane.example")
    word = "".join(chr(ord("a") + int(digit)) for digit in f"{mark:06d}")
    says(palabre, number, f"Une réclamation{word} bien à moi")
    talk = _talk(boss, number)
    contact = boss.ask("get", f"/api/conversations/{talk}")["contact"]["id"]
    tag = boss.ask("post", "/api/admin/tags", {"name": f"Étape {word}"})["id"]
    boss.ask("patch", f"/api/people/{contact}", {"name": f"Ségolène Ahouan{word}", "tag_ids": [tag]})
    page = boss.page
    page.goto(boss.address("/?view=all"))

    odd = f"00 229 {number[4:6]}.{number[6:8]}-{number[8:]}"
    _look_for(page, odd)
    expect(page.get_by_test_id("search-person")).to_contain_text("Ségolène")
    page.get_by_test_id("search-box").fill(f"segolene ahouan{word}")
    expect(page.get_by_test_id("search-person")).to_have_count(1)
    page.get_by_test_id("search-box").fill(f"ahouan{word[:2]}{word[3:]}")  # a letter is missing
    expect(page.get_by_test_id("search-person").first).to_contain_text(f"Ahouan{word}")
    page.get_by_test_id("search-box").fill(f"tag:{word}")
    expect(page.get_by_test_id("search-problem")).to_have_count(0)
    expect(page.get_by_test_id("search-conversation")).to_have_count(1)
    page.get_by_test_id("search-box").fill(f"reclamation{word}")
    hit = page.get_by_test_id("search-text")
    expect(hit.locator("mark")).to_have_text(f"réclamation{word}")
    page.get_by_test_id("search-box").press("Enter")
    expect(page.locator("[data-found]")).to_contain_text(f"réclamation{word}")
    expect(page.locator("[data-found]")).to_be_focused()
