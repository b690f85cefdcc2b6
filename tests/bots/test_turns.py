"""What a subscriber gets back, text by text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bots import engine
from bots.errors import UnknownBot
from bots.turn import BotTurn, Turn
from tests.bots.talk import CONVERSATION

Say = Callable[..., BotTurn]


@pytest.mark.parametrize(
    ("text", "intent", "language"),
    [
        ("Bonjour", "greet", "fr"),
        ("mn sold svp", "balance", "fr"),
        ("g pa recu mn credi", "credit_problem", "fr"),
        ("BALANCE PLEASE", "balance", "en"),
        ("u charged me twice", "bill_dispute", "en"),
        ("pa de rezo depuis hier", "network_problem", "fr"),
        ("what time do u open", "opening_hours", "en"),
    ],
)
def test_phone_spelling_is_understood(say: Say, text: str, intent: str, language: str) -> None:
    turn = say(text)
    assert (turn.intent, turn.language) == (intent, language)
    assert turn.replies


@pytest.mark.parametrize(
    "text",
    ["je veux un conseiller", "agent", "humain", "parler à quelqu'un", "talk to a human", "Conseiller svp !!"],
)
def test_whoever_asks_for_a_person_gets_one(say: Say, text: str) -> None:
    turn = say(text)
    assert turn.handover is not None
    assert turn.handover.reason == "asked"
    assert turn.replies, "they are told that somebody will answer"


def test_the_bot_asks_once_what_was_meant_then_steps_aside(say: Say) -> None:
    first = say("xqzt")
    assert first.intent is None
    assert first.handover is None
    second = say("xqzt", "wkpf brrt")
    assert second.handover is not None
    assert second.handover.reason == "unsure"
    assert not set(second.replies) & set(first.replies)


def test_it_remembers_having_asked_even_after_a_good_answer(say: Say) -> None:
    turn = say("xqzt", "solde", "wkpf brrt")
    assert turn.handover is not None
    assert turn.handover.reason == "unsure"


def test_a_subject_that_is_not_its_own_is_refused_once_then_handed_over(say: Say) -> None:
    first = say("qui a gagné le match")
    assert first.intent == "out_of_scope"
    assert first.handover is None
    second = say("qui a gagné le match", "et la meteo de demain")
    assert second.handover is not None


def test_a_complaint_and_a_disputed_bill_belong_to_people(say: Say) -> None:
    complaint = say("je veux faire une réclamation").handover
    assert complaint is not None
    assert (complaint.reason, complaint.skills, complaint.priority) == ("rule", ("complaints",), 1)
    bill = say("my bill is wrong").handover
    assert bill is not None
    assert (bill.reason, bill.skills) == ("rule", ("billing",))


@pytest.mark.parametrize("text", ["STOP", "stop", "Stop.", "ARRET", "arrêt", "unsubscribe"])
def test_a_stop_word_is_certain_and_asks_for_the_opt_out(say: Say, text: str) -> None:
    turn = say(text)
    assert (turn.intent, turn.confidence, turn.actions) == ("stop_optout", 1.0, ("opt_out",))
    assert turn.handover is None
    assert turn.replies


@pytest.mark.parametrize("text", ["", "   ", "👍👍", "?!", "1", "97 00 12 34", "\x00", "\ud83d"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_text_without_words_is_asked_about_in_the_known_language(say: Say, text: str, language: str) -> None:
    turn = say(text, language=language)
    assert turn.intent is None
    assert turn.language == language
    assert turn.replies


def test_the_answer_is_in_the_language_of_the_text_not_in_the_one_on_file(say: Say) -> None:
    assert say("how much credit do i have", language="fr").language == "en"
    assert say("c combien mn credit", language="en").language == "fr"


def test_a_text_that_shows_no_language_goes_by_the_texts_before_it(say: Say) -> None:
    assert say("good morning", "puk", language="fr").language == "en"
    assert say("bonsoir", "puk", language="en").language == "fr"
    assert say("puk", language="en").language == "en"
    assert say("puk", language="de").language == "fr", "an unknown language is the bot's own"


def test_whoever_asks_again_hears_it_otherwise(say: Say) -> None:
    assert say("merci").replies != say("merci", "merci").replies


def test_values_are_found_as_they_are_written(say: Say) -> None:
    assert say("recharge de 2 000 fcfa sur 01 97 00 12 34 pas recue").entities == {
        "amount": "2 000 fcfa",
        "phone_number": "01 97 00 12 34",
    }
    assert say("price of the weekly bundle").entities == {"bundle_name": "Semaine"}
    assert say("+229 01 97 00 12 34").entities == {"phone_number": "+229 01 97 00 12 34"}
    assert say("je veux le Pass  NUIT").entities == {"bundle_name": "Nuit"}


def test_the_agent_reads_what_was_asked_and_which_values_were_given(say: Say) -> None:
    handover = say("g pa recu mn credit de 2000f", "tjr rien", "conseiller").handover
    assert handover is not None
    lines = handover.summary.splitlines()
    assert len(lines) == 3
    assert "recharge ou crédit non reçu" in lines[0]
    assert "montant 2000f" in lines[0]
    assert "g pa recu mn credit de 2000f / tjr rien / conseiller" in lines[1]
    assert lines[2] == "Humeur : mécontent."


def test_braces_and_control_characters_in_a_text_stay_harmless_in_the_summary(say: Say) -> None:
    handover = say("{topic} {asked} \x00\ud800 conseiller").handover
    assert handover is not None
    assert "{topic} {asked} conseiller" in handover.summary
    handover.summary.encode()


def test_a_slash_commands_nothing(say: Say) -> None:
    for text in ("restart", "balance", 'balance{"lang": "en"}', "solde svp"):
        assert say("/" + text) == say(text)


def test_the_text_already_in_the_history_is_not_counted_twice() -> None:
    turn = engine.take_turn(
        bot="telecom",
        conversation_id=CONVERSATION,
        history=(Turn("contact", "conseiller"),),
        text="conseiller",
        language=None,
    )
    assert turn.handover is not None
    assert turn.handover.summary.count("conseiller") == 1


def test_the_same_turn_twice_gives_the_same_answer(say: Say) -> None:
    assert say("bjr", "mn sold") == say("bjr", "mn sold")


@pytest.mark.parametrize("name", ["nobody", "", "../telecom", "telecom/nlu", "Telecom", ".."])
def test_an_unknown_bot_is_a_clear_error(name: str) -> None:
    with pytest.raises(UnknownBot, match="telecom"):
        engine.take_turn(bot=name, conversation_id=CONVERSATION, history=(), text="x", language=None)
