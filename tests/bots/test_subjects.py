"""Which subjects a bot answers itself, which go to people and with what, in both bots."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bots.embedded.engine import EmbeddedEngine
from bots.turn import BotTurn

Say = Callable[..., BotTurn]

# bot, text, intent, skills, priority
TO_PEOPLE = [
    ("telecom", "telephone perdu", "lost_phone", ("sim",), 2),
    ("telecom", "sim suspendue", "sim_blocked", ("sim",), 0),
    ("telecom", "order status", "order_status", ("orders",), 0),
    ("telecom", "mobile money", "mobile_money", ("mobile_money",), 1),
    ("telecom", "stop the horoscope", "value_added", ("billing",), 0),
    ("insurance", "j'ai eu un accident", "claim_declare", ("claims",), 1),
    ("insurance", "claim status", "claim_status", ("claims",), 0),
    ("insurance", "remboursement soins", "reimbursement", ("health",), 0),
    ("insurance", "resilier", "cancel_contract", ("contracts",), 1),
    ("insurance", "beneficiary", "beneficiary", ("life",), 0),
    ("insurance", "payment problem", "payment_problem", ("billing",), 0),
    ("insurance", "devis", "quote", ("sales",), 0),
    ("insurance", "en panne", "roadside_assistance", ("assistance",), 3),
    ("insurance", "reclamation", "complaint", ("complaints",), 1),
]


@pytest.mark.parametrize(("bot", "text", "intent", "skills", "priority"), TO_PEOPLE)
def test_a_subject_for_people_names_who_is_needed_and_how_soon(
    say: Say, bot: str, text: str, intent: str, skills: tuple[str, ...], priority: int
) -> None:
    turn = say(text, bot=bot)
    assert turn.intent == intent
    assert turn.handover is not None
    assert (turn.handover.reason, turn.handover.skills, turn.handover.priority) == ("rule", skills, priority)
    assert "Sujet : " in turn.handover.summary
    assert turn.replies


@pytest.mark.parametrize(
    ("bot", "text", "intent"),
    [
        ("telecom", "solde internet", "bundle_remaining"),
        ("telecom", "recharge", "topup_how"),
        ("telecom", "roaming", "roaming"),
        ("telecom", "payer ma facture", "payment"),
        ("insurance", "echeance", "contract_due"),
        ("insurance", "franchise", "coverage"),
        ("insurance", "forgot password", "app_login"),
        ("insurance", "menu", "menu"),
    ],
)
def test_what_needs_no_person_is_answered(say: Say, bot: str, text: str, intent: str) -> None:
    turn = say(text, bot=bot)
    assert turn.intent == intent
    assert turn.handover is None
    assert turn.replies


@pytest.mark.parametrize("bot", ["telecom", "insurance"])
@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ne y yibeogo", "mooré"),
        ("ne y windiga !", "mooré"),
        ("I ni sogoma", "dioula"),
        ("i ni wula", "dioula"),
        ("A fon ganji à ?", "fon"),
        ("kudo zanzan", "fon"),
    ],
)
def test_a_greeting_in_a_local_language_reaches_a_person_who_reads_which_one(
    say: Say, bot: str, text: str, language: str
) -> None:
    handover = say(text, bot=bot).handover
    assert handover is not None
    assert (handover.reason, handover.skills) == ("rule", ("local_language",))
    assert handover.entities["local_language"] == language, "rules of a line may ask for it"
    assert f"langue {language}" in handover.summary


@pytest.mark.parametrize("bot", ["telecom", "insurance"])
@pytest.mark.parametrize("text", ["repeter", "plus court", "say that again", "shorter"])
def test_whoever_does_not_understand_an_answer_is_sent_to_a_person_the_second_time(
    say: Say, bot: str, text: str
) -> None:
    first = say("menu", text, bot=bot)
    assert first.replies
    assert first.handover is None
    second = say("menu", text, text, bot=bot).handover
    assert second is not None
    assert second.reason == "rule"


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("contrat n° AB12345", {"reference": "contrat n° AB12345"}),
        ("my claim 2025/00123 of 12/05/2026", {"reference": "claim 2025/00123", "date": "12/05/2026"}),
        ("accident du 3 février, 25 000 fcfa", {"date": "3 février", "amount": "25 000 fcfa"}),
        ("appelez le 07 01 02 03 04", {"phone_number": "07 01 02 03 04"}),
        ("la police est venue", {}),
    ],
)
def test_the_insurance_bot_finds_what_an_agent_asks_for_first(say: Say, text: str, entities: dict[str, str]) -> None:
    assert say(text, bot="insurance").entities == entities


@pytest.mark.parametrize(
    "number",
    [
        "+229 01 97 00 12 34",
        "0022997001234",
        "+225 07 01 02 03 04",
        "00226 70112233",
        "70 11 22 33",
        "+33 6 12 34 56 78",
    ],
)
def test_numbers_of_the_four_countries_are_found_whole(say: Say, number: str) -> None:
    assert say(number).entities == {"phone_number": number}


def test_no_answer_is_said_by_nobody(shipped: EmbeddedEngine) -> None:
    assert shipped.files.unused_responses() == []
