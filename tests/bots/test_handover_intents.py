"""What a bot understood goes with its handover, so that rules know what somebody wants who asks for a person."""

from __future__ import annotations

from uuid import UUID

from bots.engine import take_turn, vocabulary
from bots.turn import Turn

CONVERSATION = UUID(int=7)


def test_who_asks_for_a_person_is_still_understood_to_be_about_what_came_before() -> None:
    history = (Turn("contact", "Ma facture est fausse, 5000 F de trop"), Turn("bot", "Un instant."))
    turn = take_turn(
        bot="telecom",
        conversation_id=CONVERSATION,
        history=history,
        text="Je veux parler à un conseiller",
        language="fr",
    )
    assert turn.handover is not None
    assert (turn.intent, turn.handover.intents) == ("talk_to_human", ("bill_dispute", "talk_to_human"))
    assert turn.handover.entities["amount"]


def test_what_a_bot_can_understand_is_told_without_training_it() -> None:
    words = vocabulary("telecom")
    assert {"bill_dispute", "talk_to_human"} <= set(words.intents)
    assert "amount" in words.entities
