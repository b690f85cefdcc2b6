"""An administrator fills a list from a file, puts it before a line, and whoever writes meets it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk, says
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)

FATOU = "admin@savane.example"
PARTNER, STRANGER = "+2290191000001", "+2290191999999"
SORRY = "Réservé aux partenaires, merci."


def numbers(count: int) -> bytes:
    """A spreadsheet's file: every tenth line holds no number."""
    rows = ["Nom;Téléphone"]
    rows += [f"Client {n};{'à vérifier' if n % 10 == 9 else f'01{91_000_001 + n}'}" for n in range(count)]
    return "\r\n".join(rows).encode("cp1252")


def drag(page: Page, handle: Locator, onto: Locator) -> None:
    """By the mouse, as a hand does: a browser tells where it is dragged only while it moves."""
    onto.scroll_into_view_if_needed()
    handle.hover()
    page.mouse.down()
    onto.hover(position={"x": 60, "y": 20})
    onto.hover(position={"x": 64, "y": 24})
    page.mouse.up()


@pytest.mark.timeout(180)
@pytest.mark.needs("MCE-008")
def test_a_list_is_filled_from_a_file_and_decides_who_is_let_in(
    visit: Callable[..., Page], palabre: Running, tmp_path: Path
) -> None:
    desk = Desk(visit, palabre, FATOU)
    page = desk.page
    name = f"Partenaires {time.time_ns()}"
    page.goto(desk.address("/admin/lists"))
    page.get_by_test_id("add").click()
    page.locator("#list-name").fill(name)
    page.locator("dialog button[type=submit]").click()
    page.get_by_test_id("list-file").wait_for(state="attached")
    file = tmp_path / "partenaires.csv"
    file.write_bytes(numbers(60_000))  # some 1.5 MB: three pieces
    began = time.monotonic()
    page.get_by_test_id("list-file").set_input_files(file)
    page.get_by_test_id("upload-progress").wait_for()
    expect(page.get_by_test_id("upload-done")).to_contain_text(re.compile(r"54.000 numéros repris"))
    print(f"60,000 lines in {time.monotonic() - began:.1f} s")
    with page.expect_download() as fetched:
        page.get_by_test_id("problems").click()
    report = Path(fetched.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert (len(report), report[0], report[1]) == (
        6001, '"Ligne";"Motif";"Valeur"', '"11";"pas un numéro";"à vérifier"',
    )  # fmt: skip
    page.get_by_test_id("list-number").fill("91 00 00 01")
    page.get_by_test_id("list-number").press("Enter")
    expect(page.locator("dialog")).to_contain_text("est dans cette liste")
    page.keyboard.press("Escape")

    page.goto(desk.address("/admin/filter"))
    chooser = page.get_by_test_id("filter-line")
    line = chooser.locator("option").filter(has_text="3334").first.get_attribute("value")
    assert line
    before = desk.ask("get", f"/api/admin/lines/{line}/filter")
    try:
        chooser.select_option(value=line)
        page.get_by_test_id("add-check").click()
        checks = page.get_by_test_id("check")
        last = checks.count()
        checks.nth(last - 1).get_by_label("Lequel").select_option(label=name)
        chosen = checks.nth(last - 1).get_by_label("Lequel").input_value()
        page.get_by_role("button", name=f"Monter le contrôle {last}", exact=True).press("Enter")
        expect(checks.nth(last - 2).get_by_label("Lequel")).to_have_value(chosen)
        drag(page, checks.nth(last - 2).get_by_test_id("grip"), checks.first)
        expect(checks.first.get_by_label("Lequel")).to_have_value(chosen)
        page.locator("#otherwise-outcome").select_option("answer")
        page.locator("#otherwise-reply").fill(SORRY)
        page.get_by_test_id("filter-on").check()
        page.get_by_test_id("try-number").fill(PARTNER)
        page.get_by_test_id("try").click()
        expect(page.get_by_test_id("tried")).to_have_attribute("data-outcome", "admit")
        page.get_by_test_id("try-number").fill(STRANGER)
        page.get_by_test_id("try").click()
        expect(page.get_by_test_id("tried")).to_have_attribute("data-outcome", "answer")
        with page.expect_response(re.compile("/filter$")) as saved:
            page.get_by_test_id("save-filter").click()
        assert saved.value.ok

        says(palabre, STRANGER, "Bonjour")
        says(palabre, PARTNER, "Bonjour")
        refused = page.locator('[data-testid=passage][data-outcome="answer"]').filter(has_text="91 99 99 99")
        refused.first.wait_for()
        page.get_by_role("button", name="Admis", exact=True).click()
        page.locator('[data-testid=passage][data-outcome="admit"]').filter(has_text="91 00 00 01").first.wait_for()
        came = {
            one["number"].replace(" ", ""): one
            for one in desk.ask("get", f"/api/front-filter/{line}/passages?which=all")["items"]
        }
        assert {number: came[number]["outcome"] for number in (PARTNER, STRANGER)} == {
            PARTNER: "admit", STRANGER: "answer",
        }  # fmt: skip
        states = {
            number: desk.ask("get", f"/api/conversations/{came[number]['conversation_id']}")["conversation"]["status"]
            for number in (PARTNER, STRANGER)
        }
        assert states[STRANGER] == "closed"
        assert states[PARTNER] in ("queued", "open")
        expect(page.get_by_test_id("refused-count").first).not_to_have_text("0")
        page.goto(desk.address("/supervision/filter"))
        watched = page.get_by_test_id("filtered-line").filter(has_text="3334")
        watched.get_by_role("button").click()
        expect(watched.get_by_test_id("refusedToday")).not_to_have_text("0")
        expect(page.locator('[data-testid=by-check][data-outcome="answer"]').first).to_be_visible()
        page.get_by_test_id("passages-answer").click()
        page.locator('[data-testid=passage][data-outcome="answer"]').filter(has_text="91 99 99 99").first.wait_for()
    finally:
        desk.ask("put", f"/api/admin/lines/{line}/filter", {**before, "revision": None, "is_enabled": False})
