"""The same bot as the embedded engine's: same words, same sentences, same signals, in both languages."""

from __future__ import annotations

import uuid

import pytest
import redis

from bots.embedded.engine import EmbeddedEngine
from config.up.valkey import Valkey
from tests.rasa.conftest import Server, signals, texts

KEYWORDS = (
    "SOLDE", "RECHARGE", "FORFAIT", "RESEAU", "PUK", "FACTURE", "HORAIRES", "RECLAMATION", "CONSEILLER", "STOP",
    "BALANCE", "TOPUP", "BUNDLE", "NETWORK", "BILL", "HOURS", "COMPLAINT", "AGENT", "Arrêt", "  merci !! ", "BCP MERCI",
)  # fmt: skip


def test_exact_phrases_are_answered_as_the_embedded_engine_does(rasa: Server, embedded: EmbeddedEngine) -> None:
    """Every keyword, and the first four phrases of each intent in each language."""
    chosen: dict[tuple[str, str], list[str]] = {}
    for one in embedded.files.nlu.examples:
        chosen.setdefault((one.intent, one.language), []).append(one.text)
    asked = [(text, "fr") for text in KEYWORDS]
    asked += [(text, language) for (_, language), some in chosen.items() for text in some[:4]]
    conversation = uuid.uuid4()
    for text, language in asked:
        turn = embedded.take_turn(conversation_id=conversation, history=(), text=text, language=language)
        answer = rasa.ask(text, sender=str(conversation), lang=turn.language, clarified=False)
        assert answer["intent"]["name"] == turn.intent, text
        assert texts(answer) == list(turn.replies), text
        asked_for = signals(answer)
        if turn.handover:
            assert asked_for[0]["action"] == "handover"
            assert asked_for[0]["reason"] == turn.handover.reason
            assert tuple(asked_for[0].get("skills", ())) == turn.handover.skills
        else:
            assert [one["action"] for one in asked_for] == list(turn.actions)
    assert len(asked) > 280


@pytest.mark.parametrize("text", ["g paye 2000f pr le pass semaine", "appelez moi au +229 01 97 11 22 33", "koudo",
                                  "i ni sogoma", "FORFAIT JOURNALIER svp", "1500 et 3000 francs"])  # fmt: skip
def test_the_same_values_are_found(rasa: Server, embedded: EmbeddedEngine, text: str) -> None:
    found = {one["entity"]: one["value"] for one in rasa.ask(text, lang="fr")["entities"]}
    assert found == dict(embedded.files.entities.find(text))
    assert found


def test_a_value_keeps_no_rule_from_being_followed(rasa: Server) -> None:
    answer = rasa.ask("ma facture de 25000 francs est fausse, j'ai paye 2 fois", lang="fr")
    assert answer["intent"]["name"] == "bill_dispute"
    assert signals(answer)[0]["action"] == "handover"


@pytest.mark.parametrize("text", ["STOP", "stop", "Arrêt", "ARRET"])
@pytest.mark.parametrize("clarified", [False, True])
def test_stop(rasa: Server, text: str, clarified: bool) -> None:
    answer = rasa.ask(text, lang="fr", clarified=clarified)
    assert answer["intent"] == {"name": "stop_optout", "confidence": 1.0}
    assert signals(answer) == [{"action": "opt_out"}]
    assert texts(answer)


@pytest.mark.parametrize("text", ["STОP", "ѕtор", "ST0P"])
def test_what_only_looks_like_stop_is_not_obeyed(rasa: Server, text: str) -> None:
    assert signals(rasa.ask(text, lang="fr", clarified=False)) == []
    assert signals(rasa.ask(text, lang="fr", clarified=True)) == [{"action": "handover", "reason": "unsure"}]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_not_understood_is_asked_about_once_and_then_handed_over(
    rasa: Server, embedded: EmbeddedEngine, language: str
) -> None:
    me = str(uuid.uuid4())
    domain = embedded.files.domain
    first = rasa.ask("xqzt vlop", sender=me, lang=language, clarified=False)
    assert first["intent"]["name"] == "nlu_fallback"
    assert texts(first)[0] in domain.responses["utter_clarify"].variants(language)
    assert signals(first) == []
    second = rasa.ask("xqzt vlop", sender=me, lang=language, clarified=True)
    assert signals(second) == [{"action": "handover", "reason": "unsure"}]
    assert texts(second)[0] in domain.responses["utter_handover"].variants(language)


def test_the_language_is_the_one_that_was_sent(rasa: Server) -> None:
    assert texts(rasa.ask("SOLDE", lang="fr"))[0].startswith("Pour voir")
    assert texts(rasa.ask("SOLDE", lang="en"))[0].startswith("To see")
    assert texts(rasa.ask("SOLDE"))[0].startswith("Pour voir"), "the bot's home language"


def test_a_turn_depends_on_nothing_but_what_was_sent(rasa: Server) -> None:
    """Whatever was said before, in whichever language and state; and one of several sentences is not drawn by lot."""
    me = str(uuid.uuid4())
    first = rasa.ask("merci", sender=me, lang="fr", clarified=False)
    for text, language, clarified in (("xqzt", "en", True), ("/restart", "fr", True), ("STOP", "en", False)):
        rasa.ask(text, sender=me, lang=language, clarified=clarified)
        assert rasa.ask("merci", sender=me, lang="fr", clarified=False) == first
    assert rasa.ask("xqzt", sender=me)["messages"] == rasa.ask("xqzt", sender=me)["messages"]
    assert len({texts(rasa.ask("merci", lang="fr"))[0] for _ in range(20)}) == 2, "yet people hear both"


def test_nothing_of_a_conversation_is_kept(rasa: Server, valkey: Valkey) -> None:
    rasa.ask("mon secret est 4711")
    with redis.Redis.from_url(valkey.url) as here:
        assert here.keys("*") == []
