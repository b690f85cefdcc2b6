"""What the bot remembers between two texts stands or falls with its decision, and ends with the conversation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from bots.models import Dialogue
from bots.turn import BotTurn, Found, Handover, LookUp
from conversations.models import Conversation, Line, Status
from routing import ownership
from routing import turns as turns_module
from routing.handling import handle
from routing.turns import Turns, read_talks
from tests.cast import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]


class CountingBot:
    """Knows how many texts it has answered, from its memory alone."""

    def __init__(self) -> None:
        self.given: list[dict[str, Any]] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self, **given: Any) -> BotTurn:
        self.given.append(given)
        self.meanwhile()
        count = given["memory"].get("count", 0) + 1
        handover = Handover("asked", "Demande un conseiller") if "conseiller" in given["text"] else None
        return BotTurn((f"Réponse {count}",), "any", 1.0, language="fr", handover=handover, memory={"count": count})


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch) -> CountingBot:
    counting = CountingBot()
    monkeypatch.setattr(turns_module, "take_turn", counting)
    return counting


@pytest.fixture
def conversation(cast: Cast) -> Conversation:
    return cast.open_conversation(line=cast.line_1919)


def kept(conversation: Conversation) -> dict[str, Any] | None:
    row = Dialogue.objects.filter(conversation=conversation).first()
    assert row is None or row.organisation_id == conversation.organisation_id
    return None if row is None else row.memory


def test_a_turn_is_given_the_memory_of_the_one_before(cast: Cast, bot: CountingBot, turns: Turns, conversation) -> None:
    for number in (1, 2, 3):
        cast.text_in(conversation, f"texte {number}")
        handle(owner="d1", turns=turns)
    assert [given["memory"] for given in bot.given] == [{}, {"count": 1}, {"count": 2}]
    assert kept(conversation) == {"count": 3}
    assert cast.said(conversation)[-1] == ("bot", "Réponse 3")


def test_the_bot_knows_the_time_where_the_subscriber_is_and_whether_people_are_there(
    cast: Cast, bot: CountingBot, turns: Turns, conversation
) -> None:
    cast.text_in(conversation, "hier", at=datetime(2026, 11, 22, 23, 30, tzinfo=UTC))
    handle(owner="d1", turns=turns)
    assert bot.given[0]["now"].isoformat() == "2026-11-23T00:30:00+01:00"
    assert bot.given[0]["people_open"] is True


def test_a_decision_that_is_thrown_away_leaves_the_memory_as_it_was(
    cast: Cast, bot: CountingBot, turns: Turns, conversation
) -> None:
    """A person takes over while the bot thinks: what it would have asked was never asked."""
    cast.text_in(conversation, "un")
    handle(owner="d1", turns=turns)
    cast.text_in(conversation, "deux")

    def take() -> None:
        ownership.take(user=cast.awa, conversation_id=conversation.id)
        connections.close_all()

    bot.meanwhile = take
    handle(owner="d1", turns=turns)
    assert kept(conversation) == {"count": 1}
    assert not [said for said in cast.said(conversation) if said == ("bot", "Réponse 2")]


def test_a_text_that_comes_meanwhile_is_decided_about_with_the_old_memory(
    cast: Cast, bot: CountingBot, turns: Turns, conversation
) -> None:
    cast.text_in(conversation, "un")

    def text() -> None:
        bot.meanwhile = lambda: None
        cast.text_in(conversation, "deux")
        connections.close_all()

    bot.meanwhile = text
    handle(owner="d1", turns=turns)
    assert kept(conversation) is None
    handle(owner="d1", turns=turns)
    assert bot.given[-1]["memory"] == {}
    assert kept(conversation) == {"count": 1}


def test_a_transaction_that_fails_takes_the_memory_with_it(
    cast: Cast, bot: CountingBot, turns: Turns, conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.text_in(conversation, "un")

    def fail(*_: object, **__: object) -> bool:
        raise RuntimeError("the disk is full")

    from routing import handling

    keep = handling.memories.keep
    monkeypatch.setattr(handling.memories, "keep", lambda *given: (keep(*given), fail()))
    handle(owner="d1", turns=turns)
    assert kept(conversation) is None
    assert cast.said(conversation) == [("contact", "un")], "the answer is gone, too"


def test_a_handover_keeps_the_memory_and_the_bot_has_it_when_it_is_given_back(
    cast: Cast, bot: CountingBot, turns: Turns, conversation
) -> None:
    cast.text_in(conversation, "conseiller")
    handle(owner="d1", turns=turns)
    ownership.take(user=cast.awa, conversation_id=conversation.id)
    assert kept(conversation) == {"count": 1}
    ownership.give_back(user=cast.awa, conversation_id=conversation.id, to="bot")
    cast.text_in(conversation, "et maintenant")
    handle(owner="d1", turns=turns)
    assert bot.given[-1]["memory"] == {"count": 1}


def test_an_answer_that_cannot_be_sent_leaves_no_memory(
    cast: Cast, bot: CountingBot, turns: Turns, conversation
) -> None:
    cast.north.is_enabled = cast.south.is_enabled = False
    cast.north.save()
    cast.south.save()
    cast.text_in(conversation, "un")
    handle(owner="d1", turns=turns)
    assert kept(conversation) is None


def test_the_memory_ends_with_the_conversation(cast: Cast, bot: CountingBot, turns: Turns, conversation) -> None:
    cast.text_in(conversation, "un")
    handle(owner="d1", turns=turns)
    assert kept(conversation) is not None
    ownership.take(user=cast.awa, conversation_id=conversation.id)
    ownership.close(user=cast.awa, conversation_id=conversation.id)
    assert kept(conversation) is None
    again = cast.open_conversation(line=cast.line_1919)
    cast.text_in(again, "encore")
    handle(owner="d1", turns=turns)
    assert bot.given[-1]["memory"] == {}


def test_each_deed_that_closes_a_conversation_forgets_its_memory() -> None:
    """A new way to close one must forget, too: the table would fill with what nobody may keep."""
    import re
    from pathlib import Path

    closers = {}
    for path in Path("routing").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        if re.search(r"status=Status\.CLOSED,|\"status\": Status\.CLOSED", source):
            closers[path.name] = "memories.forget(" in source
    # front_door.py's are in handling.py's transactions; new_texts.py closes what it opened itself.
    assert closers.pop("front_door.py") is False
    assert closers.pop("new_texts.py") is False
    assert closers == dict.fromkeys(["keyword_replies.py", "ownership.py", "silence.py"], True)
    assert "memories.forget(" in Path("routing/handling.py").read_text(encoding="utf-8")


def test_a_look_up_is_made_for_the_number_that_wrote_and_the_turn_is_taken_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, conversation
) -> None:
    asked: list[dict[str, Any]] = []

    def take_turn(**given: Any) -> BotTurn:
        if not given["found"]:
            return BotTurn((), "balance", 1.0, look_up=LookUp("balance", {"number": "+2290197999999"}))
        [found] = given["found"]
        return BotTurn((f"Solde {found.rows[0]['balance']}",), "balance", 1.0, language="fr", memory={"seen": 1})

    def make(**given: Any) -> Found:
        asked.append(given)
        return Found("found", ({"balance": "1200"},))

    monkeypatch.setattr(turns_module, "take_turn", take_turn)
    pool = Turns(limit_s=2.0, make_look_up=make)
    cast.text_in(conversation, "le solde du 0197999999")
    handle(owner="d1", turns=pool)
    pool.close()
    assert cast.said(conversation)[-1] == ("bot", "Solde 1200")
    assert asked[0]["number"] == conversation.address.value == "+2290197000001"
    assert (asked[0]["organisation_id"], asked[0]["conversation_id"]) == (cast.organisation.id, conversation.id)


@pytest.mark.parametrize("broken", [True, False])
def test_a_look_up_that_cannot_be_made_is_a_failed_one(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, conversation, broken: bool
) -> None:
    def take_turn(**given: Any) -> BotTurn:
        if not given["found"]:
            return BotTurn((), "balance", 1.0, look_up=LookUp("balance"))
        return BotTurn((given["found"][0].outcome,), "balance", 1.0, language="fr")

    def fail(**_: Any) -> Found:
        raise RuntimeError("no such host")

    monkeypatch.setattr(turns_module, "take_turn", take_turn)
    pool = Turns(limit_s=2.0, make_look_up=fail if broken else None)
    cast.text_in(conversation, "solde")
    handle(owner="d1", turns=pool)
    pool.close()
    assert cast.said(conversation)[-1] == ("bot", "failed")


def test_a_bot_that_asks_for_look_ups_for_ever_is_a_person(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, turns: Turns, conversation
) -> None:
    monkeypatch.setattr(turns_module, "take_turn", lambda **_: BotTurn((), "x", 1.0, look_up=LookUp("balance")))
    cast.text_in(conversation, "solde")
    handle(owner="d1", turns=turns)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.handover_reason) == (Status.QUEUED, "failed")


def test_the_real_bot_asks_over_three_texts_and_the_agent_reads_the_answers(
    cast: Cast, turns: Turns, conversation
) -> None:
    Line.objects.filter(id=cast.line_1919.id).update(bot="telecom")
    at = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    for number, text in enumerate(("ma facture est fausse", "2500", "hier")):
        cast.text_in(conversation, text, at=at + timedelta(minutes=number))
        handle(owner="d1", turns=Turns(limit_s=60.0), now=at + timedelta(minutes=number))
    conversation.refresh_from_db()
    assert (conversation.status, conversation.handover_reason) == (Status.QUEUED, "rule")
    assert "montant 2500 F, jour 19/11/2026" in conversation.handover_summary
    [talk] = read_talks([conversation.id])
    assert talk.memory["over"] is True
