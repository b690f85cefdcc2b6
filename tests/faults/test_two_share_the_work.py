"""Two web processes and two workers share the load, and the loss of one of each costs nothing."""

from __future__ import annotations

import os
import signal
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from config.up import checks
from config.up.ports import Ports
from config.up.trial import Running
from tests.faults.beside import another, facts
from tests.faults.conftest import FULL, wait_until
from tests.faults.screen import UNREACHABLE, Desk, Refused
from tests.faults.traffic import subscriber

JOBS = 20
ANSWERS = 60
DONE = "select count(*) from jobs_job where id::text = any(%s) and state = 'done'"
DONE_OR_LEASED = """select count(*) from jobs_job
    where id::text = any(%s) and (state = 'done' or state = 'running' and lease_until > clock_timestamp())"""
TALKS = 6


@pytest.fixture
def palabre(standing: Running) -> Running:
    return standing


@pytest.mark.timeout(240)
@pytest.mark.needs(
    "RFP-019", part="web and worker here; gateway and dispatcher stand by for each other, tested elsewhere"
)
def test_two_of_each_share_the_load_and_killing_one_loses_nothing(palabre, line, rows, tmp_path):
    second = tmp_path / "second"
    second.mkdir()
    kept = Ports(second).hold("web_port")
    port = kept.port
    place = f"http://127.0.0.1:{port}"
    with (
        closing(kept),
        another(palabre, "web", second, WEB_PORT=str(port)) as web,
        another(palabre, "worker", second) as worker,
    ):
        wait_until(
            lambda: bool(facts(second, "web")) and bool(facts(second, "worker")), "the second ones are ready", 30
        )
        assert checks.page_answers(f"{place}/") == ""
        one = Desk(palabre, email="awa@savane.example")
        two = Desk(palabre, email="awa@savane.example", base=place)
        database = palabre.environ["DATABASE_OWNER_URL"]

        # One worker hangs: the other does what there is. (Which of two gets a job is chance, else.)
        hung = palabre.pid("worker")
        os.kill(hung, signal.SIGSTOP)
        try:
            asked = ask_for_jobs(database)
            wait_until(lambda: rows(DONE, asked) == [(JOBS,)], "the second worker does every job", 40)
        finally:
            os.kill(hung, signal.SIGCONT)

        def both_have_worked() -> bool:
            """Chance may give the other one many jobs in a row, but not all of them for ever."""
            asked.extend(ask_for_jobs(database, 5))
            time.sleep(0.5)
            return len(shares(rows, asked)) >= 2

        wait_until(both_have_worked, "the one that hung works again", 60)
        asked += ask_for_jobs(database)
        talks = []
        for number in range(TALKS):
            line.text(subscriber(30_000 + number), "Bonjour", to="3334")
        wait_until(lambda: len(queued(one)) >= TALKS, "they are on the screen")
        for id_ in queued(one)[:TALKS]:
            one.insist(f"/api/conversations/{id_}/take", {})
            talks.append(id_)

        # Each answer goes to one of the two, to the other where that one has gone: what a balancer does.
        def say(number: int) -> tuple[str, str]:
            given = {"client_id": str(uuid.uuid4()), "body": f"partagée {number}"}
            if number == ANSWERS // 2:
                palabre.kill("web")
                worker.kill()
            if number == ANSWERS - ANSWERS // 6:
                web.kill()
            return given["client_id"], balanced((one, two), number, talks[number % TALKS], given)

        with ThreadPoolExecutor(4) as hands:
            told = dict(hands.map(say, range(ANSWERS)))
        stored = rows("select client_id::text, id::text from conversations_message where body like 'partagée %%'")
        assert sorted(stored) == sorted(told.items()), "each answer once, as its author was told"

        # What the killed worker had in its hands waits for the end of its lease, half a minute: `make faults` does.
        over = DONE if FULL else DONE_OR_LEASED
        took = wait_until(lambda: rows(over, asked) == [(len(asked),)], "every job is done", 60)
        print(f"{len(asked)} jobs done {took:.1f} s later, by worker: {shares(rows, asked)}")
        sent = "select count(*) from conversations_delivery where state >= 3 and message_id::text = any(%s)"
        wait_until(lambda: rows(sent, list(told.values())) == [(ANSWERS,)], "every answer is sent", 60)
        assert max(count for body, count in line.submitted().items() if body.startswith("partagée")) == 1


def shares(rows, asked: list[str]) -> list[tuple[str, int]]:
    """How many of these jobs each worker has, or had."""
    return rows(
        """select split_part(lease_holder, ':', 2), count(*) from jobs_job
           where id::text = any(%s) and lease_holder <> '' group by 1""",
        asked,
    )


def queued(desk: Desk) -> list[str]:
    rows = desk.insist("/api/conversations?view=queue&limit=50")["items"]
    return [row["id"] for row in rows if (row["last_message"] or {}).get("preview") == "Bonjour"]


def balanced(desks: tuple[Desk, Desk], number: int, conversation: str, given: dict[str, str]) -> str:
    deadline = time.monotonic() + 30
    while True:
        try:
            answer = desks[number % 2].ask(f"/api/conversations/{conversation}/messages", given, seconds=5)
        except Refused:
            raise
        except UNREACHABLE:
            assert time.monotonic() < deadline, "neither of the two answers"
            number += 1
            time.sleep(0.05)
        else:
            return str(answer["id"])


def ask_for_jobs(database: str, count: int = JOBS) -> list[str]:
    """Jobs that become due one after the other while the answers are written."""
    with psycopg.connect(database, autocommit=True) as connection:
        return [
            str(row[0])
            for row in connection.execute(
                """insert into jobs_job (id, kind, arguments, state, progress, attempts, max_attempts, due_at,
                                         lease_holder, result, error, created_at)
                   select uuidv7(), 'conversations.count_density', '{}', 'waiting', 0, 0, 10,
                          now() + n * interval '50 ms', '', '{}', '', now()
                   from generate_series(1, %s) n returning id""",
                [count],
            )
        ]
