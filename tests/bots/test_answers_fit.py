"""What a bot sends costs one short message, and says the same thing in each language."""

from __future__ import annotations

import re

import pytest

from bots.dialogue import requests
from bots.embedded.domain import ASKED_FOR_BY_NAME, fill
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


LONG = {
    "choices": "1 paiement non pris en compte ou contesté, 2 recharge ou credit non recu",
    "value": "montant 5000000 F",
    "slots": "montant 5000000 F, jour 21/11/2026",
    "code": "482193",
}


COLUMNS = {
    **dict.fromkeys(("balance", "bundle", "left"), "1 250"),
    **dict.fromkeys(("policy", "claim", "number", "due", "state"), "31/12/2026"),
}


def of_the_dialogue(shipped: EmbeddedEngine) -> list[tuple[str, str, str]]:
    """(sentence, language, text) of what dialogue.yml says, its variables filled with long values."""
    assert shipped.plan is not None
    return [
        (says.name, language, fill(text, {**LONG, **COLUMNS}))
        for says in shipped.plan.sentences()
        for language in shipped.files.languages
        for text in says.variants(language)
    ]  # fmt: skip


def test_every_sentence_of_the_dialogue_is_one_short_message_of_its_language(shipped: EmbeddedEngine) -> None:
    found = of_the_dialogue(shipped)
    assert len(found) > 100
    dear = []
    for name, language, text in found:
        plan = parts.plan(text)
        if (plan.encoding, plan.parts) != ("gsm7", 1):
            dear.append(f"{name} ({language}): {plan.parts} parts, {plan.units} units, {plan.unicode_characters}")
        assert "{" not in text, f"{name} ({language}) has a variable that nothing fills"
    assert not dear, "\n".join(dear)


def test_two_subjects_to_choose_from_are_one_short_message(shipped: EmbeddedEngine) -> None:
    """Subjects are written for agents, with every accent; to a subscriber they go in the alphabet of an SMS."""
    domain, plan = shipped.files.domain, shipped.plan
    assert plan is not None
    for language in shipped.files.languages:
        with_topic = [one for one in domain.intents if f"utter_topic_{one}" in domain.responses]
        named = [requests.sendable_topic(domain, one, language) for one in with_topic]
        longest = sorted(named, key=len)[-2:]
        text = fill(plan.talk["either"].variants(language)[0], {"choices": f"1 {longest[0]}, 2 {longest[1]}"})
        assert (parts.plan(text).encoding, parts.plan(text).parts) == ("gsm7", 1)
        assert all(parts.plan(topic).encoding == "gsm7" for topic in named)


def test_every_menu_offers_the_digits_that_it_has(shipped: EmbeddedEngine) -> None:
    assert shipped.plan is not None
    for menu in shipped.plan.menus.values():
        for language in shipped.files.languages:
            for text in menu.say.variants(language):
                offered = {int(word) for word in re.findall(r"(?<![\w])([0-9])(?= )", text)}
                assert offered - {0} == set(menu.choices), (menu.name, language)
                assert (0 in offered) == bool(menu.parent)


def test_every_question_has_a_person_s_words_for_its_answer(shipped: EmbeddedEngine) -> None:
    """What a form gathers is read by agents: in their language, with the value in it."""
    assert shipped.plan is not None
    for slot in shipped.plan.slots.values():
        assert any(slot.name in form.slots for form in shipped.plan.forms.values()) or slot.name == "phone_number"
        assert all("{value}" in text for language in shipped.files.languages for text in slot.recap.variants(language))


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
