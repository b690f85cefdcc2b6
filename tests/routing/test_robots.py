"""Two robots do not thank each other for ever, and nothing automatic goes where no phone is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bots.turn import BotTurn, Handover
from common.clock import database_now
from conversations.models import Delivery, Message, Status
from realtime.checker import check_density
from routing import ownership
from routing import turns as turns_module
from routing.handling import handle
from routing.robots import MOST_REPLIES, WINDOW
from routing.turns import Turns
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def scripted_links(settings):
    from conversations.links import adapter_class

    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()


@pytest.fixture
def turns():
    pool = Turns(limit_s=10.0)
    yield pool
    pool.close()


@pytest.fixture
def polite(monkeypatch) -> None:
    """A bot that has an answer to everything."""

    def take_turn(**_given) -> BotTurn:
        return BotTurn(("Merci de votre message.",), "any", 1.0, language="fr")

    monkeypatch.setattr(turns_module, "take_turn", take_turn)


def test_a_machine_that_answers_each_answer_is_soon_a_persons(cast: Cast, turns, polite):
    conversation, at = cast.open_conversation(line=cast.line_1919), database_now()
    for number in range(MOST_REPLIES + 5):
        cast.text_in(conversation, "Je suis absent.")
        handle(owner="d1", turns=turns, now=at + timedelta(seconds=number))

    assert Delivery.objects.count() == MOST_REPLIES
    conversation.refresh_from_db()
    assert (conversation.status, conversation.handover_reason) == (Status.QUEUED, "rule")
    assert "automate" in conversation.handover_summary
    assert conversation.unread == MOST_REPLIES + 5
    assert cast.unhandled() == set()
    assert check_density(cast.organisation.id).dense


def test_given_back_to_the_bot_it_is_a_persons_again_until_the_stretch_is_over(cast: Cast, turns, polite):
    conversation, at = cast.open_conversation(line=cast.line_1919), database_now()
    for _ in range(MOST_REPLIES + 1):
        cast.text_in(conversation, "Je suis absent.")
        handle(owner="d1", turns=turns, now=at)

    def back_to_the_bot() -> None:
        ownership.take(user=cast.awa, conversation_id=conversation.id)
        ownership.give_back(user=cast.awa, conversation_id=conversation.id, to="bot")

    back_to_the_bot()
    handle(owner="d1", turns=turns, now=at + WINDOW / 2)
    conversation.refresh_from_db()
    assert conversation.status == Status.QUEUED

    back_to_the_bot()
    handle(owner="d1", turns=turns, now=database_now() + WINDOW)
    conversation.refresh_from_db()
    assert conversation.status == Status.BOT
    assert Delivery.objects.count() == MOST_REPLIES + 1


def test_many_answers_over_a_long_time_are_a_conversation(cast: Cast, turns, polite):
    conversation = cast.open_conversation(line=cast.line_1919)
    for _ in range(MOST_REPLIES + 5):
        cast.text_in(conversation, "Et mon solde ?")
        handle(owner="d1", turns=turns)
        Message.objects.filter(author="bot").update(created_at=database_now() - WINDOW)
    conversation.refresh_from_db()
    assert conversation.status == Status.BOT
    assert Delivery.objects.count() == MOST_REPLIES + 5


@pytest.mark.parametrize("sender", ["MTN-PROMO", "1919", "22", "+229"])
def test_what_is_no_phone_number_gets_a_person_and_no_automatic_word(cast: Cast, turns, polite, sender):
    conversation = cast.open_conversation(line=cast.line_1919, sender=sender)
    cast.text_in(conversation, "Gagnez un million")
    handle(owner="d1", turns=turns)

    conversation.refresh_from_db()
    assert not Delivery.objects.exists()
    assert (conversation.status, conversation.handover_reason) == (Status.QUEUED, "rule")
    assert "numéro de téléphone" in conversation.handover_summary


def test_the_bots_own_reason_is_kept_when_it_may_not_speak(cast: Cast, turns, monkeypatch):
    def take_turn(**_given) -> BotTurn:
        return BotTurn(("Un conseiller arrive.",), "human", 1.0, handover=Handover("asked", "Veut parler"))

    monkeypatch.setattr(turns_module, "take_turn", take_turn)
    conversation = cast.open_conversation(line=cast.line_1919, sender="MTN-PROMO")
    cast.text_in(conversation, "conseiller")
    handle(owner="d1", turns=turns)

    conversation.refresh_from_db()
    assert not Delivery.objects.exists()
    assert (conversation.handover_reason, conversation.handover_summary) == ("asked", "Veut parler")
