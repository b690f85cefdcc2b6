"""What is wrong in dialogue.yml is refused when the bot is made, with the file and the place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bots.dialogue import plan_file
from bots.embedded import bot_files
from bots.errors import BotDataError

Spoil = Callable[[str, str, str], None]

# what stands there, what is put in its place, where the complaint points, words of it
CASES = {
    "no country": ("country: BJ", "country: Benin", "country", "no country code"),
    "a key that nobody knows": ("menus:\n", "menue:\n", "menue", "cannot honour"),
    "a sentence of its own is missing": ("  dropped: {", "  droped: {", "talk", "cannot honour"),
    "no words": ("  cancel:", "  cancels:", "words", "cannot honour"),
    "a menu of no intent": ("intent: menu\n", "intent: menus\n", "menus.main.intent", "not an intent"),
    "a digit of no intent": ("{1: balance, 2", "{1: balances, 2", "menus.main.choices", "not an intent"),
    "a digit of no menu": ("3: {menu: bundles}", "3: {menu: bundle}", "menus.main", "not here"),
    "no digit": ("{1: balance, 2", "{one: balance, 2", "menus.main.choices", "no digit"),
    "a digit too many": ("{1: balance, 2", "{0: balance, 2", "menus.main.choices", "no digit"),
    "a slot of no type": ("type: amount", "type: money", "slots.amount.type", "amount, date"),
    "a pattern for an amount": ("    between: [5, 5000000]", '    pattern: "[0-9]+"', "slots.amount", "type number"),
    "a pattern that is none": ("(?:CMD|ORD|C)?[0-9]{5,12}", "(?:CMD[0-9]{5,12}", "slots.order.pattern", "valid regex"),
    "a pattern that finds nothing": ("(?:CMD|ORD|C)?[0-9]{5,12}", "[0-9]*", "slots.order.pattern", "finds nothing"),
    "a slow pattern": ("(?:CMD|ORD|C)?[0-9]{5,12}", "(?:A|AA)+B", "slots.order.pattern", "too slow"),
    "a form of no intent": (
        "  bill_dispute:\n    intent: bill_dispute",
        "  bill_dispute:\n    intent: bill",
        "forms.bill_dispute.intent",
        "not an intent",
    ),
    "a form with an unknown slot": (
        "slots: [amount, date]",
        "slots: [amount, day]",
        "forms.bill_dispute.slots",
        "not one of the slots",
    ),
    "a form that asks twice": (
        "slots: [amount, date]",
        "slots: [amount, amount]",
        "forms.bill_dispute.slots",
        "each slot",
    ),
    "two forms of one intent": ("intent: lost_phone", "intent: bill_dispute", "forms.lost_phone", "another one"),
    "a look-up and a menu of one intent": ("intent: balance\n", "intent: menu\n", "menus.main", "another one"),
    "a parameter of no slot": (
        "with: {order: number}",
        "with: {orders: number}",
        "lookups.order_status.with",
        "not one of the slots",
    ),
    "a handover of no reason": (
        "{reason: rule, skills: [network]}",
        "{reason: because, skills: [network]}",
        "handover",
        "has a reason",
    ),
    "a variable that nothing fills": ("Je note : {slots}.", "Je note : {slot}.", "confirm", "cannot be filled"),
    "a language is missing": ("what_is_wrong: {fr:", "what_is_wrong: {de:", "talk.what_is_wrong", "cannot honour"),
    "a follow-up of no entity": ("entity: bundle_name", "entity: bundle", "follow_ups[0]", "not an entity"),
    "a follow-up by nothing": (
        "  words: {fr: [le credit,",
        "  instead: [] # {fr: [le credit,",
        "follow_ups[2]",
        "goes by words",
    ),
    "a follow-up after nothing known": (
        "- after: [topup_how]",
        "- after: [topup]",
        "follow_ups[5].after",
        "not an intent",
    ),
    "a detail of no intent": ("details:\n  bundle:", "details:\n  bundles:", "details.bundles", "not an intent"),
    "a short form of nothing": (
        "  utter_balance: {fr",
        "  utter_balances: {fr",
        "short.utter_balances",
        "not a response",
    ),
    "a signal said as a sentence": (
        "    none: {fr",
        "    failed: utter_signal_bill\n    none: {fr",
        "lookups.bundle_remaining.failed",
        "not a sentence",
    ),
    "a phrase without a word": ("cancel:\n    fr: [annuler,", "cancel:\n    fr: ['', ", "words.cancel", "no word"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_honoured_is_refused_with_its_place(case: str, spoiled: Spoil) -> None:
    from bots import catalogue

    old, new, key, words = CASES[case]
    spoiled("dialogue.yml", old, new)
    files = bot_files.read(catalogue.folder("spoiled"))
    with pytest.raises(BotDataError) as refusal:
        plan_file.read(files.folder, files.domain, files.languages)
    assert refusal.value.file == "spoiled/dialogue.yml"
    assert key in refusal.value.key
    assert words in str(refusal.value)


def test_a_bot_without_the_file_answers_each_text_by_itself(spoiled: Spoil) -> None:
    from bots import catalogue

    spoiled("dialogue.yml", "country", "country")
    folder = catalogue.folder("spoiled")
    (folder / "dialogue.yml").unlink()
    files = bot_files.read(folder)
    assert plan_file.read(folder, files.domain, files.languages) is None
