"""A browser that does not read costs the others nothing; many that come back at once are all served."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config.up import trial
from config.up.trial import Running
from tests.faults.conftest import FULL, Line, promised, seeds, wait_until
from tests.faults.screen import Desk
from tests.faults.sockets import Crowd, Plain, Reader, pour

DUE_MB = 60 if FULL else 20
GROWTH_MB = 10
TOO_SLOW_S = 22  # a ping within 5 s, 15 s without its pong, and a look each half second
CROWD = 200 if FULL else 80
BACK_S = 10.0


@pytest.fixture(scope="module")
def palabre(data: Path | None) -> Iterator[Running]:
    # One person's session stands for all: how many desks one may open is another test's subject.
    with trial.running({"SOCKETS_PER_USER": str(2 * CROWD)}, like=data) as running:
        yield running


@pytest.fixture(scope="module")
def line(palabre: Running) -> Line:
    return Line(palabre)


def heard_after(line: Line, reader: Reader, words: str, number: int) -> float:
    """Seconds from the operator's socket to the reader's screen."""
    line.text(f"+22901956{number:05d}", words, to="3334")
    try:
        wait_until(lambda: words in reader.heard, f"{words} on a healthy screen", 60)
    finally:
        if words not in reader.heard:
            print(
                f"closed with {reader.code}, {reader.trouble or 'connected'}, {reader.frames} frames: {[*reader.heard]}"
            )
    left = next(row["at"] for row in line.ledger() if row.get("command") == "deliver_sm" and row.get("text") == words)
    return float(reader.heard[words] - left)


def wait_until_heard(line: Line, *readers: Reader) -> None:
    """A page fetches its lists when it joins; a reader only hears what comes after it has: text until it hears."""
    tries = itertools.count()

    def heard() -> bool:
        line.text(f"+22901957{next(tries):05d}", "prêt", to="3334")
        time.sleep(0.2)
        return all("prêt" in reader.heard for reader in readers)

    wait_until(heard, "the readers have joined", 60)


@pytest.mark.timeout(240)
def test_browsers_that_do_not_read_cost_the_others_nothing(palabre, line):
    desk = Desk(palabre)
    line.text("+2290195690001", "bonjour", to="3334")
    database = psycopg.connect(palabre.environ["DATABASE_OWNER_URL"], autocommit=True)
    found = "select id from conversations_conversation where preview = 'bonjour' order by opened_at desc limit 1"
    wait_until(lambda: database.execute(found).fetchone() is not None, "the conversation")
    [flooded] = database.execute(found).fetchone()
    web = psutil.Process(palabre.pid("web"))

    healthy, warm = Reader(palabre, desk), Reader(palabre, desk)
    wait_until_heard(line, healthy, warm)
    calm = sorted(heard_after(line, healthy, f"avant {number}", number) for number in range(8))
    # A page that reads has had such floods before: what is loaded once is not what a paused one costs.
    watcher = Plain(palabre, desk)
    watcher.say(type="hello", epoch=None, cursor=None)
    watcher.say(type="watch", conversations=[flooded], lists=["all"])
    for _ in range(6):
        pour(database, flooded, 100, 20_000)
        time.sleep(0.3)
    assert watcher.closed_within(promised(TOO_SLOW_S))

    paused, liar = Plain(palabre, desk), Plain(palabre, desk)
    for one in (paused, liar):
        one.say(type="hello", epoch=None, cursor=None)
        one.say(type="watch", conversations=[flooded], lists=["all"])
    silent = Reader(palabre, desk, answers=False)
    began = time.monotonic()
    time.sleep(1)
    before, worst = web.memory_info().rss, 0
    slow, lies = [], True
    for number in range(DUE_MB // 2):
        pour(database, flooded, 100, 20_000)
        lies = lies and liar.say(type="pong", key=f"{number:08x}")
        worst = max(worst, web.memory_info().rss - before)
        slow.append(heard_after(line, healthy, f"pendant {number}", 100 + number))
    worst = max(worst, web.memory_info().rss - before)
    slow.sort()
    print(
        f"{DUE_MB} MB due to each of two: grown by {worst / 1e6:.1f} MB; operator to healthy screen, median and "
        f"slowest: before {calm[4]:.3f} and {calm[-1]:.3f} s, meanwhile {slow[len(slow) // 2]:.3f} and {slow[-1]:.3f}"
    )
    assert worst < GROWTH_MB * 1e6 * (1 if FULL else 1.5), "the server keeps for them what they do not read"
    assert slow[len(slow) // 2] < promised(1.0), "the others wait"
    slow_s = promised(TOO_SLOW_S)
    assert paused.closed_within(slow_s) and liar.closed_within(slow_s), "still open"
    wait_until(lambda: silent.code is not None, "one that never answers is closed", promised(TOO_SLOW_S))
    print(f"one that reads and never answers: {silent.code} after {time.monotonic() - began:.1f} s")
    assert silent.code == 4408
    assert healthy.code is None and warm.code is None, "a healthy one was closed"
    assert palabre.log("web").count("Traceback") == 0

    # It comes back, and is served as anybody is.
    again = Reader(palabre, desk)
    wait_until_heard(line, again)
    assert heard_after(line, again, "me revoici", 900) < promised(5.0)


@pytest.mark.timeout(240)
def test_two_hundred_pages_come_back_at_once(palabre, line):
    seed = seeds(1)[0]
    desk = Desk(palabre)
    crowd = Crowd(palabre, desk, CROWD, seed)
    try:
        wait_until(lambda: crowd.level(0) == CROWD, f"{CROWD} pages", 90)
        killed, tries = palabre.kill("web"), crowd.tries
        gone = time.monotonic()
        wait_until(lambda: palabre.processes()["web"] != killed and palabre.facts("web") is not None, "web", 60)
        there = time.monotonic()
        line.text("+2290195691000", "pendant le retour", to="3334")
        asked = time.monotonic()
        desk.insist("/api/session")
        answered = time.monotonic() - asked
        wait_until(lambda: crowd.level(gone) == CROWD, "all pages are back", promised(BACK_S))
        print(
            f"seed {seed}: web back after {there - gone:.1f} s, all {CROWD} {time.monotonic() - there:.1f} s later "
            f"with {crowd.tries - tries} tries; a request meanwhile {answered:.2f} s"
        )
        assert answered < promised(2.0), "the crowd keeps the others waiting"
        assert palabre.log("web").count("Traceback") == 0
    finally:
        print(f"{crowd.tries} tries, {len(crowd.trouble)} in vain, as {crowd.trouble[-3:]}")
        crowd.leave()
