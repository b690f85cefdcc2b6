"""Outside the hours of a line its subscriber is told so once, in his language, and nothing of his is lost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.models import HolidayDate, SpecialDays
from accounts.schedule_admin import confirm_holiday
from bots.turn import BotTurn, Handover
from contacts.models import Suppression
from conversations.models import AfterHoursText, Conversation, Delivery, Message, Status, Task
from realtime.checker import check_density
from routing import ownership
from routing import turns as turns_module
from routing.after_hours_text import said
from routing.handling import handle
from routing.models import AgentState, State
from routing.turns import Turns
from tests.cast import Cast
from tests.routing.hours import (
    MONDAY_LATER,
    MONDAY_NIGHT,
    MONDAY_OPEN,
    TUESDAY_NIGHT,
    TUESDAY_OPEN,
    at,
    keeps_hours,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def scripted_links(settings):
    from conversations.links import adapter_class

    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """What the bot was asked: it answers, and hands over who wants a "conseiller"."""
    heard: list[str] = []

    def answer(*, bot, conversation_id, history, text, language, engine, **_given):
        heard.append(text)
        handover = Handover("asked", "Demande un conseiller") if "conseiller" in text else None
        return BotTurn(("Je note.",), "any", 1.0, language="fr", handover=handover)

    monkeypatch.setattr(turns_module, "take_turn", answer)
    return heard


@pytest.fixture
def decide_at(cast: Cast):
    pool = Turns(limit_s=5.0)

    def run(now) -> None:
        while handle(owner="d1", turns=pool, now=now):
            pass

    yield run
    pool.close()
    assert check_density(cast.organisation.id).dense


def told(conversation: Conversation) -> list[str]:
    found = Message.objects.filter(conversation=conversation, kind="outgoing", author="system").order_by("seq")
    return list(found.values_list("body", flat=True))


@pytest.mark.needs("RFP-033", part="hours")
def test_a_text_outside_hours_is_answered_once_and_waits_in_its_queue(cast: Cast, decide_at):
    keeps_hours(cast)
    conversation = cast.queued(at=MONDAY_NIGHT)
    for words in ("Bonjour", "Il y a quelqu'un ?"):
        cast.text_in(conversation, words, at=MONDAY_NIGHT)
        decide_at(MONDAY_NIGHT)
    cast.text_in(conversation, "Toujours rien ?", at=MONDAY_LATER)
    decide_at(MONDAY_LATER)

    assert told(conversation) == [
        "Savane Assistance : nous sommes fermés. Votre message est bien arrivé. Prochaine ouverture : demain à 08:00."
    ]
    conversation.refresh_from_db()
    assert (conversation.status, conversation.waiting_since) == (Status.QUEUED, MONDAY_NIGHT)
    assert cast.unhandled() == set()
    delivery = Delivery.objects.get()
    assert (delivery.parts, delivery.encoding) == (1, "gsm7")


def test_each_closed_stretch_is_told_and_no_open_one(cast: Cast, decide_at):
    keeps_hours(cast)
    conversation = cast.queued(at=MONDAY_OPEN)
    for moment, number in ((MONDAY_OPEN, 0), (MONDAY_NIGHT, 1), (TUESDAY_OPEN, 1), (TUESDAY_NIGHT, 2)):
        cast.text_in(conversation, "Bonjour", at=moment)
        decide_at(moment)
        assert len(told(conversation)) == number
    cast.text_in(conversation, "Bonjour", at=at(2026, 11, 25, 13))  # the lunch break is closed, too
    decide_at(at(2026, 11, 25, 13))
    assert told(conversation)[-1].endswith("aujourd'hui à 14:00.")


def test_a_line_without_hours_never_closes(cast: Cast, decide_at):
    keeps_hours(cast, cast.line_1919)
    conversation = cast.queued(at=MONDAY_NIGHT)  # on 3334
    cast.text_in(conversation, "Bonjour", at=MONDAY_NIGHT)
    decide_at(MONDAY_NIGHT)
    assert told(conversation) == []


def test_the_bot_goes_on_and_who_wants_a_person_is_told(cast: Cast, asked, decide_at):
    keeps_hours(cast)
    conversation = cast.open_conversation(line=cast.line_1919, at=MONDAY_NIGHT)
    cast.text_in(conversation, "Mon solde ?", at=MONDAY_NIGHT)
    decide_at(MONDAY_NIGHT)
    assert told(conversation) == []
    cast.text_in(conversation, "Un conseiller", at=MONDAY_NIGHT)
    decide_at(MONDAY_NIGHT)
    conversation.refresh_from_db()
    assert conversation.status == Status.QUEUED
    assert [author for author, _ in cast.said(conversation)][-3:] == ["bot", "system", "system"]
    assert len(told(conversation)) == 1


def test_a_bot_that_rests_with_its_line_is_asked_nothing(cast: Cast, asked, decide_at):
    keeps_hours(cast, cast.line_1919, bot_after_hours=False)
    conversation = cast.open_conversation(line=cast.line_1919, at=MONDAY_NIGHT)
    cast.text_in(conversation, "Mon solde ?", at=MONDAY_NIGHT)
    decide_at(MONDAY_NIGHT)
    conversation.refresh_from_db()
    assert asked == []
    assert (conversation.status, conversation.handover_reason) == (Status.QUEUED, "after_hours")
    assert len(told(conversation)) == 1
    other = cast.open_conversation(line=cast.line_1919, sender="+2290197000002", at=MONDAY_OPEN)
    cast.text_in(other, "Mon solde ?", at=MONDAY_OPEN)
    decide_at(MONDAY_OPEN)
    assert asked == ["Mon solde ?"]


def test_it_is_said_in_the_subscribers_language_and_in_the_lines_own_words(cast: Cast, decide_at):
    keeps_hours(cast)
    AfterHoursText.objects.create(
        organisation=cast.organisation, line=cast.line_3334, language="en", body="{line} ({address}): back {opens_at}."
    )
    conversation = cast.queued(at=at(2026, 11, 27, 20))  # a Friday
    Conversation.objects.filter(id=conversation.id).update(language="en")
    cast.text_in(conversation, "Hello", at=at(2026, 11, 27, 20))
    decide_at(at(2026, 11, 27, 20))
    assert told(conversation) == ["Distributeurs (3334): back Monday 30/11 at 08:00."]


def test_a_closure_says_its_own_words(cast: Cast, decide_at):
    schedule = keeps_hours(cast)
    SpecialDays.objects.create(
        schedule=schedule, first=date(2026, 11, 23), last=date(2026, 11, 24), reason="Inventaire",
        says_fr="Inventaire : de retour {opens_at}.",
    )  # fmt: skip
    conversation = cast.queued(at=MONDAY_OPEN)
    cast.text_in(conversation, "Bonjour", at=MONDAY_OPEN)
    decide_at(MONDAY_OPEN)
    assert told(conversation) == ["Inventaire : de retour mercredi 25/11 à 08:00."]


@pytest.mark.needs("RFP-033", part="hours")
def test_a_public_holiday_is_closed_and_one_that_follows_the_moon_once_a_person_has_said_so(cast: Cast, decide_at):
    keeps_hours(cast, country="BJ")
    labour_day, tabaski, moved = at(2026, 5, 1, 10), at(2026, 5, 27, 10), at(2026, 5, 28, 10)
    conversation = cast.queued(at=labour_day)
    for moment, number in ((labour_day, 1), (tabaski, 1), (moved, 1)):
        cast.text_in(conversation, "Bonjour", at=moment)
        decide_at(moment)
        assert len(told(conversation)) == number, moment
    confirm_holiday(actor=cast.sam, country="BJ", year=2026, key="eid-al-adha", day=date(2026, 5, 28))
    for moment, number in ((tabaski, 1), (moved, 2)):
        cast.text_in(conversation, "Bonjour", at=moment)
        decide_at(moment)
        assert len(told(conversation)) == number, moment
    assert HolidayDate.objects.get().by_id == cast.sam.id


def test_who_has_opted_out_or_is_no_number_is_told_nothing(cast: Cast, decide_at):
    keeps_hours(cast)
    stopped, machine = cast.queued(at=MONDAY_NIGHT), cast.queued(sender="INFO", at=MONDAY_NIGHT)
    Suppression.objects.create(organisation_id=cast.organisation.id, number=stopped.address.value, source="text")
    for conversation in (stopped, machine):
        cast.text_in(conversation, "Bonjour", at=MONDAY_NIGHT)
    hinted = cast.queued(sender="+2290197000003", at=MONDAY_NIGHT)
    message = cast.text_in(hinted, "plus de textos svp", at=MONDAY_NIGHT)
    Message.objects.filter(id=message.id).update(facts={"hint": "opt_out"})
    decide_at(MONDAY_NIGHT)
    assert [told(one) for one in (stopped, machine, hinted)] == [[], [], []]
    assert cast.unhandled() == set()


def test_whose_owner_is_at_work_after_hours_is_told_nothing(cast: Cast, decide_at):
    keeps_hours(cast)
    conversation = cast.owned_by(cast.awa, at=MONDAY_OPEN)
    AgentState.objects.filter(user=cast.awa).update(state=State.BUSY)
    cast.text_in(conversation, "Encore une question", at=MONDAY_NIGHT)
    decide_at(MONDAY_NIGHT)
    assert told(conversation) == []
    AgentState.objects.filter(user=cast.awa).update(state=State.OFFLINE)
    cast.text_in(conversation, "Allo ?", at=MONDAY_LATER)
    decide_at(MONDAY_LATER)
    assert len(told(conversation)) == 1
    conversation.refresh_from_db()
    assert conversation.status == Status.OPEN


def test_two_dispatchers_tell_it_once(cast: Cast, at_once):
    keeps_hours(cast)
    conversations = [cast.queued(sender=f"+22901970001{n:02d}", at=MONDAY_NIGHT) for n in range(12)]
    pools = [Turns(limit_s=5.0) for _ in range(2)]
    for _ in range(3):
        for one in conversations:
            cast.text_in(one, "Bonjour", at=MONDAY_NIGHT)
        found = at_once([lambda n=n: handle(owner=f"d{n}", turns=pools[n], now=MONDAY_NIGHT) for n in range(2)])
        assert not [one for one in found if isinstance(one, Exception)], found
        while handle(owner="last", turns=pools[0], now=MONDAY_NIGHT):
            pass
    for pool in pools:
        pool.close()
    assert [len(told(one)) for one in conversations] == [1] * 12


def test_an_answer_that_promises_makes_a_task_for_the_opening(cast: Cast, decide_at):
    keeps_hours(cast, cast.line_3334, promises_callback=True)
    conversation = cast.queued(at=MONDAY_NIGHT)
    for _ in range(2):
        cast.text_in(conversation, "Bonjour", at=MONDAY_NIGHT)
        decide_at(MONDAY_NIGHT)
    task, opening = Task.objects.get(), at(2026, 11, 24, 8)
    conversation.refresh_from_db()
    assert (task.due_at, task.made_by, conversation.callback_at) == (opening, None, opening)
    assert cast.said(conversation)[-2:] == [("system", "callback_promised"), ("contact", "Bonjour")]


def test_an_answer_of_a_person_needs_no_answer_of_ours(cast: Cast, decide_at):
    keeps_hours(cast)
    conversation = cast.owned_by(cast.awa, at=MONDAY_NIGHT)
    cast.text_in(conversation, "Bonjour", at=MONDAY_NIGHT)
    ownership.answer(
        user=cast.awa, conversation_id=conversation.id, body="Oui ?", client_id=conversation.id, now=MONDAY_NIGHT
    )
    decide_at(MONDAY_NIGHT)
    assert told(conversation) == []


def test_times_are_said_as_people_say_them():
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Africa/Porto-Novo")
    night = at(2026, 11, 23, 23, 30)
    assert said(at(2026, 11, 24, 8), night, zone, "fr") == "demain à 08:00"
    assert said(at(2026, 11, 24, 8), at(2026, 11, 24, 0, 10), zone, "fr") == "aujourd'hui à 08:00"
    assert said(at(2026, 12, 1, 8), night, zone, "en") == "Tuesday 01/12 at 08:00"
    assert said(None, night, zone, "fr") == "prochainement"
    assert said(night + timedelta(days=1), night, zone, "en") == "tomorrow at 23:30"
