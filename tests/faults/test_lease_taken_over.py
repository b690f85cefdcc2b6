"""The owner of the links is stopped (SIGSTOP) with texts and answers under way; another takes over; the first goes on.

The operators' ledger shows nothing of the former owner's after the next one's bind: what it had claimed goes back to
the queue, what it had read is offered again, and each leaves or is shown once.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from config.up.trial import Running
from tests.faults.conftest import FULL, Line, promised, seeds, wait_until
from tests.faults.engines import Pour, Wire, accounted, dense, sent_once, stopped
from tests.faults.test_the_line_holds import another, facts

ACCOUNTS = ("savane", "lagune")
NAMES = ("Savane Mobile", "Lagune Telecom")
TAKEN_OVER_S = 15.0  # a lease of 10 s, and a bind


def story(line: Line, rows, body: str) -> list[str]:
    """What the operator's ledger and the database know of one text, in order of time (seconds since 1970)."""
    told = [(row["at"], f"ledger {row}") for row in line.ledger() if row.get("text") == body]
    of_text = {row.get("mo") for row in line.ledger() if row.get("text") == body}
    told += [
        (row["at"], f"ledger {row}") for row in line.ledger() if "resp" in row["command"] and row.get("mo") in of_text
    ]
    told += [
        (float(at), f"stored {row}")
        for at, *row in rows(
            """select extract(epoch from s.at), m.id, s.key, s.confirmed, r.link_id
               from conversations_message m join conversations_rawinbound r on r.id = m.id
               join conversations_seen s on s.link_id = r.link_id and s.key = r.key where m.body = %s""",
            body,
        )
    ]
    told += [
        (row["at"], f"ledger {row['session']} {row['command']}")
        for row in line.ledger()
        if row.get("command") in ("bind_transceiver", "bind_transceiver_resp")
    ]
    return [words for _, words in sorted(told)]


def tell_what_is_twice(line: Line, rows, stored: list[str]) -> None:
    for body, times in Counter(stored).items():
        if times > 1:
            print(f"{body!r} is stored {times} times:", *story(line, rows, body), sep="\n  ")


def last_bind(line: Line, account: str) -> dict[str, Any]:
    return [
        row for row in line.ledger() if row["account"] == account and row.get("command") == "bind_transceiver_resp"
    ][-1]


def silent_since(line: Line, former: set[str], binds: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """What former sessions submitted after the next owner had been bound."""
    return [
        row
        for row in line.ledger()
        if row.get("command") == "submit_sm" and row["session"] in former and row["n"] > binds[row["account"]]["n"]
    ]


def take_over(line: Line, rows, chance: random.Random, pid: int, number: int) -> None:
    """Stop `pid`, the owner, at some moment; see the other bind; let it go on at some moment; look what it did."""
    former = {last_bind(line, account)["session"] for account in ACCOUNTS}
    seen = max(last_bind(line, account)["n"] for account in ACCOUNTS)
    for account in ACCOUNTS:
        line.behave(account, delay_ms=chance.choice([0, 5, 50, 300]), receipt_delay_ms=chance.choice([0, 400]))
    time.sleep(chance.uniform(0.5, 2.5))
    with stopped(pid):
        began = time.monotonic()
        wait_until(
            lambda: all(last_bind(line, account)["n"] > seen for account in ACCOUNTS), "the other owner is bound", 40
        )
        took = time.monotonic() - began
        time.sleep(chance.uniform(0, 2))
    binds = {account: last_bind(line, account) for account in ACCOUNTS}
    time.sleep(3)
    print(f"take-over {number}: bound {took:.1f} s after the stop")
    assert silent_since(line, former, binds) == [], "the former owner sent after the next one's bind"
    assert took < promised(TAKEN_OVER_S)


@pytest.mark.skipif(
    not FULL, reason="each take-over lasts a lease of 10 s: `make faults`; the rule itself is a unit test"
)
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", seeds(4))
@pytest.mark.needs("RFP-019", part="a stopped process is replaced, and does no harm when it goes on")
def test_an_owner_that_was_stopped_sends_nothing_when_it_goes_on(palabre: Running, line, rows, tmp_path: Path, seed):
    chance = random.Random(seed)
    print(f"seed {seed}")
    for account in ACCOUNTS:
        line.behave(account, window=20)
    place = tmp_path / "second"
    with another(palabre, "gateway", place) as second, another(palabre, "dispatcher", place) as other:
        wait_until(lambda: bool(facts(place, "dispatcher")), "the second dispatcher stands by", 120)
        asks = Pour(line, "bonjour, bail", to="1919", every_s=0.04, first=300_000)
        with Pour(line, "bail", every_s=0.15) as people, asks:
            owners = [palabre.pid("gateway"), second.pid]
            for number in range(6):
                take_over(line, rows, chance, owners[number % 2], number)
            leaders = [palabre.pid("dispatcher"), other.pid]
            for number in range(4):
                follow(palabre, place, leaders[number % 2], leads_now=number % 2 == 0, chance=chance)
        expected = {*people.sent, *asks.sent}
        wait_until(lambda: set(line.acknowledged()) >= expected, "every text is acknowledged", 60)
        wait_until(lambda: not rows("select 1 from conversations_unhandled"), "everything is decided", 60)
        wait_until(lambda: not rows("select 1 from conversations_delivery where state in (0, 1)"), "outbox empty", 60)
    found, stored = accounted(line, rows, "bail ")
    assert found <= set(stored)
    tell_what_is_twice(line, rows, stored)
    assert sorted(stored) == sorted(expected), "stored twice, or never"
    sent_once(line, rows)
    dense(rows)
    unknown = rows("select count(*) from conversations_delivery where state = 2")
    print(f"{len(expected)} texts; answers whose fate nobody knows: {unknown[0][0]}")


def follow(palabre: Running, place: Path, pid: int, *, leads_now: bool, chance: random.Random) -> None:
    """Stop the dispatcher that leads; the other leads within its lease; the first one stands by when it goes on."""

    def leads(second: bool) -> bool:
        said = facts(place, "dispatcher") if second else palabre.facts("dispatcher") or {}
        return bool(said.get("leading"))

    wait_until(lambda: leads(not leads_now), "it leads", 30)
    time.sleep(chance.uniform(0, 1))
    with stopped(pid):
        took = wait_until(lambda: leads(leads_now), "the other dispatcher leads", promised(10))
        time.sleep(chance.uniform(0, 2))
    wait_until(lambda: not leads(not leads_now), "the former leader knows", promised(5))
    print(f"the other dispatcher led {took:.1f} s after the stop")


@pytest.mark.skipif(not FULL, reason="a lease of 10 s: `make faults`")
@pytest.mark.timeout(300)
def test_an_owner_that_is_cut_from_postgresql_leaves_before_the_next_one_binds(palabre: Running, line, rows, tmp_path):
    for account in ACCOUNTS:
        line.behave(account, window=20)
    place = tmp_path / "second"
    with Wire(palabre.environ["DATABASE_URL"]) as wire:
        palabre.environ["DATABASE_URL"], near = wire.url, palabre.environ["DATABASE_URL"]
        with another(palabre, "gateway", place):
            palabre.environ["DATABASE_URL"] = near
            palabre.stop("gateway")
            wait_until(
                lambda: set(NAMES) <= set(facts(place, "gateway").get("bound", [])), "the second owns the links", 30
            )
            former = {last_bind(line, account)["session"] for account in ACCOUNTS}
            seen = max(last_bind(line, account)["n"] for account in ACCOUNTS)
            asks = Pour(line, "bonjour, coupure", to="1919", every_s=0.05)
            with asks:
                time.sleep(2)
                palabre.resume("gateway", 30)
                began = time.monotonic()
                wire.swallow()
                wait_until(
                    lambda: all(last_bind(line, account)["n"] > seen for account in ACCOUNTS), "the other is bound", 40
                )
                print(f"bound {time.monotonic() - began:.1f} s after the cut")
                binds = {account: last_bind(line, account) for account in ACCOUNTS}
                time.sleep(3)
            assert silent_since(line, former, binds) == []
            gone = {
                row["session"]
                for row in line.ledger()
                if row.get("command") == "disconnected" and row["n"] < min(bind["n"] for bind in binds.values())
            }
            assert former <= gone, "two owners were bound at once"
        wait_until(lambda: set(line.acknowledged()) >= set(asks.sent), "every text is acknowledged", 40)
    _, stored = accounted(line, rows, "coupure")
    tell_what_is_twice(line, rows, stored)
    assert sorted(stored) == sorted(asks.sent)
    sent_once(line, rows)
