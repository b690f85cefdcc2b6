"""The main job, whole: phone, operator, bot, agent's browser, and back to the phone."""

from __future__ import annotations

import json
import time
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)

NUMBER = "+2290197112233"


def phone_of(visit, palabre: Running, number: str = NUMBER, code: str = "1919") -> Page:
    page = visit(palabre.phone)
    page.get_by_test_id("phone-number").fill(number)
    page.get_by_test_id("phone-number").press("Enter")
    page.get_by_test_id("phone-code").select_option(code)
    return page


def text(phone: Page, words: str) -> None:
    phone.get_by_test_id("phone-text").fill(words)
    phone.get_by_test_id("phone-send").click()


def desk_of(visit, palabre: Running, email: str = "awa@savane.example") -> Page:
    page = visit(palabre.desk)
    page.locator(f"[data-testid=demo-person][data-email='{email}']").click()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    return page


def left_the_operator(palabre: Running, words: str) -> float:
    """When the deliver_sm of `words` was written to the socket, by the operator's ledger (Unix time)."""
    address = f"{palabre.phone.rstrip('/')}/control/ledger?command=deliver_sm&limit=1000"
    with urllib.request.urlopen(address, timeout=10) as answer:
        rows = json.load(answer)["rows"]
    return next(row["at"] for row in reversed(rows) if row.get("text") == words)


def take(desk: Page) -> None:
    """Take the open conversation; until it is ours the composer writes notes only."""
    desk.get_by_test_id("take").first.click()
    expect(desk.get_by_test_id("take")).to_have_count(0)
    expect(desk.get_by_test_id("close").first).to_be_visible()


@pytest.mark.timeout(120)
@pytest.mark.needs("BUS-014")
@pytest.mark.needs("BUS-056")
@pytest.mark.needs("RFP-006")
@pytest.mark.needs("RFP-029")
@pytest.mark.needs("MCE-001")
@pytest.mark.needs("MCE-007", part="by SMS; the call itself needs an operator's switch")
@pytest.mark.needs("MCE-016", part="the desk; later screens fall under the same journey")
@pytest.mark.needs("MCE-029")
def test_bonjour_a_person_asked_for_and_the_answer_delivered(visit, palabre):
    phone = phone_of(visit, palabre)
    text(phone, "Bonjour")
    answers = phone.locator("[data-testid=phone-bubble][data-direction=received]")
    expect(answers).to_have_count(1)

    desk = desk_of(visit, palabre)
    desk.get_by_test_id("tab-queue").click()
    address = desk.url
    text(phone, "je veux un conseiller")
    row = desk.get_by_test_id("conversation-row").filter(has_text="01 97 11 22 33")
    row.wait_for()
    painted = time.time()
    left = left_the_operator(palabre, "je veux un conseiller")
    print(f"from the operator's socket to the painted row, through the bot: {painted - left:.3f} s")
    expect(row).to_have_count(1)
    assert desk.url == address, "without a reload"

    row.click()
    take(desk)
    composer = desk.get_by_test_id("composer-text")
    composer.fill("Bonjour, ici Awa. Que puis-je faire pour vous ?")
    composer.press("Enter")
    sent = desk.locator("[data-testid=message][data-kind=outgoing]").filter(has_text="ici Awa")
    expect(sent).to_have_count(1)
    expect(phone.locator("[data-testid=phone-bubble]").filter(has_text="ici Awa")).to_have_count(1)
    expect(sent).to_have_attribute("data-status", "delivered")

    text(phone, "Merci bcp")
    expect(desk.locator("[data-testid=message][data-kind=incoming]").filter(has_text="Merci bcp")).to_have_count(1)


@pytest.mark.timeout(120)
@pytest.mark.needs("BUS-011")
def test_long_texts_arrive_whole_both_ways(visit, palabre):
    words = "Voici toute mon histoire avec des accents é è à et un euro € à la fin. " * 5
    phone = phone_of(visit, palabre, "+2290197112244", "3334")
    text(phone, words.strip())
    desk = desk_of(visit, palabre)
    desk.get_by_test_id("tab-all").click()
    desk.get_by_test_id("conversation-row").filter(has_text="Voici toute mon histoire").first.click()
    expect(desk.locator("[data-testid=message][data-kind=incoming]").last).to_contain_text(words.strip())
    take(desk)
    answer = "Nous avons bien tout lu : ça, là, où, ñ, ç, 漢字 et 😀 compris. " * 4
    desk.get_by_test_id("composer-text").fill(answer.strip())
    desk.get_by_test_id("composer-send").click()
    expect(phone.locator("[data-testid=phone-bubble]").filter(has_text="Nous avons bien tout lu").last).to_contain_text(
        answer.strip()
    )


@pytest.mark.timeout(120)
def test_the_operator_keeps_texts_while_the_gateway_is_away(visit, palabre):
    phone = phone_of(visit, palabre, "+2290197112255", "3334")
    palabre.stop("gateway")
    expect(phone.get_by_test_id("phone-banner")).to_be_visible()
    text(phone, "gardez ce texte")
    kept = phone.locator("[data-testid=phone-bubble]").filter(has_text="gardez ce texte")
    expect(kept).to_have_attribute("data-state", "kept")
    palabre.resume("gateway", 60)
    expect(phone.get_by_test_id("phone-banner")).to_be_hidden()
    expect(kept).to_have_attribute("data-state", "handed")
    desk = desk_of(visit, palabre)
    desk.get_by_test_id("tab-all").click()
    expect(desk.get_by_test_id("conversation-row").filter(has_text="gardez ce texte")).to_have_count(1)
