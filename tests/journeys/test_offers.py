"""A conversation is offered: one agent declines it, the next accepts, answers, says what came of it and wraps it up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk, says
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)

NUMBER = "+2290197515253"
RING_S = 60
PASSWORD = "w8.Tq-2mZr!x7"


class Floor:
    """Queue "Litiges" of line 3334: it asks for a skill that two agents have, offers, and wants a disposition."""

    def __init__(self, boss: Desk) -> None:
        self.boss = boss
        mark = Desk.new_id()[:6]
        skill = self.add("skills", {"name": f"Litiges {mark}"})["id"]
        nobody = self.add("skills", {"name": f"Personne {mark}"})["id"]
        self.queue = self.add("queues", {
            "name": f"Litiges {mark}", "auto_accept": False, "ring_s": RING_S, "wrap_up_s": 120,
            "dispositions_required": True, "skills": [{"skill_id": skill, "least": 1, "preferred": 0}],
        })["id"]  # fmt: skip
        for name in ("Remboursé", "Sans suite"):
            self.add("dispositions", {"queue_id": self.queue, "name": name})
        self.others = [one["id"] for one in self.all("queues") if one["id"] != self.queue and one["is_enabled"]]
        self.line = next(one for one in self.all("lines") if one["address"] == "3334")
        # Ida is the better of the two: she is asked first.
        self.ids: list[str] = []
        self.agents = {name: self._agent(f"{name} {mark}", skill, level) for name, level in (("Ida", 5), ("Jonas", 2))}
        # What waits elsewhere goes to neither of them: other journeys look for it where it is.
        for other in self.others:
            self.change("queues", other, {"skills": [{"skill_id": nobody, "least": 5, "preferred": 0}]})
        self.change("lines", self.line["id"], {"queue_id": self.queue})

    def all(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.boss.ask("get", f"/api/admin/{kind}")["items"]
        return found

    def add(self, kind: str, given: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = self.boss.ask("post", f"/api/admin/{kind}", given)
        return made

    def change(self, kind: str, key: str, given: dict[str, Any]) -> None:
        self.boss.ask("patch", f"/api/admin/{kind}/{key}", given)

    def _agent(self, name: str, skill: str, level: int) -> str:
        email = f"{name.replace(' ', '.').lower()}@savane.example"
        given = {"name": name, "email": email, "role": "agent", "language": "fr", "password": PASSWORD}
        key: str = self.add("users", given)["id"]
        self.ids.append(key)
        self.change("agents", key, {"capacity": 3, "skills": [{"skill_id": skill, "level": level}]})
        return email

    def restore(self) -> None:
        for key in self.ids:
            self.boss.ask("put", f"/api/supervision/agents/{key}/state", {"state": "offline"})
        self.change("lines", self.line["id"], {"queue_id": self.line["queue_id"]})
        for other in self.others:
            self.change("queues", other, {"skills": []})
        self.change("queues", self.queue, {"is_enabled": False})


@pytest.fixture
def floor(visit: Callable[..., Page], palabre: Running) -> Iterator[Floor]:
    made = Floor(Desk(visit, palabre, "admin@savane.example"))
    yield made
    made.restore()


def desk_of(visit: Callable[..., Page], palabre: Running, email: str) -> Page:
    page = visit(palabre.desk)
    page.get_by_test_id("sign-in-email").fill(email)
    page.get_by_test_id("sign-in-password").fill(PASSWORD)
    page.get_by_test_id("sign-in-submit").click()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    return page


def says_available(page: Page) -> None:
    page.get_by_test_id("presence").get_by_role("button").click()
    page.get_by_role("menuitemradio", name="Disponible").click()
    expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "available")


@pytest.mark.timeout(240)
@pytest.mark.needs("MCE-017", part="at the desk: offered to the better, declined, offered to the next")
@pytest.mark.needs("MCE-021", part="at the desk: only who has the skill is asked")
def test_one_declines_the_next_accepts_answers_closes_with_a_disposition_and_wraps_up(
    visit: Callable[..., Page], palabre: Running, floor: Floor
) -> None:
    words = f"Litige {time.time_ns()}"
    ida = desk_of(visit, palabre, floor.agents["Ida"])
    jonas = desk_of(visit, palabre, floor.agents["Jonas"])
    says_available(ida)
    says_available(jonas)
    says(palabre, NUMBER, words)

    card = ida.get_by_test_id("offer")
    expect(card).to_contain_text("01 97 51 52 53")
    expect(card).to_contain_text("Litiges")
    expect(card).to_contain_text(words)
    expect(ida).to_have_title("Une proposition\u202f! · Palabre")
    assert 0 < int(card.get_by_role("timer").get_attribute("data-left") or 0) <= RING_S
    expect(jonas.get_by_test_id("offers")).to_have_count(0)
    expect(ida.get_by_test_id("load")).to_contain_text("1/3")

    ida.get_by_test_id("offer-decline").click()
    ida.get_by_test_id("decline-not_mine").click()
    expect(ida.get_by_test_id("offers")).to_have_count(0)
    expect(ida.get_by_test_id("load")).to_contain_text("0/3")
    expect(ida.get_by_test_id("presence")).to_have_attribute("data-state", "available")

    # With the keyboard alone: O to the card, Enter.
    card = jonas.get_by_test_id("offer")
    expect(card).to_contain_text(words)
    jonas.wait_for_timeout(700)
    jonas.locator("body").press("o")
    expect(card).to_be_focused()
    card.press("Enter")
    expect(jonas.get_by_test_id("offers")).to_have_count(0)
    expect(jonas.get_by_test_id("thread")).to_contain_text(words)
    composer = jonas.get_by_test_id("composer-text")
    composer.fill("Bonjour, ici Jonas.")
    composer.press("Enter")
    sent = jonas.locator("[data-testid=message][data-kind=outgoing]").filter(has_text="ici Jonas")
    expect(sent).to_have_attribute("data-status", "delivered")

    composer.press("Escape")
    jonas.locator("body").press("e")
    expect(jonas.get_by_test_id("close-dialog")).to_be_visible()
    jonas.keyboard.press("Enter")
    expect(jonas.get_by_test_id("close-dialog").get_by_role("alert")).to_have_text("Choisissez un résultat.")
    jonas.keyboard.press("1")
    jonas.keyboard.press("Enter")
    expect(jonas.get_by_test_id("close-dialog")).to_have_count(0)

    expect(jonas.get_by_test_id("wrap-up")).to_contain_text("01 97 51 52 53")
    expect(jonas.get_by_test_id("presence")).to_have_attribute("data-state", "wrap_up")
    expect(jonas.get_by_test_id("load")).to_contain_text("1/3")
    expect(jonas.get_by_test_id("wrap-up-disposition").locator("option:checked")).to_have_text("Remboursé")
    jonas.locator("body").press("n")
    expect(jonas.get_by_test_id("wrap-up")).to_have_count(0)
    expect(jonas.get_by_test_id("presence")).to_have_attribute("data-state", "available")
    expect(jonas.get_by_test_id("load")).to_contain_text("0/3")
