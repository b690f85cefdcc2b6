"""Everything by its name (Ctrl+K), what somebody sets for himself, and what follows him to another browser."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk, says

KOFFI = "koffi@savane.example"


@pytest.mark.timeout(180)
@pytest.mark.needs("RFP-156", part="everything by its name, single keys switched off")
def test_a_command_is_found_by_its_name_and_the_writer_goes_on_where_he_was(
    visit: Callable[..., Page], palabre: Running
) -> None:
    desk = Desk(visit, palabre, KOFFI)
    page = desk.page
    number = f"+22901{time.time_ns() % 10**8:08d}"
    says(palabre, number, "vous ouvrez a quelle heure", "1919")  # the bot has it, so nobody else takes it meanwhile

    def of_the_number() -> str:
        rows = desk.ask("get", "/api/conversations?view=all&limit=50")["items"]
        return next((row["id"] for row in rows if row["contact"]["address"] == number), "")

    began = time.monotonic()
    while not (conversation := of_the_number()):
        assert time.monotonic() - began < 20
        time.sleep(0.2)
    page.goto(desk.address(f"/?view=all&c={conversation}"))
    expect(page.get_by_test_id("thread")).to_contain_text("vous ouvrez")

    page.keyboard.press("Control+k")
    field = page.get_by_test_id("palette")
    expect(field).to_be_focused()
    page.keyboard.type("ecrire une note")
    page.keyboard.press("Enter")
    composer = page.get_by_test_id("composer-text")
    expect(composer).to_be_focused()
    page.keyboard.type("Je regarde")
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    page.keyboard.type("serree")  # without its accents
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-density", "compact")
    expect(composer).to_be_focused()
    expect(composer).to_have_value("Je regarde")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(composer).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("contraste eleve")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-contrast", "more")

    other = Desk(visit, palabre, KOFFI).page
    other.goto(desk.address("/"))
    expect(other.locator("html")).to_have_attribute("data-density", "compact")
    expect(other.locator("html")).to_have_attribute("data-contrast", "more")
    desk.ask("patch", "/api/session", {"density": "roomy", "theme": "system"})
