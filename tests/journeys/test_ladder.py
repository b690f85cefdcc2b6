"""Who waits is told his place, and gets somebody of another queue when his own has nobody: set up on the screen."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator

import psycopg
import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk, says
from tests.journeys.test_a_new_text import until
from tests.journeys.test_offers import Floor, desk_of, says_available
from tests.journeys.watching import WAIT_MS

expect.set_options(timeout=WAIT_MS)

NUMBER = "+2290197616263"
TELL_S, OVERFLOW_S = 4, 30
PLACE = "Votre place dans la file : 1."


def team_of(palabre: Running, user_id: str, name: str) -> str:
    """Teams have no screen yet."""
    with psycopg.connect(palabre.environ["DATABASE_OWNER_URL"], autocommit=True) as database:
        row = database.execute(
            "insert into accounts_team (id, organisation_id, name)"
            " select uuidv7(), organisation_id, %s from accounts_user where id = %s returning id",
            (name, user_id),
        ).fetchone()
        assert row is not None
        database.execute("insert into accounts_team_members (team_id, user_id) values (%s, %s)", (row[0], user_id))
        return str(row[0])


def heard(palabre: Running, number: str) -> list[str]:
    """What the operators were handed for `number`."""
    texts: list[str] = []
    since = 0
    while True:
        address = f"{palabre.phone.rstrip('/')}/control/ledger?command=submit_sm&limit=1000&since={since}"
        with urllib.request.urlopen(address, timeout=10) as answer:
            page = json.load(answer)
        texts += [row.get("text", "") for row in page["rows"] if row.get("destination", "").lstrip("+") == number[1:]]
        since = page["upto"]
        if since >= page["last"]:
            return texts


@pytest.fixture
def floor(visit: Callable[..., Page], palabre: Running) -> Iterator[Floor]:
    """His own queue is Ida's, who is not at work; Jonas serves another."""
    made = Floor(Desk(visit, palabre, "admin@savane.example"))
    mark = Desk.new_id()[:6]
    own = {"team_ids": [team_of(palabre, made.ids[0], f"Litiges {mark}")], "dispositions_required": False}
    made.change("queues", made.queue, own)
    team = team_of(palabre, made.ids[1], f"Renfort {mark}")
    made.other = made.add("queues", {"name": f"Renfort {mark}", "team_ids": [team]})
    yield made
    made.restore()
    made.change("queues", made.other["id"], {"is_enabled": False})


@pytest.mark.timeout(240)
@pytest.mark.needs("MCE-017", part="at the desk: told the place, and given to the queue it overflows into")
def test_a_waiting_text_is_told_its_place_and_goes_to_the_agent_of_the_queue_it_overflows_into(
    visit: Callable[..., Page], palabre: Running, floor: Floor
) -> None:
    boss = floor.boss
    name = next(one["name"] for one in floor.all("queues") if one["id"] == floor.queue)
    page = boss.page
    page.goto(boss.address("/admin/queues"))
    page.get_by_role("button", name=name, exact=True).click()
    form = page.get_by_role("dialog")
    form.get_by_text("Ce que l’attente change").click()
    for number, (seconds, what) in enumerate(((OVERFLOW_S, "add_queue"), (TELL_S, "tell_position")), start=1):
        form.get_by_test_id("ladder-add").click()
        row = form.get_by_test_id("ladder-step").nth(number - 1)
        row.locator("select").first.select_option(what)
        if what == "add_queue":
            row.locator("select").nth(1).select_option(label=floor.other["name"])
        row.locator("input").first.fill(str(seconds))
        row.locator("input").first.press("Tab")
    expect(form.get_by_test_id("ladder-step").first.locator("input").first).to_have_value(str(TELL_S))
    form.locator("button[type=submit]").click()
    expect(form).to_have_count(0)
    stored = next(one["ladder"] for one in floor.all("queues") if one["id"] == floor.queue)
    assert [(one["after_s"], one["do"]) for one in stored] == [(TELL_S, "tell_position"), (OVERFLOW_S, "add_queue")]

    jonas = desk_of(visit, palabre, floor.agents["Jonas"])
    says_available(jonas)
    words = f"Toujours rien recu {time.time_ns()}"
    begun = time.monotonic()
    says(palabre, NUMBER, words)
    [found] = _waiting(boss)
    page.goto(boss.address(f"/?view=all&c={found['id']}"))
    expect(page.get_by_test_id("wait")).to_contain_text("Place 1 sur 1.")
    until(lambda: any("Votre place" in row for row in heard(palabre, NUMBER)), "his place, at the operator")
    assert time.monotonic() - begun >= TELL_S
    expect(page.get_by_test_id("thread")).to_contain_text(PLACE)
    expect(page.get_by_test_id("wait")).to_contain_text("Sa place lui a été dite")

    # Ida's queue has nobody at work; what waits there long enough is Jonas's, too.
    expect(jonas.get_by_test_id("load")).to_contain_text("1/3", timeout=WAIT_MS + OVERFLOW_S * 1000)
    assert time.monotonic() - begun >= OVERFLOW_S
    [found] = _rows(boss)
    assert (found["owner_id"], found["queue_id"]) == (floor.ids[1], floor.queue)
    assert sum("Votre place" in row for row in heard(palabre, NUMBER)) == 1
    boss.ask("post", f"/api/conversations/{found['id']}/close")


def _rows(boss: Desk) -> list[dict]:
    return list(boss.ask("get", f"/api/conversations?view=all&q=%2B{NUMBER[1:]}")["items"])


def _waiting(boss: Desk) -> list[dict]:
    until(lambda: [one for one in _rows(boss) if one["status"] == "queued"], "the conversation in its queue")
    return _rows(boss)
