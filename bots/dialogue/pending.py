"""What a text does to what was asked before it: a code, a digit, yes or no, one of two, an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bots.dialogue import forms, handing, requests, values
from bots.dialogue.taking import Part, Taking

_CODE = re.compile(r"\W*(\d(?:[ -]?\d){3,7})\W*")

_A_CHOICE = 3
"""Words of a text that chooses between two, and says no more."""


def pending(taking: Taking) -> Part | None:
    """What the text does to what was asked. None: it is about something else."""
    state = taking.memory
    if state.looking is not None:
        looking, state.looking = state.looking, None
        code = _CODE.fullmatch(taking.folded)
        asking = taking.plan.lookups.get(looking.lookup)
        if code is not None and asking is not None:
            taking.why.append("a code is given")
            part = taking.look_up(asking, looking.values, re.sub(r"\D", "", code[1]))
            return part or forms.by_rules(taking, asking.intent, looking.values)
    if taking.digit is not None:
        part = _digit(taking, taking.digit)
        if part is not None:
            return part
    elif taking.base.handover is not None and taking.base.handover.reason == "asked":
        taking.why.append("asks for a person")
        return requests.as_engine(taking)
    if taking.base.actions:
        return None
    if state.offered:
        state.offered = False
        if taking.agrees():
            taking.why.append("wants the person that was offered")
            return taking.to_person(unsure=False, intent=taking.base.intent)
        if taking.refuses():
            told = taking.told("deny") if "deny" in taking.own.files.domain.intents else taking.told(None)
            return Part(dict(told.sentences), taking.base.intent, counted=False)
    if state.either:
        either, state.either = state.either, []
        chosen = _of_two(taking, either)
        if chosen:
            taking.why.append(f"chose {chosen}")
            return requests.answer(taking, chosen)
    frame = taking.frame
    if frame is not None:
        return forms.answer(taking, frame) if frame.asked or frame.checks else forms.revive(taking, frame)
    return forms.correct_done(taking) if state.done else None


def _digit(taking: Taking, digit: int) -> Part | None:
    state = taking.memory
    if state.either:
        either, state.either = state.either, []
        if 1 <= digit <= len(either):
            taking.why.append(f"chose {either[digit - 1]} by digit")
            return requests.answer(taking, either[digit - 1])
        return None
    menu = taking.plan.menus.get(state.menu)
    if menu is None:
        return None
    choice = menu.choices.get(digit)
    if choice is not None and choice.menu:
        return requests.open_menu(taking, taking.plan.menus[choice.menu])
    if choice is not None:
        taking.why.append(f"menu {menu.name}: {digit} is {choice.intent}")
        state.menu, state.wrong_digits = "", 0
        part = requests.answer(taking, choice.intent)
        if taking.frame is not None and taking.frame.asked and part.handover is None and not part.asks:
            part.sentences.update(forms.ask_again(taking, taking.frame))
        return part
    if digit == 0:
        return requests.open_menu(taking, taking.plan.menus[menu.parent] if menu.parent else menu)
    state.wrong_digits += 1
    if state.wrong_digits > 1:
        taking.why.append(f"menu {menu.name}: no such digit again")
        state.menu, state.wrong_digits = "", 0
        return None
    wrong = state.wrong_digits
    part = requests.open_menu(taking, menu).after(Part(taking.talk("menu_wrong")))
    state.wrong_digits = wrong
    return part


def _of_two(taking: Taking, either: Sequence[str]) -> str:
    """The one of two meanings that a text chooses by its words; "" when it chooses none."""
    written = re.findall(r"\w+", taking.folded)
    if taking.base.intent is not None and (taking.base.intent in either or len(written) > _A_CHOICE):
        return taking.base.intent if taking.base.intent in either else ""
    words = {word for word in written if len(word) > 3}
    named = [
        intent
        for intent in either
        if words
        & set(re.findall(r"\w{4,}", values.fold(handing.topic(taking.own.files.domain, intent, taking.spoken))))
    ]
    if len(named) == 1:
        return named[0]
    if taking.base.intent is not None:
        return ""
    best = taking.base.ranking[0] if taking.base.ranking else ("", 0.0)
    return best[0] if best[0] in either and best[1] >= requests.TOGETHER else ""
