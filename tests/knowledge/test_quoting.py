"""When the bot says an article's words instead of its own, and when never."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from bots.quoting import with_article
from bots.turn import BotTurn, Handover, LookUp
from conversations.models import Message, Status
from knowledge.articles import SettingsGiven, save_settings
from knowledge.matching import Entry, Hit
from knowledge.versions import withdraw
from routing.turns import Turns
from tests.cast import SUBSCRIBER, Cast
from tests.knowledge.conftest import Writes
from tests.routing.doors import sent, writes

ENTRY = Entry(UUID(int=1), UUID(int=2), "esim", "fr", "eSIM", (), "Venez en agence.")
UNSURE = BotTurn(("Dites-le autrement.",), None, 0.4, language="fr")


def quoted(turn: BotTurn, score: float = 0.95, entry: Entry = ENTRY) -> bool:
    found = with_article(turn, [Hit(entry, score)], threshold=0.9)
    assert found == turn or (found.replies == (ENTRY.answer,) and found.source == f"article:{ENTRY.article_id}")
    return found != turn


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"intent": "out_of_scope"}, True),
        ({"handover": Handover("unsure", "")}, True),
        ({"intent": "balance", "confidence": 0.9}, False),
        ({"handover": Handover("asked", "")}, False),
        ({"handover": Handover("rule", "")}, False),
        ({"handover": Handover("failed", "")}, False),
        ({"actions": ("opt_out",)}, False),
        ({"look_up": LookUp("solde")}, False),
    ],
)
def test_an_article_takes_the_place_of_nothing_but_a_question_back(changes: dict[str, Any], expected: bool) -> None:
    turn = BotTurn(**({"replies": ("x",), "intent": None, "confidence": 0.4, "language": "fr"} | changes))
    assert quoted(turn) is expected


def test_below_the_threshold_and_without_words_nothing_is_quoted() -> None:
    assert not quoted(UNSURE, score=0.8999)
    assert quoted(UNSURE, score=0.9)
    assert not quoted(UNSURE, entry=Entry(UUID(int=1), UUID(int=2), "esim", "fr", "eSIM", (), ""))
    assert with_article(UNSURE, [], threshold=0.9) is UNSURE


ESIM = {"title": "Passer à l'eSIM", "questions": ("Comment avoir une eSIM ?",), "answer": "eSIM : venez en agence."}
ASKED = "comment avoir une esim svp"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("scripted_links", "unsure")
@pytest.mark.needs("RFP-129", part="the bot quotes approved words only")
def test_the_phone_is_told_what_is_approved_for_as_long_as_it_is(
    cast: Cast, boss: User, turns: Turns, written: Writes, live: Writes
) -> None:
    draft = written("esim-brouillon", **(ESIM | {"answer": "Un brouillon."}))
    conversation = writes(cast, turns, cast.line_1919, SUBSCRIBER, ASKED)
    assert "Un brouillon." not in sent(conversation)
    asked_back = len(sent(conversation))

    row = live("esim", **ESIM)
    conversation = writes(cast, turns, cast.line_1919, "+2290197000077", ASKED)
    assert sent(conversation) == [ESIM["answer"]] and conversation.status == Status.BOT
    (message,) = Message.objects.filter(conversation=conversation, kind="outgoing")
    assert message.facts == {"source": f"article:{row.article_id}"}

    withdraw(actor=boss, version_id=row.id)
    conversation = writes(cast, turns, cast.line_1919, "+2290197000078", ASKED)
    assert ESIM["answer"] not in sent(conversation)
    assert asked_back == 1 and draft.state == "submitted"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("scripted_links", "unsure")
def test_an_organisation_may_keep_its_bot_from_quoting(cast: Cast, boss: User, turns: Turns, live: Writes) -> None:
    live("esim", **ESIM)
    save_settings(actor=boss, given=SettingsGiven(bot_quotes=False, threshold=0.9, author_may_approve=None))
    assert ESIM["answer"] not in sent(writes(cast, turns, cast.line_1919, SUBSCRIBER, ASKED))
