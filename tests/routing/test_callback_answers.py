"""An offered callback: what says yes promises one, what does not is a text like any other."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from common.clock import database_now
from common.ids import uuid7
from conversations.models import Conversation, Message, Status, Task
from routing import ownership
from routing.callback_answers import says_yes
from routing.ladder import Deed, Step
from routing.ladder_watch import LadderWatch
from routing.models import LadderTold, Queue
from routing.unhandled import unanswered
from tests.cast import Cast
from tests.routing.hours import TUESDAY_OPEN, at, keeps_hours
from tests.routing.ladders import climbs, told, waits

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def scripted_links(settings):
    from conversations.links import adapter_class

    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()


@pytest.fixture
def now() -> datetime:
    return database_now()


def later(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


@pytest.fixture
def asked(cast: Cast, now: datetime) -> Conversation:
    """He was asked a minute after he came."""
    climbs(cast.queue, Step(60, Deed.OFFER_CALLBACK), Step(300, Deed.TELL_POSITION))
    conversation = waits(cast, now, words="Ma recharge n'est pas passée")
    assert LadderWatch().look(later(now, 60)) == 1
    assert told(conversation) == [
        "Savane Assistance : l'attente est longue. Répondez 1 pour que nous revenions vers vous plus tard,"
        " ou patientez simplement."
    ]
    return conversation


@pytest.mark.parametrize(
    "words", ["1", " 1. ", "« 1 »", "\u0661", "\uff11", "Oui",
      "OUI merci", "Rappelez-moi svp", "rappel", "Call me back!", "yes"]
)  # fmt: skip
def test_a_digit_or_a_word_says_yes(words: str):
    assert says_yes(words)


@pytest.mark.parametrize(
    "words",
    ["", "10", "1 question", "2", "non", "ok", "merci", "oui mais quand ?", "1 Go svp ?", "je prends le forfait 1",
     "appelez pas", "1" * 200, "STOP", "?", "11"],
)  # fmt: skip
def test_an_ordinary_text_says_nothing(words: str):
    assert not says_yes(words)


def test_a_yes_promises_once_and_keeps_his_place_and_his_question(cast: Cast, asked: Conversation, now, at_once):
    cast.text_in(asked, "1", at=later(now, 90))
    at_once([lambda: LadderWatch().look(later(now, 91)) for _ in range(3)])
    task = Task.objects.get()
    assert (task.due_at, task.made_by) == (later(now, 91 + 7200), None)
    assert told(asked)[1].startswith("Savane Assistance : c'est noté. Nous reviendrons vers vous au plus tard ")
    asked.refresh_from_db()
    assert (asked.status, asked.queued_at, asked.callback_at) == (Status.QUEUED, now, task.due_at)
    assert [one.body for one in unanswered(asked)] == ["Ma recharge n'est pas passée", "1"]
    assert LadderWatch().look(later(now, 400)) == 1
    assert len(told(asked)) == 2, "who is promised a callback is told no place"


def test_what_says_no_yes_is_eaten_by_nobody_and_a_later_yes_still_counts(cast: Cast, asked: Conversation, now):
    cast.text_in(asked, "J'ai 1 autre question", at=later(now, 70))
    watch = LadderWatch()
    watch.look(later(now, 71))
    assert not Task.objects.exists()
    assert len(unanswered(asked)) == 2
    cast.text_in(asked, "Oui", at=later(now, 80))
    watch.look(later(now, 81))
    assert Task.objects.count() == 1


def test_once_a_person_has_him_a_digit_is_for_that_person(cast: Cast, asked: Conversation, now):
    ownership.take(user=cast.awa, conversation_id=asked.id, now=later(now, 65))
    watch = LadderWatch()
    watch.look(later(now, 66))
    cast.text_in(asked, "1", at=later(now, 70))
    watch.look(later(now, 71))
    ownership.give_back(user=cast.awa, conversation_id=asked.id, now=later(now, 80))
    watch.look(later(now, 81))
    assert not Task.objects.exists()
    assert not LadderTold.objects.filter(answer_after__isnull=False).exists()


def test_an_answer_before_its_time_keeps_what_a_machine_promised(cast: Cast, asked: Conversation, now, settings):
    cast.text_in(asked, "1", at=later(now, 90))
    LadderWatch().look(later(now, 91))
    ownership.take(user=cast.awa, conversation_id=asked.id, now=later(now, 100))
    ownership.answer(user=cast.awa, conversation_id=asked.id, body="Me voici.", client_id=uuid7(), now=later(now, 110))
    assert Task.objects.get().state == "done"
    asked.refresh_from_db()
    assert asked.callback_at is None


def test_a_callback_is_promised_within_the_hours_of_its_line(cast: Cast):
    keeps_hours(cast)
    Queue.objects.filter(id=cast.queue.id).update(callback_within_s=24 * 3600 * 4)
    climbs(cast.queue, Step(60, Deed.OFFER_CALLBACK))
    begin = at(2026, 11, 24, 17)
    conversation = waits(cast, begin)
    LadderWatch().look(later(begin, 60))
    cast.text_in(conversation, "1", at=later(begin, 90))
    LadderWatch().look(later(begin, 91))
    due = Task.objects.get().due_at
    assert due.weekday() < 5
    assert due > TUESDAY_OPEN


def test_who_says_yes_and_may_ask_to_stop_is_promised_and_told_nothing(cast: Cast, asked: Conversation, now):
    cast.text_in(asked, "arrêtez vos messages", at=later(now, 80))
    Message.objects.filter(conversation=asked, body="arrêtez vos messages").update(facts={"hint": "opt_out"})
    cast.text_in(asked, "1", at=later(now, 90))
    LadderWatch().look(later(now, 91))
    assert Task.objects.count() == 1
    assert len(told(asked)) == 1
