"""What a bot sends costs one short message, and says the same thing in each language."""

from __future__ import annotations

import pytest

from bots.embedded.domain import ASKED_FOR_BY_NAME
from bots.embedded.engine import EmbeddedEngine
from channels_sms.text import parts


def answers(shipped: EmbeddedEngine) -> list[tuple[str, str, str]]:
    """(response, language, text) of everything that a subscriber can receive."""
    for_agents = {name for name in ASKED_FOR_BY_NAME if name.startswith("utter_summary_")}
    return [
        (name, language, text)
        for name, response in shipped.files.domain.responses.items()
        if name not in for_agents and not name.startswith(("utter_topic_", "utter_detail_"))
        for language in shipped.files.languages
        for text in response.variants(language)
    ]


def test_every_answer_is_one_short_message_of_the_gsm_alphabet(shipped: EmbeddedEngine) -> None:
    dear = []
    for name, language, text in answers(shipped):
        plan = parts.plan(text)
        if (plan.encoding, plan.parts) != ("gsm7", 1):
            dear.append(f"{name} ({language}): {plan.parts} parts, {plan.units} units, {plan.unicode_characters}")
    assert not dear, "\n".join(dear)


@pytest.mark.parametrize("word", ["conseiller", "agent"])
def test_an_answer_that_offers_a_person_names_a_word_that_brings_one(shipped: EmbeddedEngine, word: str) -> None:
    reading = shipped.model.intent([word], "fr" if word == "conseiller" else "en")
    assert (reading.intent, reading.confidence) == ("talk_to_human", 1.0)


def test_every_word_that_the_menus_offer_is_understood_for_certain(shipped: EmbeddedEngine) -> None:
    for name in ("utter_menu", "utter_clarify"):
        for language in shipped.files.languages:
            for text in shipped.files.domain.responses[name].variants(language):
                offered = [word.strip(".,:") for word in text.split() if word.strip(".,:").isupper()]
                offered = [word for word in offered if len(word) > 1]
                assert len(offered) >= 6
                for word in offered:
                    reading = shipped.model.intent(shipped.files.spelling.words(word), language)
                    assert reading.confidence == 1.0, f"{name} ({language}) offers {word}"
                    assert reading.intent not in {None, "out_of_scope"}


def test_answers_speak_their_own_language(shipped: EmbeddedEngine) -> None:
    for name, language, text in answers(shipped):
        read = shipped.model.language(shipped.files.spelling.words(text))
        assert read in {language, None}, f"{name} ({language}) reads as {read}: {text}"
