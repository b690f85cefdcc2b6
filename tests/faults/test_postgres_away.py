"""PostgreSQL goes away, or hangs, while texts and answers flow: nothing is acknowledged that is not stored, agents are
told, and everything goes on by itself when it is back."""

from __future__ import annotations

import time

import pytest

from config.answer_limit import ANSWER_S
from config.up.trial import Running
from tests.faults.conftest import FULL, Line, promised, wait_until
from tests.faults.engines import Pour, Sampler, accounted, away, dense, hung, sent_once
from tests.faults.screen import Desk

BACK_WITHIN_S = 10.0
TEMPORARY, THROTTLED = 0x64, 0x58


def answers_while(line: Line, since: float, until: float) -> set[int]:
    """How texts were answered between two instants (time.time)."""
    return {
        row["status"]
        for row in line.ledger()
        if row.get("command") == "deliver_sm_resp" and "mo" in row and since <= row["at"] <= until
    }


def ride_out(palabre: Running, line: Line, rows, fault, seconds: float, words: str, every_s: float = 0.15) -> float:
    """Texts and bot answers flow; `fault` holds for `seconds`; then all of it is whole again, within the promise.

    Returns the longest time after which the desk was told that the database is away; 0.0: it was not told.
    """
    for account in ("savane", "lagune"):
        line.behave(account, window=20)
    desk = Desk(palabre)
    asks = f"bonjour, {words}"
    with Pour(line, words, every_s=every_s) as people, Pour(line, asks, to="1919", every_s=0.4, first=500_000) as bot:
        time.sleep(2)
        with Sampler(lambda: desk.ask("/api/conversations?view=all&limit=1", seconds=60)) as screen:
            with fault(palabre, "postgres") as back:
                began = time.time()
                time.sleep(seconds)
                ended = time.time()
            page = wait_until(lambda: isinstance(screen.answers[-1][1], dict), "the desk answers", promised(10))
        acknowledged = len(line.acknowledged())
        wait_until(lambda: len(line.acknowledged()) > acknowledged, "texts are acknowledged again", promised(10))
        taken = back.since()
        submits = sum(line.submitted().values())
        wait_until(lambda: sum(line.submitted().values()) > submits, "answers leave again", promised(10))
        answered = back.since()
    print(f"{words}: desk {page:.1f} s, texts {taken:.1f} s, answers {answered:.1f} s after PostgreSQL's return")
    assert max(taken, answered) < promised(BACK_WITHIN_S)

    expected = {*people.sent, *bot.sent}
    wait_until(lambda: set(line.acknowledged()) >= expected, "everything offered is acknowledged", promised(30))
    wait_until(lambda: not rows("select 1 from conversations_delivery where state in (0, 1)"), "outbox empty", 30)
    found, stored = accounted(line, rows, words)
    assert found - set(stored) == set(), "acknowledged and lost"
    assert sorted(stored) == sorted(expected), "stored twice, or never"
    sent_once(line, rows)
    dense(rows)
    # Had the first second of the absence still been on its way to the log, it would have been stored.
    while_away = answers_while(line, began + 1.0, ended)
    assert while_away <= {TEMPORARY, THROTTLED}, f"answered {while_away} while nothing could be stored"
    told = {answer for at, answer, _ in screen.answers if isinstance(answer, tuple)}
    print(f"the desk was told {told or 'nothing: its requests waited'}")
    assert {status for status, _ in told} <= {503}
    assert all('"unavailable"' in body for _, body in told)
    longest = max((took for _, answer, took in screen.answers if isinstance(answer, tuple)), default=0.0)
    print(f"told so after {longest:.1f} s at the longest")
    assert longest < promised(ANSWER_S + 2)
    return longest


@pytest.mark.timeout(400)
@pytest.mark.needs("MCE-061", part="PostgreSQL and Valkey")
def test_texts_and_answers_outlive_a_postgresql_that_is_gone(palabre, line, rows):
    ride_out(palabre, line, rows, away, 60 if FULL else 8, "absence")


@pytest.mark.skipif(not FULL, reason="20 s of silence: `make faults`")
@pytest.mark.timeout(400)
def test_texts_and_answers_outlive_a_postgresql_that_says_nothing(palabre, line, rows):
    """While it is bound the gateway answers the operator's enquire_link; it leaves in good order before its lease is
    over (another gateway may still hear PostgreSQL) and is back by itself."""
    for account in ("savane", "lagune"):
        line.behave(account, enquire_s=1.0)
    assert ride_out(palabre, line, rows, hung, 20, "silence") > 0, "whoever asked waited as long as the silence"
    said = [row for row in line.ledger() if "hung up" in row.get("command", "")]
    assert said == [], "an enquire_link stayed without an answer"
    ends = [row for row in line.ledger() if row.get("command") == "unbind" and row["direction"] == "in"]
    assert ends, "it left without a goodbye"
