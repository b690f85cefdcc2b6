"""Who is the bot's only is promised nobody, is never left with a broken bot, and two machines come to an end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import User
from bots.turn import BotTurn, Handover
from common.clock import database_now
from common.ids import uuid7_at
from conversations.models import Conversation, Message, Status
from measures.models import IntervalKind
from routing import front_door
from routing import turns as turns_module
from routing.filter_admin import CheckGiven, WayGiven
from routing.filter_models import Passage
from routing.handling import handle
from routing.passages import _FORGET
from routing.turns import Turns
from tests.cast import Cast
from tests.routing.doors import OTHER, SORRY, keep_filter, sent, writes
from tests.routing.hours import MONDAY_LATER, MONDAY_NIGHT, MONDAY_OPEN, TUESDAY_NIGHT, TUESDAY_OPEN, keeps_hours

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]

NOBODY = "Nos conseillers ne répondent pas ici."
ROUNDS = 20


@pytest.fixture
def bot_says(monkeypatch: pytest.MonkeyPatch):
    """What every bot says from now on; an exception: it raises."""

    def says(one) -> None:
        def take_turn(**_asked):
            if isinstance(one, Exception):
                raise one
            return one if isinstance(one, BotTurn) else one(**_asked)

        monkeypatch.setattr(turns_module, "take_turn", take_turn)

    return says


def outgoing() -> list[tuple[str, str]]:
    return list(Message.objects.filter(kind="outgoing").order_by("id").values_list("author", "body"))


@pytest.mark.needs("MCE-008", part="the bot only")
@pytest.mark.parametrize("words", ["je veux un conseiller", "C'est une arnaque, je porte plainte"])
def test_who_is_the_bots_only_is_promised_no_colleague_and_two_machines_come_to_an_end(
    cast: Cast, boss: User, words: str
) -> None:
    """The product's own bot, which promises a colleague in the turn that hands over."""
    keep_filter(boss, cast.line_1919, way=WayGiven("bot", reply=NOBODY))
    patient = Turns(limit_s=30.0)
    try:
        found = [writes(cast, patient, cast.line_1919, OTHER, words) for _ in range(ROUNDS)]
    finally:
        patient.close()
    assert {one.status for one in found} == {Status.CLOSED}
    assert outgoing() == [("system", NOBODY)], "told once within the window"
    assert Passage.objects.filter(silence="repeated").count() == front_door.MOST_ANSWERS - 1
    assert Passage.objects.filter(silence="too_many").count() == ROUNDS - front_door.MOST_ANSWERS


def test_two_machines_that_are_answered_and_sent_away_in_turn_come_to_an_end(
    cast: Cast, boss: User, turns: Turns, bot_says
) -> None:
    def turn(*, text, **_rest):
        if "conseiller" in text:
            return BotTurn(("Un conseiller vous répondra.",), "human", 1.0, handover=Handover("asked", ""))
        return BotTurn(("Votre solde : 200 F.",), "balance", 1.0)

    bot_says(turn)
    keep_filter(boss, cast.line_1919, way=WayGiven("bot"))
    for _ in range(ROUNDS):
        writes(cast, turns, cast.line_1919, OTHER, "Solde")
        writes(cast, turns, cast.line_1919, OTHER, "Un conseiller")
    assert outgoing() == [("bot", "Votre solde : 200 F.")] * front_door.MOST_ANSWERS
    assert set(Conversation.objects.values_list("status", flat=True)) == {Status.CLOSED}
    assert Passage.objects.filter(silence="empty").count() == front_door.MOST_ANSWERS


def test_who_only_talks_with_the_bot_does_not_use_up_the_answers_of_the_filter(
    cast: Cast, boss: User, turns: Turns, bot_says
) -> None:
    bot_says(BotTurn(("Oui.",), "any", 1.0))
    keep_filter(boss, cast.line_1919, way=WayGiven("bot", reply=NOBODY))
    for number in range(front_door.MOST_ANSWERS + 1):
        found = writes(cast, turns, cast.line_1919, OTHER, f"Question {number}")
        Conversation.objects.filter(id=found.id).update(thread_key=str(number))  # still the bot's, and another one's
        Conversation.objects.filter(id=found.id).update(line=cast.line_3334)
    bot_says(BotTurn((), "human", 1.0, handover=Handover("asked", "")))
    assert sent(writes(cast, turns, cast.line_1919, OTHER, "Un conseiller")) == [NOBODY]


@pytest.mark.parametrize("broken", [RuntimeError("x"), BotTurn((), None, 0.0, handover=Handover("failed", ""))])
def test_a_bot_that_fails_leaves_nobody_alone_with_it(
    cast: Cast, boss: User, turns: Turns, bot_says, broken: object
) -> None:
    bot_says(broken)
    keep_filter(boss, cast.line_1919, way=WayGiven("bot", reply=NOBODY))
    found = writes(cast, turns, cast.line_1919, OTHER, "Mon solde ?")
    assert (found.status, found.handover_reason, sent(found)) == (Status.QUEUED, "failed", [])


@pytest.mark.needs("MCE-008", part="the bot only, however long it lasts")
def test_what_the_filter_has_said_holds_as_long_as_the_conversation_lasts(
    cast: Cast, boss: User, turns: Turns, bot_says
) -> None:
    bot_says(BotTurn(("Oui.",), "any", 1.0))
    keep_filter(boss, cast.line_1919, way=WayGiven("bot", reply=NOBODY))
    begun = database_now() - timedelta(days=31)
    address = cast.person(OTHER)
    for status in ("closed", "bot"):
        Conversation.objects.create(
            id=uuid7_at(begun), organisation=cast.organisation, line=cast.line_1919, contact_id=address.contact_id,
            address=address, link=cast.north, status=status, opened_at=begun,
        )  # fmt: skip
    over = Conversation.objects.get(status="closed")
    Passage.objects.create(
        conversation=over, organisation_id=cast.organisation.id, line_id=cast.line_1919.id, outcome="answer"
    )
    found = writes(cast, turns, cast.line_1919, OTHER, "Mon solde ?")
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"days": 30, "limit": 1000})
    assert list(Passage.objects.values_list("conversation_id", flat=True)) == [found.id]
    bot_says(BotTurn((), "human", 1.0, handover=Handover("asked", "")))
    assert sent(writes(cast, turns, cast.line_1919, OTHER, "Un conseiller"))[-1] == NOBODY


@pytest.mark.needs("MCE-008", part="the bot only, outside the hours")
def test_whom_only_a_bot_may_answer_that_rests_is_told_so_once_and_waits_for_nobody(
    cast: Cast, boss: User, turns: Turns, bot_says
) -> None:
    bot_says(BotTurn(("Oui.",), "any", 1.0))
    keeps_hours(cast, bot_after_hours=False, promises_callback=True)
    keep_filter(boss, cast.line_1919, way=WayGiven("bot", reply=NOBODY))

    def text(at) -> Conversation:
        conversation = cast.open_conversation(line=cast.line_1919, sender=OTHER, at=at)
        cast.text_in(conversation, "Mon solde ?", at=at)
        while handle(owner="d1", turns=turns, now=at):
            pass
        conversation.refresh_from_db()
        return conversation

    first, again = text(MONDAY_NIGHT), text(MONDAY_LATER)
    assert [first.status, again.status] == [Status.CLOSED] * 2
    (told,) = sent(first)
    assert "demain à 08:00" in told
    assert sent(again) == []
    assert Passage.objects.get(conversation_id=again.id).silence == "told"
    assert first.callback_at is None, "a person would come back to who may have none"
    opened = text(TUESDAY_OPEN)
    assert (opened.status, sent(opened)) == (Status.BOT, ["Oui."])
    Conversation.objects.filter(id=opened.id).update(status=Status.CLOSED)
    assert len(sent(text(TUESDAY_NIGHT))) == 1, "another closed stretch"


def test_who_was_told_that_it_opens_soon_is_answered_when_it_has_opened(
    cast: Cast, boss: User, turns: Turns, bot_says
) -> None:
    bot_says(BotTurn((), "human", 1.0, handover=Handover("asked", "")))
    keeps_hours(cast, bot_after_hours=False)
    keep_filter(boss, cast.line_1919, way=WayGiven("bot", reply=NOBODY))
    told = []
    for minute in (55, 61):  # it opens at eight
        moment = TUESDAY_OPEN - timedelta(hours=2) + timedelta(minutes=minute)
        conversation = cast.open_conversation(line=cast.line_1919, sender=OTHER, at=moment)
        cast.text_in(conversation, "Un conseiller", at=moment)
        while handle(owner="d1", turns=turns, now=moment):
            pass
        told.append(sent(conversation))
    assert "08:00" in told[0][0]
    assert told[1] == [NOBODY]


@pytest.mark.needs("RFP-033", part="hours, before the bot and the queue")
def test_a_filter_asks_whether_the_line_is_open_by_its_own_schedule(
    cast: Cast, boss: User, turns: Turns, bot_says
) -> None:
    bot_says(BotTurn(("Oui.",), "any", 1.0))
    keeps_hours(cast, cast.line_3334)
    keep_filter(
        boss, cast.line_3334, CheckGiven("hours", WayGiven("answer", reply=SORRY), value="closed"), way=WayGiven()
    )
    found = []
    for at in (MONDAY_OPEN, MONDAY_NIGHT, TUESDAY_OPEN):
        conversation = cast.open_conversation(line=cast.line_3334, sender=OTHER, at=at)
        cast.text_in(conversation, "Bonjour", at=at)
        while handle(owner="d1", turns=turns, now=at):
            pass
        conversation.refresh_from_db()
        found.append((str(conversation.status), sent(conversation)))
        Conversation.objects.filter(id=conversation.id).update(status=Status.CLOSED)
    assert found == [("queued", []), ("closed", [SORRY]), ("queued", [])]


def test_no_bots_time_is_measured_where_no_bot_had_it(cast: Cast, boss: User, turns: Turns, bot_says) -> None:
    keep_filter(boss, cast.line_3334, CheckGiven("keyword", WayGiven(), words=["solde"]))
    assert writes(cast, turns, cast.line_3334, OTHER, "Bonjour").status == Status.CLOSED
    assert writes(cast, turns, cast.line_3334, OTHER, "Mon solde").status == Status.QUEUED
    assert cast.intervals(IntervalKind.BOT) == []
    bot_says(BotTurn((), "human", 1.0, handover=Handover("asked", "")))
    keep_filter(boss, cast.line_1919, way=WayGiven("bot", reply=NOBODY))
    writes(cast, turns, cast.line_1919, OTHER, "Un conseiller")
    assert [one.label for one in cast.intervals(IntervalKind.BOT)] == ["filtered"]
