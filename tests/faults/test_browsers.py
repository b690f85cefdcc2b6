"""Every browser shows what the server says within five seconds of being reached again, and is never reloaded.

Real browsers on the whole product while subscribers text and agents answer: the line to them loses, repeats and delays
messages; the web process is killed; Redis is emptied; they are offline while thousands of events pass; the log is
trimmed below where they stood; its epoch changes; a laptop sleeps.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import redis
from playwright.sync_api import sync_playwright

from config.up.trial import Running
from tests.faults import absences
from tests.faults.browsers import Browsers, Screen, Seat, answers, bad_line, converge, cut, good_line, settled
from tests.faults.conftest import FULL, Line, promised, seeds, wait_until
from tests.faults.traffic import Agents, Subscribers

CONVERGE_S = 5.0
PING_S = 5.0  # what was lost is noticed by the next message of the server, at the latest by its ping
BACK_S = 10.0  # a browser that found nobody tries again within 8 s, and then some
MISSED = 5000 if FULL else 1500
ASLEEP_S = 60.0 if FULL else 10.0
PAGES = 20 if FULL else 4

EVENTS = """
with taken as (
    update realtime_eventhead set head = head + %(n)s where organisation_id = %(organisation)s returning head
)
insert into realtime_event (id, organisation_id, seq, type, data, at)
select uuidv7(), %(organisation)s, head - %(n)s + g, 'conversation.read',
       jsonb_build_object('line_id', %(line)s::text, 'conversation_id', %(conversation)s::text,
                          'by_id', %(user)s::text, 'seq', 0), now()
from taken, generate_series(1, %(n)s) g"""


class Product:
    """The database of the product as its owner sees it, and how quiet it is."""

    def __init__(self, palabre: Running) -> None:
        self.palabre = palabre
        self.connection = psycopg.connect(palabre.environ["DATABASE_OWNER_URL"], autocommit=True)
        [(self.organisation,)] = self.ask("select organisation_id from accounts_user where email like 'awa@%%'")

    def ask(self, sql: str, values: Any = None) -> list[tuple[Any, ...]]:
        found = self.connection.execute(sql, values)
        return found.fetchall() if found.description else []

    def head(self) -> int:
        [(head,)] = self.ask("select head from realtime_eventhead where organisation_id = %s", [self.organisation])
        return int(head)

    def quiet(self, limit_s: float = 30) -> None:
        """Until no event has been stored for a second."""
        seen, since = -1, time.monotonic()

        def still() -> bool:
            nonlocal seen, since
            head = self.head()
            if head != seen:
                seen, since = head, time.monotonic()
            return time.monotonic() - since > 1.0

        wait_until(still, "the product is quiet", limit_s)

    def busiest(self, count: int) -> list[str]:
        return [
            str(id_)
            for (id_,) in self.ask(
                """select id from conversations_conversation where organisation_id = %s and last_seq < 45
                   order by last_activity_at desc limit %s""",
                [self.organisation, count],
            )
        ]

    def many_events(self, count: int) -> None:
        """`count` events at once, as an import brings them: about one conversation, read by somebody."""
        [(conversation, line)] = self.ask(
            "select id, line_id from conversations_conversation where organisation_id = %s limit 1", [self.organisation]
        )
        values = {
            "n": count,
            "organisation": self.organisation,
            "line": line,
            "conversation": conversation,
            "user": uuid4(),
        }
        self.ask(EVENTS, values)

    def trim(self) -> None:
        """All events so far become last month's, and last month's partition goes, as retention drops it."""
        [(month,)] = self.ask("select (date_trunc('month', now()) - interval '1 month')::date")
        self.ask("update realtime_event set id = uuidv7(%s::date + interval '1 day' - now())", [month])
        [(dropped,)] = self.ask("select palabre_drop_partition('realtime_event', %s)", [month])
        assert dropped, "there was no such month"
        self.ask("select palabre_make_partitions('realtime_event', %s::date, 1)", [month])

    def new_epoch(self) -> None:
        self.ask("update realtime_eventhead set epoch = epoch + 1")


@contextmanager
def busy(palabre: Running, line: Line, seed: int, seconds: float, rate: float = 6.0) -> Iterator[None]:
    """Texts come and agents answer; the end waits for the last of them."""
    with Agents(palabre, seed=seed) as agents, Subscribers(line, rate=rate, seconds=seconds, seed=seed, people=40):
        yield
    assert agents.faults == []


def seats(conversations: list[str]) -> list[Seat]:
    """Agents and supervisors on lists, on threads and on the board."""
    kinds = [
        Seat("sam@savane.example", f"/?view=all&c={conversations[0]}"),
        Seat("awa@savane.example", "/?view=mine"),
        Seat("sam@savane.example", "/supervision"),
        Seat("koffi@savane.example", f"/?view=all&c={conversations[1]}"),
        Seat("mariam@savane.example", "/?view=queue"),
        Seat("awa@savane.example", f"/?view=all&c={conversations[2]}"),
        Seat("koffi@savane.example", "/?view=mine"),
    ]
    return [kinds[number % len(kinds)] for number in range(PAGES)]


class Rounds:
    """One fault after another; after each, every screen shows what the server says."""

    def __init__(self, palabre: Running, line: Line, browsers: Browsers, seed: int) -> None:
        self.palabre, self.line, self.seed = palabre, line, seed
        self.browsers, self.screens = browsers, browsers.screens
        self.product = Product(palabre)
        self.turns = 0
        self.chance = random.Random(f"browsers {seed}")

    def lossy(self) -> None:
        bad_line(self.screens, self.chance)
        self._busy(6 if FULL else 3)
        good_line(self.screens)
        converge(self.screens, promised(PING_S + CONVERGE_S), "30 % lost, 10 % repeated, 10 % late")
        lost = sum(screen.page.evaluate("window.__line.lost") for screen in self.screens)
        assert lost > 0, "the line has lost nothing: this round proves nothing"

    def web_killed(self) -> None:
        engine = redis.Redis.from_url(self.palabre.environ["REDIS_URL"])
        with self._traffic(3):
            self._let_pass(self.chance.uniform(0.3, 1.5))
            killed = self.palabre.kill("web")
            self._let_pass(self.chance.uniform(0.0, 1.0))
            engine.flushall()
        wait_until(
            lambda: self.palabre.processes()["web"] != killed and self.palabre.facts("web") is not None, "web", 60
        )
        self.product.quiet()
        converge(self.screens, promised(BACK_S), "web killed, Redis emptied")

    def missed(self) -> None:
        for screen in self.screens[::2]:  # these will say that they stand where the log has not come yet
            screen.line(future=1_000_000)
        with cut(self.screens):
            self._busy(2)
            self.product.many_events(MISSED)
            said = answers(self.screens)
        what = f"offline for {MISSED} events, every other with a wrong cursor"
        converge(self.screens, promised(CONVERGE_S), what, said)

    def trimmed(self) -> None:
        with cut(self.screens):
            self._busy(1)
            self.product.trim()
            for screen in self.screens:
                screen.forget()
            said = answers(self.screens)
        converge(self.screens, promised(CONVERGE_S), "the log trimmed below the cursor", said)
        for screen in self.screens:
            # One fetch of everything by the page itself; the comparison above asks with requests of its own.
            assert screen.refetched() == 1, f"{screen.seat} fetched afresh not exactly once"

    def epoch(self) -> None:
        for screen in self.screens:
            screen.forget()
        said = answers(self.screens)
        self.product.new_epoch()
        heard = settled(
            lambda: all(screen.refetched() > 0 for screen in self.screens), promised(CONVERGE_S), self.screens[0].page
        )
        assert heard is not None, "nobody was told of the new epoch"
        converge(self.screens, promised(CONVERGE_S), "another epoch", said)

    def fresh(self) -> None:
        """A page that is opened now shows the same: of each seat one, in the short form of the first three."""
        seats_ = {screen.seat: screen for screen in self.screens}
        for screen in list(seats_.values())[: None if FULL else 3]:
            self.browsers.same_as_fresh(screen, promised(CONVERGE_S))

    def _busy(self, seconds: float) -> None:
        with self._traffic(seconds):
            self._let_pass(seconds)
        self.product.quiet()

    def _traffic(self, seconds: float) -> AbstractContextManager[None]:
        self.turns += 1  # what agents write is numbered by the seed: no two of them may be the same
        return busy(self.palabre, self.line, 1000 * self.seed + self.turns, seconds)

    def _let_pass(self, seconds: float) -> None:
        """The driver of the browsers must not stand still while they work."""
        self.screens[0].page.wait_for_timeout(seconds * 1000)


@pytest.fixture
def open_browsers(palabre: Running) -> Iterator[Callable[[], Browsers]]:
    opened: list[Browsers] = []
    with sync_playwright() as playwright:

        def one() -> Browsers:
            opened.append(Browsers(playwright, palabre))
            return opened[-1]

        yield one
        for browsers in opened:
            browsers.close()


def check(screens: list[Screen]) -> None:
    for screen in screens:
        assert screen.never_reloaded(), f"{screen.seat} was reloaded"
        assert screen.problems == [], screen.seat


@pytest.mark.timeout(1500)
def test_every_browser_converges_after_every_fault(palabre, line, open_browsers):
    product = Product(palabre)
    for number in range(12):
        line.text(f"+22901955{number:05d}", f"bonjour {number}", to="3334")
    wait_until(lambda: len(product.busiest(12)) == 12, "twelve conversations", 60)
    for seed in seeds(2):  # twenty pages need minutes each, with nothing beside them
        browsers, sleepers = open_browsers(), open_browsers()
        for seat in seats(product.busiest(3)):
            browsers.open(seat)
        sleeper = sleepers.open(seats(product.busiest(3))[0])
        rounds = Rounds(palabre, line, browsers, seed)
        order = [rounds.lossy, rounds.web_killed, rounds.missed, rounds.trimmed, rounds.epoch]
        rounds.chance.shuffle(order)
        print(f"seed {seed}: {', '.join(step.__name__ for step in order)}; replay with FAULT_SEED={seed}")
        pids = [process.pid for process in sleepers.processes()]
        assert len(pids) > 3, "a browser is several processes"
        with ThreadPoolExecutor(1) as pool:
            away: Future[float] = pool.submit(absences.asleep, pids, ASLEEP_S)
            for step in order:
                step()
            went_on = away.result()
            print(f"awake since {time.monotonic() - went_on:.1f} s")
        converge([sleeper], promised(CONVERGE_S), f"asleep for {ASLEEP_S:g} s")
        rounds.fresh()
        check([*browsers.screens, sleeper])
        browsers.close()
        sleepers.close()
