"""Texts of a line whose bot talks through a server: whatever it does, the conversation is where it should be."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection, connections

from bots import catalogue, engine
from bots.embedded.engine import EmbeddedEngine
from bots.remote import servers
from conversations.models import Delivery, Status
from realtime.checker import check_density
from routing import bot_servers, dispatcher, ownership
from routing.dispatcher import Dispatcher
from routing.handling import handle
from routing.models import BotServer
from routing.turns import Turns
from tests.bots.fake_rasa import TOKEN, FakeRasa
from tests.cast import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]

ANSWERED_S = 5.0
"""From a text's claim until its subscriber has an answer, or waits for a person."""


@pytest.fixture(scope="module")
def telecom() -> EmbeddedEngine:
    return EmbeddedEngine(catalogue.folder("telecom"), catalogue.models())


@pytest.fixture
def rasa(telecom: EmbeddedEngine, cast: Cast) -> Iterator[FakeRasa]:
    """The telecom bot's server, which talks on line 1919."""
    cast.line_1919.bot_engine = "rasa"
    cast.line_1919.save(update_fields=["bot_engine"])
    engine._ready.clear()
    with FakeRasa(telecom) as rasa:
        servers.use(url=rasa.url, token=TOKEN)
        engine.warm("telecom", "rasa")
        yield rasa
        rasa.go_on()
        servers.use(url="", token="")
    engine._ready.clear()


@pytest.fixture
def turns() -> Iterator[Turns]:
    """As the dispatcher's: with the time that a turn has there."""
    pool = Turns()
    yield pool
    pool.close()


@pytest.fixture(autouse=True)
def dense(cast: Cast) -> Iterator[None]:
    yield
    assert check_density(cast.organisation.id).dense


def test_the_server_answers_for_its_line(cast: Cast, rasa: FakeRasa, turns: Turns) -> None:
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, "/mn sold svp")
    handle(owner="d1", turns=turns)
    conversation.refresh_from_db()
    assert [author for author, _ in cast.said(conversation)] == ["contact", "bot"]
    assert conversation.status == Status.BOT
    [asked] = rasa.asked
    assert asked == {
        "sender": str(conversation.id), "message": "mn sold svp", "metadata": {"lang": "fr", "clarified": False},
    }  # fmt: skip


def test_no_text_of_a_bot_follows_a_person_who_took_over_while_the_server_thought(
    cast: Cast, rasa: FakeRasa, turns: Turns
) -> None:
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, "mn sold svp")
    rasa.fault = "late"
    taken: list[bool] = []

    def take_over() -> None:
        try:
            taken.append(rasa.thinking.wait(10))
            ownership.take(user=cast.awa, conversation_id=conversation.id)
        finally:
            connections.close_all()
            rasa.go_on()

    agent = threading.Thread(target=take_over)
    agent.start()
    handle(owner="d1", turns=turns)
    agent.join(10)
    assert taken == [True]
    assert rasa.said.wait(10)
    assert len(rasa.asked) == 1, "it did answer"
    assert cast.said(conversation) == [("contact", "mn sold svp"), ("agent", "assigned")]
    assert not Delivery.objects.exists()
    assert cast.unhandled() == set()
    conversation.refresh_from_db()
    assert (conversation.status, conversation.owner_id) == (Status.OPEN, cast.awa.id)


def test_behind_a_server_that_hangs_each_is_answered_or_waits_for_a_person(
    cast: Cast, rasa: FakeRasa, turns: Turns
) -> None:
    understood = cast.open_conversation(line=cast.line_1919)
    cast.text_in(understood, "mn sold svp")
    wants_a_person = cast.open_conversation(line=cast.line_1919, sender="+2290197000002")
    cast.text_in(wants_a_person, "je veux un conseiller")
    rasa.fault = "hung"
    begun = time.monotonic()
    handle(owner="d1", turns=turns)
    took = time.monotonic() - begun
    assert took < ANSWERED_S, f"{took:.1f} s"
    assert [author for author, _ in cast.said(understood)] == ["contact", "bot"]
    wants_a_person.refresh_from_db()
    assert (wants_a_person.status, wants_a_person.handover_reason) == (Status.QUEUED, "asked")
    assert cast.unhandled() == set()


def test_who_is_not_understood_twice_reaches_a_person_without_the_server_too(
    cast: Cast, rasa: FakeRasa, turns: Turns
) -> None:
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, "xqzt")
    handle(owner="d1", turns=turns)
    rasa.refuse()
    cast.text_in(conversation, "wkpf brrt")
    handle(owner="d1", turns=turns)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.handover_reason) == (Status.QUEUED, "unsure")


def test_when_both_engines_fail_a_person_looks(
    cast: Cast, rasa: FakeRasa, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("mn sold svp")

    rasa.fault = "500"
    monkeypatch.setattr(EmbeddedEngine, "take_turn", broken)
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, "mn sold svp")
    handle(owner="d1", turns=turns)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.handover_reason) == (Status.QUEUED, "failed")


def test_a_batch_behind_a_silent_server_leaves_nobody_out(cast: Cast, rasa: FakeRasa, turns: Turns) -> None:
    waiting = [cast.open_conversation(line=cast.line_1919, sender=f"+22901970001{n:02}") for n in range(40)]
    for conversation in waiting:
        cast.text_in(conversation, "mn sold svp")
    rasa.fault = "silence"
    while handle(owner="d1", turns=turns):
        pass
    for conversation in waiting:
        assert [author for author, _ in cast.said(conversation)] == ["contact", "bot"]
    [facts] = servers.facts()
    assert facts.state == "open"
    assert facts.asked == facts.fallbacks == 40


# --- what the dispatcher says of it ------------------------------------------------------------------------------


async def test_the_dispatcher_says_how_the_server_fares(
    cast: Cast, rasa: FakeRasa, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "BOTS_S", 0.01)
    await Dispatcher(dsn=dsn, owner="d1")._tell_of_bots()
    told = await BotServer.objects.aget()
    assert (told.owner, told.bot, told.state, told.since) == ("d1", "telecom", "answering", None)
    assert (told.facts["calls"], told.facts["asked"]) == (1, 0), "it was looked at when the bot was made warm"


def test_a_server_that_fails_is_told_with_since_when_and_until_when(cast: Cast, rasa: FakeRasa, turns: Turns) -> None:
    rasa.fault = "503"
    for number in range(5):
        conversation = cast.open_conversation(line=cast.line_1919, sender=f"+22901970001{number:02}")
        cast.text_in(conversation, "mn sold svp")
    handle(owner="d1", turns=turns)
    bot_servers.tell("d1")
    bot_servers.tell("d2")
    told = BotServer.objects.get(owner="d1")
    assert (told.state, told.error) == ("open", "store")
    assert told.since is not None
    assert told.until is not None
    assert 0 <= (told.updated_at - told.since).total_seconds() < 20
    assert 0 < (told.until - told.updated_at).total_seconds() <= 30
    assert told.facts["failures"] == {"store": 5}

    with connection.cursor() as cursor:
        cursor.execute("update routing_botserver set updated_at = now() - interval '2 days' where owner = 'd2'")
    bot_servers.tell("d1")
    assert BotServer.objects.count() == 1, "what a process said that is no more is forgotten"


def test_a_server_that_nobody_asks_is_looked_at(cast: Cast, rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = len(rasa.paths)
    bot_servers.tell("d1")
    assert len(rasa.paths) == looked, "it was heard of a moment ago"
    monkeypatch.setattr(engine, "QUIET_S", 0.0)
    rasa.refuse()
    bot_servers.tell("d1")
    assert BotServer.objects.get().state == "failing"
    rasa.come_back()
    bot_servers.tell("d1")
    assert BotServer.objects.get().state == "answering"


def test_without_bots_of_that_kind_nothing_is_said(cast: Cast) -> None:
    servers.use(url="", token="")
    bot_servers.tell("d1")
    assert not BotServer.objects.exists()


def test_a_bot_that_a_line_is_given_later_learns_then_and_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    warmed: list[tuple[str, str | None]] = []

    def warm(bot: str, name: str | None = None) -> None:
        warmed.append((bot, name))
        if bot == "insurance":
            raise ValueError("it cannot be used")

    monkeypatch.setattr(engine, "warm", warm)
    tried: set[tuple[str, str]] = set()
    bot_servers.warm(tried)
    assert warmed == [("telecom", None)]
    cast.line_3334.bot, cast.line_3334.bot_engine = "insurance", "rasa"
    cast.line_3334.save()
    bot_servers.warm(tried)
    bot_servers.warm(tried)
    assert warmed == [("telecom", None), ("insurance", "rasa")]


def test_a_server_whose_lines_have_gone_over_to_another_engine_is_told_of_no_more(cast: Cast, rasa: FakeRasa) -> None:
    bot_servers.tell("d1")
    assert BotServer.objects.filter(owner="d1", bot="telecom").exists()
    cast.line_1919.bot_engine = ""
    cast.line_1919.save(update_fields=["bot_engine"])
    bot_servers.tell("d1")
    assert not BotServer.objects.exists()
