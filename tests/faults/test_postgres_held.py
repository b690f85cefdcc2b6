"""PostgreSQL is there and does not do what it should: somebody holds a hot row, or all the connections. Texts are put
off, nobody is told a lie, nothing piles up, and all goes on by itself when it is let go."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from config.up.trial import Running
from tests.faults.conftest import FULL, promised, wait_until
from tests.faults.engines import Pour, Sampler, accounted, dense, sent_once
from tests.faults.screen import Desk

HELD_S = 30.0
GOES_ON_WITHIN_S = 10.0

pytestmark = [
    pytest.mark.skipif(not FULL, reason="half a minute each: `make faults`; the lanes have unit tests"),
    pytest.mark.timeout(300),
]


@contextlib.contextmanager
def held(palabre: Running, statement: str, *parameters: object) -> Iterator[None]:
    """A session that has taken a row and sits there, idle in its transaction."""
    with psycopg.connect(palabre.environ["DATABASE_OWNER_URL"]) as somebody:
        somebody.execute(statement, parameters)
        yield
        somebody.rollback()


def everything_went_through(line, rows, word: str, sent: list[str]) -> None:
    took = wait_until(lambda: set(line.acknowledged()) >= set(sent), "every text is acknowledged", promised(20))
    print(f"{word}: all acknowledged {took:.1f} s after the load")
    found, stored = accounted(line, rows, word)
    assert found <= set(stored)
    assert sorted(stored) == sorted(sent), "stored twice, or never"
    wait_until(lambda: not rows("select 1 from conversations_delivery where state in (0, 1)"), "outbox empty", 30)
    sent_once(line, rows)
    dense(rows)


def test_an_event_head_held_for_half_a_minute(palabre, line, rows):
    line.behave("savane", window=20)
    line.behave("lagune", window=20)
    line.text("+2290197313131", "avant", to="3334")
    wait_until(lambda: line.acknowledged()["avant"] == 1, "the first text")
    desk = Desk(palabre)
    mine = next(row for row in desk.rows_fetched().values() if row["contact"]["address"] == "+2290197313131")
    path = f"/api/conversations/{mine['id']}"

    def note() -> None:
        desk.ask(f"{path}/notes", {"client_id": str(uuid.uuid4()), "body": "retenu"})

    most = 0
    with Pour(line, "tête", every_s=0.1) as people:
        time.sleep(1)
        with held(palabre, "select 1 from realtime_eventhead for update"):
            until = time.monotonic() + HELD_S
            before = len(line.acknowledged())
            with Sampler(note) as writing, Sampler(lambda: desk.ask(path)) as reading:
                while time.monotonic() < until:
                    sessions = rows("select count(*) from pg_stat_activity where backend_type = 'client backend'")
                    most = max(most, sessions[0][0])
                    time.sleep(1)
                told = {answer[0] if isinstance(answer, tuple) else repr(answer) for _, answer, _ in writing.answers}
                slowest = max(took for _, _, took in reading.answers)
                waited = max(took for _, _, took in writing.answers)
            assert len(line.acknowledged()) <= before + 25, "acknowledged although nothing could be stored"
            print(f"writing was told {told} after at most {waited:.1f} s; reading took at most {slowest:.1f} s")
            assert told == {503}
            assert slowest < promised(2)
        acknowledged = len(line.acknowledged())
        took = wait_until(
            lambda: len(line.acknowledged()) > acknowledged + 5, "texts again", promised(GOES_ON_WITHIN_S)
        )
        print(f"texts {took:.1f} s after the row was let go; at most {most} sessions meanwhile")
    assert most < 70, "statements that nobody waits for pile up in the server"
    everything_went_through(line, rows, "tête ", people.sent)


def test_one_conversation_held_for_half_a_minute_costs_the_others_little(palabre, line, rows):
    for account in ("savane", "lagune"):
        line.behave(account, window=20)
    line.text("+2290197424242", "retenu 1", to="3334")
    wait_until(lambda: line.acknowledged()["retenu 1"] == 1, "the first text")
    with Pour(line, "voisin", every_s=0.1) as people:
        with held(
            palabre,
            """select 1 from conversations_conversation c join contacts_address a on a.id = c.address_id
               where a.value = %s for update of c""",
            "+2290197424242",
        ):
            line.text("+2290197424242", "retenu 2", to="3334")
            time.sleep(HELD_S)
            # Some were in a batch with the one that waits and are offered again; the last are on their way.
            offered = people.sent[:-60]
            through = sum(line.acknowledged()[body] for body in offered)
            print(f"{through} of {len(offered)} neighbours' texts taken meanwhile")
            assert through >= 0.8 * len(offered), "others' texts wait for a conversation that is not theirs"
            assert line.acknowledged()["retenu 2"] == 0
        took = wait_until(lambda: line.acknowledged()["retenu 2"] == 1, "it is let go", promised(GOES_ON_WITHIN_S))
        print(f"the text of the held conversation {took:.1f} s after it was let go")
    everything_went_through(line, rows, "voisin", people.sent)


def test_every_connection_is_taken(palabre, line, rows):
    for account in ("savane", "lagune"):
        line.behave(account, window=20)
    taken: list[psycopg.Connection] = []
    desk = Desk(palabre)
    with Pour(line, "plein", every_s=0.1) as people, Pour(line, "bonjour, plein", to="1919", every_s=0.4) as asks:
        time.sleep(1)
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                taken.append(psycopg.connect(palabre.environ["DATABASE_OWNER_URL"]))
        palabre.kill("gateway")
        palabre.kill("dispatcher")
        time.sleep(10)
        for one in taken:
            one.close()
        let_go = time.monotonic()
        acknowledged = len(line.acknowledged())
        wait_until(lambda: len(line.acknowledged()) > acknowledged + 5, "texts again", promised(GOES_ON_WITHIN_S))
        print(f"{len(taken)} sessions of a stranger; texts {time.monotonic() - let_go:.1f} s after they left")
        desk.insist("/api/conversations?view=all&limit=1", limit_s=promised(10))
    everything_went_through(line, rows, "plein", [*people.sent, *asks.sent])
