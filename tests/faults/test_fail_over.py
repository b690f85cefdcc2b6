"""An operator goes away in the middle of a wave: what he had not been given leaves by another, and nothing twice.

The operators' ledger is the witness: each text of the wave, by its own words, at which operator and how often. Some are
swallowed unanswered right before the end, so that there is something to send twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import psycopg
import pytest

from tests.faults.conftest import FULL, seeds, wait_until
from tests.faults.test_stop_in_a_wave import _GONE, _WAVE, at_the_wires_pace, is_of_the_wave

OWN = "vague numéro"
WAVE = 2_000 if FULL else 300
AWAY, OTHER = "savane", "lagune"
REFUSED = 13  # ESME_RBINDFAIL: whoever comes back is not let in
WAITS = "select count(*) from conversations_delivery where lane = 2 and state in (0, 1)"


def at_the_operators(ledger: list[dict[str, Any]]) -> dict[str, Counter[str]]:
    """Text of the wave -> operator -> how often he was handed it."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in ledger:
        if is_of_the_wave(row):
            found[row["text"]][row["account"]] += 1
    return found


@pytest.mark.timeout(600)
@pytest.mark.needs("RFP-025", part="by another link")
@pytest.mark.parametrize("seed", seeds(3))
def test_a_link_that_is_killed_in_a_wave_costs_no_text_and_doubles_none(palabre, line, rows, seed):
    database = palabre.environ["DATABASE_OWNER_URL"]
    at_the_wires_pace(database, AWAY)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("update conversations_line set failover = 'at_once' where address = '1919'")
    wait_until(
        lambda: set(palabre.facts("gateway")["bound"]) == set(palabre.facts("gateway")["links"]), "all are bound"
    )
    began = line.last()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(_WAVE, {"count": WAVE, "account": AWAY, "own": OWN})

    wait_until(lambda: rows(_GONE)[0][0] >= WAVE // 4 + 7 * seed, "the wave goes on", 60)
    line.behave(AWAY, no_response=1.0)  # taken, shown on the phone, and never answered
    before = line.last()
    wait_until(lambda: sum(map(is_of_the_wave, line.ledger(before))) >= 3, "some are swallowed")
    line.behave(AWAY, no_response=1.0, refuse_bind=REFUSED)
    line.ask(f"/control/accounts/{AWAY}/disconnect", {})
    wait_until(lambda: rows(WAITS) == [(0,)], "nothing waits any more", WAVE / 20 + 60)

    # The database is settled; what an operator read before that stands in his ledger before we ask.
    handed = at_the_operators(line.ledger(began))
    twice = {text: dict(where) for text, where in handed.items() if where.total() > 1}
    shown = rows(
        """select m.body, link.settings->>'system_id', d.state, d.path from conversations_delivery d
           join conversations_message m on m.id = d.message_id join conversations_link link on link.id = d.link_id
           where d.lane = 2"""
    )
    moved = [body for body, _, _, path in shown if path == "moved"]
    unknown = [body for body, _, state, _ in shown if state == 2]
    print(f"seed {seed}: {len(shown)} texts, {len(moved)} moved, {len(unknown)} unknown")
    assert twice == {}, "an operator, or two, were handed a text again"
    assert len(shown) == WAVE
    assert moved and unknown, "nothing was proved"
    assert set(unknown).isdisjoint(moved), "what may have been written has moved"
    for body, account, state, _ in shown:
        if state != 2:
            assert handed[body] == Counter({account: 1}), f"{body}: {state} at {account}, handed {handed[body]}"
        else:
            assert set(handed[body]) <= {AWAY}
