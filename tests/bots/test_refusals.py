# ruff: noqa: E501 (a table reads best with one case to a line)
"""What the embedded engine cannot honour, it refuses when it loads, and says where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bots import engine
from bots.errors import BotDataError

Spoil = Callable[[str, str, str], None]

# file, old, new, then the key and some words of the complaint
# fmt: off
CASES = {
    "stories": ("rules.yml", "rules:", "stories: []\nrules:", "stories", "cannot honour"),
    "forms": ("domain.yml", "session_config:", "forms: {}\nsession_config:", "forms", "cannot honour"),
    "custom actions": ("domain.yml", "session_config:", "actions: [act]\nsession_config:", "actions", "action server"),
    "sessions": ("domain.yml", "session_expiration_time: 0", "session_expiration_time: 60", "session_config", "0"),
    "unknown slot": ("domain.yml", "  clarified:", "  mood:", "slots.mood", "cannot honour"),
    "slot from entity": ("domain.yml", "mappings: [{type: custom}]", "mappings: [{type: from_entity}]", "lang", "custom"),
    "slot type": ("domain.yml", "type: bool", "type: text", "slots.clarified", "bool"),
    "home language": ("domain.yml", "initial_value: fr", "initial_value: de", "initial_value", "'de'"),
    "missing response": ("rules.yml", "action: utter_balance", "action: utter_balence", "rules[3]", "utter_balence"),
    "missing service response": ("domain.yml", "  utter_failed:", "  utter_faild:", "responses", "utter_failed"),
    "missing language": ("domain.yml", "value: en}]\n    text: \"Goodbye", "value: fr}]\n    text: \"Goodbye", "utter_goodbye", "'en'"),
    "other condition": ("domain.yml", "name: lang, value: en", "name: vip, value: en", "utter_greet[1]", "slot lang"),
    "channel variant": ("domain.yml", "    text: \"Bonjour, ici", "    channel: sms\n    text: \"Bonjour, ici", "channel", "cannot honour"),
    "buttons": ("domain.yml", "    text: \"Bonjour, ici", "    buttons: []\n    text: \"Bonjour, ici", "buttons", "cannot honour"),
    "variable": ("domain.yml", "Bonjour, ici", "Bonjour {name}, ici", "utter_greet[0].text", "{name}"),
    "empty text": ("domain.yml", "\"solde\"", "\"\"", "utter_topic_balance", "empty"),
    "unknown signal": ("domain.yml", "{action: opt_out}", "{action: dance}", "utter_signal_opt_out", "dance"),
    "signal without reason": ("domain.yml", "{action: handover, reason: asked}", "{action: handover}", "utter_signal_asked", "reason"),
    "topic of nothing": ("domain.yml", "utter_topic_balance", "utter_topic_balanse", "utter_topic_balanse", "not declared"),
    "intent without examples": ("domain.yml", "- thanks\n", "- thanks\n- sim_swap\n", "", "sim_swap"),
    "undeclared intent": ("domain.yml", "- thanks\n", "", "intent", "thanks"),
    "intent without rule": ("rules.yml", "- intent: thanks", "- intent: greet", "rules[1]", "second rule"),
    "two intents in a rule": ("rules.yml", "  - action: utter_greet", "  - intent: thanks", "steps[1].intent", "cannot honour"),
    "rule with a loop": ("rules.yml", "  - action: utter_greet", "  - active_loop: x", "steps[1].active_loop", "cannot honour"),
    "rule on an entity": ("rules.yml", "  - intent: greet\n", "  - intent: greet\n    entities: [amount]\n", "entities", "cannot honour"),
    "condition on another slot": ("rules.yml", "[{clarified: false}]", "[{vip: false}]", "condition[0].slot_was_set[0].vip", "cannot honour"),
    "rule that says nothing": ("rules.yml", "  - action: utter_stop_optout\n", "", "steps", "nobody"),
    "never gives up": ("rules.yml", "- intent: nlu_fallback\n  - action: utter_handover\n  - action: utter_signal_unsure", "- intent: nlu_fallback\n  - action: utter_clarify", "rules", "hand over"),
    "entity without finder": ("domain.yml", "- phone_number\n", "- phone_number\n- town\n", "entities", "town"),
    "undeclared entity": ("nlu/values.yml", "regex: amount", "regex: sum", "nlu", "sum"),
    "marked entity without finder": ("nlu/fr.yml", "- solde\n", "- solde a [cotonou](town)\n", "examples", "town"),
    "phrase without language": ("nlu/fr.yml", "  metadata: {lang: fr}\n", "", "nlu[0]", "metadata"),
    "phrase that is not a list": ("nlu/fr.yml", "    - solde\n", "    solde\n", "examples", "dash"),
    "phrase under two intents": ("nlu/fr.yml", "- merci\n", "- merci\n    - Solde !\n", "nlu", "also stands under"),
    "phrase without a word": ("nlu/fr.yml", "- merci\n", "- merci\n    - '!!'\n", "nlu", "no word"),
    "story in nlu": ("nlu/fr.yml", "nlu:\n", "responses: {}\nnlu:\n", "responses", "cannot honour"),
    "bad regex": ("nlu/values.yml", "- \\b[1-9]\\d{2,4}\\b", "- '([0-9'", "examples", "valid regex"),
    "catastrophic regex": ("nlu/values.yml", "- \\b[1-9]\\d{2,4}\\b", "- (a+)+$", "examples", "too slow"),
    "regex that finds nothing": ("nlu/values.yml", "- \\b[1-9]\\d{2,4}\\b", "- \\d*", "examples", "nothing"),
    "key twice": ("domain.yml", "  utter_thanks:\n", "  utter_greet:\n", "", "stands twice"),
    "not YAML": ("rules.yml", "rules:", "rules: [", "", "not valid YAML"),
    "yes for a word": ("domain.yml", "- thanks\n", "- yes\n", "intents[1]", "text is expected"),
    "unknown engine": ("bot.yml", "engine: embedded", "engine: oracle", "engine", "oracle"),
    "threshold out of range": ("bot.yml", "confidence: 0.85", "confidence: 5", "confidence", "between"),
    "missing threshold": ("bot.yml", "  margin:", "  marge:", "embedded", "marge"),
    "odd abbreviation": ("spelling.yml", "    bcp: beaucoup", "    b c p: beaucoup", "abbreviations.fr", "one word"),
}
# fmt: on


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_honoured_is_refused_with_its_place(case: str, spoiled: Spoil) -> None:
    file, old, new, key, words = CASES[case]
    spoiled(file, old, new)
    with pytest.raises(BotDataError) as refusal:
        engine.validate("spoiled")
    complaint = str(refusal.value)
    assert "spoiled/" in complaint
    assert key in refusal.value.key or key in refusal.value.file
    assert words in complaint


def test_a_folder_without_phrases_is_refused(spoiled: Spoil, tmp_path: Path) -> None:
    for path in (tmp_path / "spoiled" / "nlu").iterdir():
        path.unlink()
    with pytest.raises(BotDataError, match="no phrases"):
        engine.validate("spoiled")


def test_a_file_that_nobody_reads_is_refused(spoiled: Spoil, tmp_path: Path) -> None:
    (tmp_path / "spoiled" / "stories.yml").write_text("stories: []\n")
    with pytest.raises(BotDataError, match=r"stories\.yml"):
        engine.validate("spoiled")


def test_the_shipped_bot_is_accepted_without_a_notice() -> None:
    report = engine.validate("telecom")
    assert report.languages == ("en", "fr")
    assert report.notices == ()
    assert min(report.phrases_by_intent.values()) >= 30


def test_numbers_alone_may_stand_under_two_intents(spoiled: Spoil) -> None:
    """Sums are off topic, and somebody may answer with his number: neither is ever understood by it."""
    spoiled("nlu/fr.yml", "- merci\n", "- merci\n    - 12 + 38\n")
    spoiled("nlu/fr.yml", "- solde\n", "- solde\n    - 45 68\n")
    assert engine.validate("spoiled").phrases_by_intent["balance"] > 15
