"""A bot's server that is frozen, wrong, slow, huge, cut or gone, under a whole product: nobody waits for it, nothing is
lost, whoever needs a person has one, and nothing that it says late reaches a subscriber whom a person has taken over.

The server is tests/bots/fake_rasa.py, which answers as Rasa was seen to, in its own thread; a frozen one takes
connections and says nothing, as one that was stopped with SIGSTOP.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bots import catalogue
from bots.embedded.engine import EmbeddedEngine
from config.up import trial
from config.up.trial import Running
from tests.bots.fake_rasa import TOKEN, FakeRasa
from tests.faults.conftest import FULL, Line, promised, wait_until
from tests.faults.engines import accounted, dense, sent_once
from tests.faults.screen import Desk

FAULTS = ("hung", "500", "delay", "5MB", "no_json", "reset", "late", "503", "trap_5", "drip", "other_bot", "gone")
DECIDED_S = 5.0  # from a text until the bot has answered, or a person may

# What became of one subscriber's conversation: its status, what the bot said there, how long the last text waited.
OUTCOME = """
select c.status, count(*) filter (where m.kind = 'outgoing' and m.author = 'bot')
from conversations_conversation c
join contacts_address a on a.id = c.address_id
left join conversations_message m on m.conversation_id = c.id
where a.value = %s group by c.id, c.status
"""
UNDECIDED = "select 1 from conversations_unhandled"


@pytest.fixture
def rasa() -> Iterator[FakeRasa]:
    kept = Path(__file__).resolve().parents[2] / ".state" / "bots"
    with FakeRasa(EmbeddedEngine(catalogue.folder("telecom"), kept)) as server:
        yield server
        server.go_on()


@pytest.fixture
def palabre(rasa: FakeRasa) -> Iterator[Running]:
    with trial.running({"RASA_URL": rasa.url, "RASA_TOKEN": TOKEN}) as running:
        yield running


def number(place: int) -> str:
    return f"+22901975{place:05d}"


class Story:
    """Subscribers who each text once while the server fails: one greets, one asks for a person."""

    def __init__(self, line: Line, rows, rasa: FakeRasa) -> None:
        self._line, self._rows, self._rasa = line, rows, rasa
        self._people = 0
        self.slowest = 0.0

    def new(self, body: str) -> str:
        self._people += 1
        self._line.text(number(self._people), body, to="1919")
        return number(self._people)

    def outcome(self, who: str) -> tuple[str, int]:
        found = self._rows(OUTCOME, who)
        return found[0] if found else ("", 0)

    def bot_answers_well(self) -> None:
        """By its server: the next failures are the first ones in a row again."""
        time.sleep(1)  # what waited in the server is through
        before, began = len(self._rasa.asked), time.monotonic()
        who = self.new("bonjour")
        wait_until(lambda: self.outcome(who)[1] >= 1, "the bot answers", promised(DECIDED_S))
        if len(self._rasa.asked) == before:  # left alone for half a minute
            wait_until(lambda: self._tried(before), "the server is asked again", 45)
        print(f"    asked again after {time.monotonic() - began:.1f} s")

    def _tried(self, before: int) -> bool:
        self.new("bonjour")
        time.sleep(2)
        return len(self._rasa.asked) > before

    def each_is_decided(self) -> None:
        began = time.monotonic()
        greets, asks = self.new("bonjour"), self.new("je veux parler a un conseiller")
        wait_until(lambda: self.outcome(greets)[1] >= 1, "who greets has an answer", promised(DECIDED_S))
        wait_until(
            lambda: self.outcome(asks)[0] in ("queued", "open"), "who asks for a person waits for one",
            promised(DECIDED_S),
        )  # fmt: skip
        took = time.monotonic() - began
        self.slowest = max(self.slowest, took)
        print(f"    decided within {took:.1f} s")


@pytest.mark.skipif(
    not FULL, reason="a product of its own: `make faults`; tests/routing/test_bot_servers.py is always run"
)
@pytest.mark.timeout(900)
@pytest.mark.needs("MCE-030", part="a bot's server that fails costs nobody his answer, nor the way to a person")
def test_a_bot_server_that_fails_holds_nobody_up(palabre: Running, line: Line, rows, rasa: FakeRasa):
    desk = Desk(palabre)
    with_server(rows)
    story = Story(line, rows, rasa)
    story.bot_answers_well()
    for fault in FAULTS:
        print(f"  {fault}")
        rasa.hold()
        if fault == "gone":
            rasa.refuse()
        else:
            rasa.fault = fault
        story.each_is_decided()
        if fault == "gone":
            rasa.come_back()
        rasa.fault = ""
        rasa.go_on()
        story.bot_answers_well()
    taken_over_while_it_thinks(desk, story, rasa, rows)
    frozen_for_long(story, rasa)
    wait_until(lambda: not rows(UNDECIDED), "everything is decided", promised(DECIDED_S))
    wait_until(lambda: not rows("select 1 from conversations_delivery where state in (0, 1)"), "outbox empty", 30)
    acknowledged, stored = accounted(line, rows, "bonjour")
    assert acknowledged <= set(stored)
    sent_once(line, rows)
    dense(rows)
    print(f"slowest: {story.slowest:.1f} s")


def with_server(rows) -> None:
    """The line's bot talks through the server; the dispatcher reads that with each text."""
    rows("update conversations_line set bot_engine = 'rasa' where address = '1919' returning 1")


def taken_over_while_it_thinks(desk: Desk, story: Story, rasa: FakeRasa, rows) -> None:
    """It is asked, a person takes the conversation, then it answers: nobody hears it."""
    rasa.hold()
    rasa.fault = "late"
    who = story.new("mon solde svp")
    wait_until(rasa.thinking.is_set, "the server thinks", promised(DECIDED_S))
    (conversation,) = rows(
        "select c.id from conversations_conversation c join contacts_address a on a.id = c.address_id"
        " where a.value = %s", who,
    )[0]  # fmt: skip
    desk.insist(f"/api/conversations/{conversation}/take", {})
    rasa.go_on()
    time.sleep(promised(3))
    assert story.outcome(who) == ("open", 0), "the bot spoke after a person had taken over"
    rasa.fault = ""


def frozen_for_long(story: Story, rasa: FakeRasa) -> None:
    """After five failures in a row nobody waits for it any more; once it is back, it is found within half a minute."""
    print("  frozen for long")
    rasa.hold()
    rasa.fault = "hung"
    for _ in range(3):
        story.each_is_decided()
    began = time.monotonic()
    story.each_is_decided()
    assert time.monotonic() - began < promised(1), "who texts still waits for a server that is gone"
    rasa.fault = ""
    rasa.go_on()
    story.bot_answers_well()
