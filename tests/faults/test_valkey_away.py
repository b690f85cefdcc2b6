"""Valkey goes away, hangs, fills up or forgets everything while people work: nothing of theirs is lost, screens go on
by the sweep, jobs by the poller, and nobody waits for it."""

from __future__ import annotations

import threading
import time
import uuid

import pytest
import redis

from tests.faults.conftest import FULL, promised, wait_until
from tests.faults.engines import Pour, accounted, away, dense, hung, sent_once
from tests.faults.screen import Desk, Screen

LIVE_WITHIN_S = 5.0  # after Valkey's return; without it the sweep of each second does as well
JOB_WITHIN_S = 30.0  # schedule, poller and a worker that may just be starting; most often 4 to 10 s
SIGN_IN_S = 3.0  # with a Valkey that hangs: a few of its time-outs, and the hash of a password


class Work:
    """What people do in ten seconds: a text comes, the screen shows it, an agent takes it and answers, a job runs."""

    def __init__(self, palabre, line, rows, screen: Screen) -> None:
        self.palabre, self.line, self.rows, self.screen = palabre, line, rows, screen
        self.done = 0

    def once(self, words: str) -> dict[str, float]:
        self.done += 1
        times: dict[str, float] = {}
        sender, body = f"+22901966{self.done:05d}", f"{words} {self.done}"
        began = time.monotonic()
        self.line.text(sender, body, to="3334")

        def shown() -> dict | None:
            return row_of(self.screen, sender)

        wait_until(
            lambda: shown() is not None, f"{words}: the text is on a screen that follows", promised(LIVE_WITHIN_S)
        )
        times["on screen"] = time.monotonic() - began
        row = shown()
        assert row is not None
        began = time.monotonic()
        agent = Desk(self.palabre, role="supervisor")
        times["sign in"] = time.monotonic() - began
        began = time.monotonic()
        agent.ask(f"/api/conversations/{row['id']}/take", {})
        said = f"réponse à {body}"
        agent.ask(f"/api/conversations/{row['id']}/messages", {"client_id": str(uuid.uuid4()), "body": said})
        times["take and answer"] = time.monotonic() - began
        wait_until(lambda: self.line.submitted()[said] == 1, f"{words}: the answer has left", promised(LIVE_WITHIN_S))
        times["answer left"] = time.monotonic() - began
        return times

    def job(self, words: str) -> float:
        """A recurring job's time has come: it runs, rung for or not."""
        runs = "select count(*) from jobs_job where state = 'done'"
        [(before,)] = self.rows(runs)
        self.rows("update jobs_schedule set next_at = now() - interval '1 second' where is_enabled returning id")
        return wait_until(lambda: self.rows(runs) > [(before,)], f"{words}: a job has run", promised(JOB_WITHIN_S))


@pytest.mark.timeout(400)
@pytest.mark.needs("MCE-061", part="PostgreSQL and Valkey")
def test_people_work_on_without_valkey(palabre, line, rows):
    engine = redis.Redis.from_url(palabre.environ["REDIS_URL"])
    with Screen(palabre) as screen, Pour(line, "bonjour, sans valkey", to="1919", every_s=0.5) as bot:
        work = Work(palabre, line, rows, screen)

        def during(words: str, seconds: float) -> None:
            until = time.monotonic() + seconds
            times = work.once(words)
            if FULL or words == "valkey plein":  # each waits seconds for the worker's own look
                times["a job"] = work.job(words)
            print(f"{words}: " + ", ".join(f"{name} {took:.1f} s" for name, took in times.items()))
            assert times["sign in"] < promised(SIGN_IN_S)
            assert times["take and answer"] < promised(2.0)
            time.sleep(max(0.0, until - time.monotonic()))

        wait_until(lambda: rows("select 1 from jobs_schedule limit 1") != [], "schedules are there", 60)
        with away(palabre, "valkey") as back:
            during("valkey absent", 30 if FULL else 3)
        took = live(screen, line, 1)
        print(f"live view {took:.1f} s after the text that followed Valkey's return, at {back.since():.1f} s")
        with hung(palabre, "valkey"):
            during("valkey muet", 20 if FULL else 3)

        engine.config_set("maxmemory", "1mb")
        try:
            with pytest.raises(redis.ResponseError):
                engine.set("probe", "x" * 100)
            during("valkey plein", 3)
        finally:
            engine.config_set("maxmemory", "0")

        over = threading.Event()

        def flush() -> None:
            while not over.wait(2.0 if FULL else 0.7):
                engine.flushall()

        flushing = threading.Thread(target=flush, daemon=True)
        flushing.start()
        during("valkey vidé", 60 if FULL else 3)
        over.set()
        flushing.join(5)
        live(screen, line, 2)
        bot.end()

        nothing_is_lost(line, rows, screen, len(bot.sent) + work.done)


def nothing_is_lost(line, rows, screen: Screen, texts: int) -> None:
    wait_until(lambda: len(accounted(line, rows, "valkey")[0]) == texts, "every text is acknowledged", 60)
    wait_until(lambda: not rows("select 1 from conversations_unhandled"), "everything is decided", 60)
    wait_until(lambda: not rows("select 1 from conversations_delivery where state in (0, 1)"), "outbox empty", 60)
    found, stored = accounted(line, rows, "valkey")
    assert found == set(stored)
    assert len(stored) == len(set(stored)) == texts
    sent_once(line, rows)
    dense(rows)
    [(head,)] = rows("select max(head) from realtime_eventhead")
    screen.follow_to(head, promised(5))
    # Receipts may still come: what is fetched is newer than what was followed a moment before.
    wait_until(lambda: screen.rows_followed() == screen.rows_fetched(), "the list is as a fresh one", promised(5))
    assert rows("select 1 from jobs_job where state = 'failed'") == []


def row_of(screen: Screen, sender: str) -> dict | None:
    return next((row for row in screen.rows_followed().values() if row["contact"]["address"] == sender), None)


def live(screen: Screen, line, number: int) -> float:
    sender = f"+2290196699{number:03d}"
    line.text(sender, f"direct {number}", to="3334")
    return wait_until(lambda: row_of(screen, sender) is not None, "it is on the screen", promised(LIVE_WITHIN_S))
