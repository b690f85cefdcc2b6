"""Long and awkward texts in the whole product: what a line allows, what is spared, and a part that comes too late."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk, says
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)

# An ê makes it three SMS instead of two.
FRENCH = ("Bonjour, votre demande est prête, merci de votre patience. " * 3).strip()


def control(palabre: Running, path: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(
        f"{palabre.phone.rstrip('/')}/control/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10):
        pass


@contextmanager
def line_says(boss: Desk, **fields: Any) -> Iterator[None]:
    """The line 3334, by its administrator; as it was afterwards."""
    [line] = [one for one in boss.ask("get", "/api/admin/lines")["items"] if one["address"] == "3334"]
    boss.ask("patch", f"/api/admin/lines/{line['id']}", fields)
    yield
    boss.ask("patch", f"/api/admin/lines/{line['id']}", {name: line[name] for name in fields})


def talk(desk: Desk, palabre: Running, number: str, words: str) -> Page:
    """A subscriber's text, taken by this agent and open on the screen."""
    says(palabre, number, words)
    page = desk.page
    page.goto(desk.address("/"))
    page.get_by_test_id("tab-queue").click()
    page.get_by_test_id("conversation-row").filter(has_text=words[:20]).click()
    page.get_by_test_id("take").first.click()
    expect(page.get_by_test_id("take")).to_have_count(0)
    return page


def on_the_phone(visit: Any, palabre: Running, number: str, words: str) -> None:
    phone = visit(palabre.phone)
    phone.get_by_test_id("phone-number").fill(number)
    phone.get_by_test_id("phone-number").press("Enter")
    phone.get_by_test_id("phone-code").select_option("3334")
    bubble = phone.locator("[data-testid=phone-bubble][data-direction=received]").filter(has_text=words[:30])
    expect(bubble).to_contain_text(words)


@pytest.mark.timeout(120)
@pytest.mark.needs("ELL-017", part="on the screen")
@pytest.mark.needs("BUS-011", part="sparing on the screen")
def test_a_text_is_counted_marked_and_spared_while_it_is_written(visit, palabre):
    desk, boss = Desk(visit, palabre), Desk(visit, palabre, "admin@savane.example")
    page = talk(desk, palabre, "+2290197330001", "Où en est ma demande ?")
    field, counter = page.get_by_test_id("composer-text"), page.get_by_test_id("segment-counter")
    field.fill(FRENCH)
    expect(counter).to_have_attribute("data-parts", "3")
    expect(page.locator("form mark").filter(has_text="ê").first).to_be_visible()
    page.get_by_test_id("segment-saving").click()
    expect(counter).to_have_attribute("data-parts", "2")
    expect(field).to_have_value(FRENCH.replace("ê", "e"))

    with line_says(boss, most_parts=1):
        field.fill("a" * 160)
        expect(page.get_by_test_id("composer-send")).to_be_enabled()
        field.fill("a" * 161)
        expect(counter).to_contain_text("161/160")
        expect(page.get_by_test_id("composer-send")).to_be_disabled()
    with line_says(boss, saver="always"):
        field.fill(FRENCH)
        expect(page.get_by_test_id("segment-applied")).to_contain_text(FRENCH.replace("ê", "e"))
        field.press("Enter")
        on_the_phone(visit, palabre, "+2290197330001", FRENCH.replace("ê", "e"))
    with line_says(boss, saver="never"):
        field.fill(FRENCH)
        expect(counter).to_have_attribute("data-parts", "3")
        expect(page.get_by_test_id("segment-saving")).to_have_count(0)


@pytest.mark.timeout(120)
@pytest.mark.needs("BUS-011", part="a late part on the screen")
def test_a_part_that_comes_too_late_still_reaches_the_screen(visit, palabre):
    desk, boss = Desk(visit, palabre), Desk(visit, palabre, "admin@savane.example")
    links = boss.ask("get", "/api/admin/links")["items"]
    for link in links:
        boss.ask("patch", f"/api/admin/links/{link['id']}", {"settings": {"parts_wait_s": 1}})
    page = talk(desk, palabre, "+2290197330002", "Bonjour, un souci")
    control(palabre, "accounts/savane/behaviour", {"late_parts": 1, "late_s": 6})
    says(palabre, "+2290197330002", "un " * 51 + "deux " * 28 + "fin")
    shown = page.locator("[data-testid=message][data-kind=incoming]").last
    expect(shown).to_contain_text("[…]")
    expect(shown).to_contain_text("deux deux fin")
    expect(shown).not_to_contain_text("[…]")
    expect(shown).to_contain_text("Complété à")
    for link in links:
        boss.ask("patch", f"/api/admin/links/{link['id']}", {"settings": {"parts_wait_s": None}})


@pytest.mark.timeout(120)
@pytest.mark.needs("BUS-011", part="alphabets of operators in their form")
def test_an_administrator_says_what_a_data_coding_means(visit, palabre, watch):
    watch.expected.append(re.compile("status of 422"))  # a code that is none is refused, and said so in its field
    boss = Desk(visit, palabre, "admin@savane.example")
    page = boss.page
    page.goto(boss.address("/admin/links"))
    page.get_by_role("button", name="Savane Mobile").first.click()
    page.get_by_text("Texte et alphabets").click()
    page.get_by_label("Autres codes des textes reçus").fill("4 = morse")
    page.get_by_role("dialog").get_by_role("button", name="Enregistrer").click()
    wrong = page.get_by_label("Autres codes des textes reçus")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    wrong.fill("4 = gsm7")
    page.get_by_label("Code envoyé avec les textes en Latin-1").fill("3")
    page.get_by_role("dialog").get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    [link] = [one for one in boss.ask("get", "/api/admin/links")["items"] if one["name"] == "Savane Mobile"]
    assert (link["settings"]["data_codings"], link["settings"]["data_coding_latin1"]) == ("4 = gsm7", 3)
    boss.ask(
        "patch", f"/api/admin/links/{link['id']}", {"settings": {"data_codings": None, "data_coding_latin1": None}}
    )
