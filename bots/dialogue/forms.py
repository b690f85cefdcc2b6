"""Forms: questions whose answers are checked. Values are taken from any text, in any order, and none is asked for
twice; what was wrong can be set right; who goes on to something else comes back to the question.
"""

from __future__ import annotations

from collections.abc import Mapping

from bots.dialogue import handing, values
from bots.dialogue.memory import MOST_FRAMES, Frame
from bots.dialogue.plan import Form
from bots.dialogue.taking import Part, Taking

MOST_WRONG = 2
"""Answers to one question that cannot be used: then a person."""

_FEW_WORDS = 3
"""Beside its values, of a text that is an answer and nothing else."""


def begin(taking: Taking, form: Form, text: str) -> Part:
    """`text`: where values may already stand."""
    memory = taking.memory
    frame = next((one for one in memory.stack if one.form == form.name), None)
    if frame is None:
        frame = Frame(form.name, {name: memory.slots[name] for name in form.slots if name in memory.slots})
    else:
        memory.stack.remove(frame)
    memory.stack = [*memory.stack, frame][-MOST_FRAMES:]
    memory.done = ""
    _fill(taking, frame, _find(taking, frame, text, ""))
    taking.why.append(f"form {form.name} begins")
    lead = {} if form.begin is None else taking.sentence(form.begin)
    if form.gentle and not frame.slots:
        frame.asked = form.slots[0]
        return Part(lead, form.intent, asks=True)
    filled = form.confirm is None and all(name in frame.slots for name in form.slots)
    return ask(taking, frame, {} if form.gentle or filled else lead)


def ask(taking: Taking, frame: Frame, lead: Mapping[str, str] | None = None) -> Part:
    """The next question of a form, or its end."""
    form = taking.plan.forms[frame.form]
    missing = next((name for name in form.slots if name not in frame.slots), None)
    lead = dict(lead or {})
    if missing is not None:
        if missing != frame.asked:
            frame.asked, frame.wrong = missing, 0
        frame.checks = False
        taking.why.append(f"form {form.name} asks {missing}")
        return Part({**lead, **taking.sentence(taking.plan.slots[missing].ask)}, form.intent, asks=True, counted=False)
    if form.confirm is not None and not frame.checks:
        frame.asked, frame.wrong, frame.checks = "", 0, True
        taking.why.append(f"form {form.name} asks whether all is right")
        return Part({**lead, **_confirm(taking, frame)}, form.intent, asks=True, counted=False)
    return end(taking, frame, lead)


def ask_again(taking: Taking, frame: Frame) -> dict[str, str]:
    """The question that stands, after something else was answered."""
    form = taking.plan.forms[frame.form]
    taking.why.append(f"form {form.name} asks again")
    if frame.checks:
        return _confirm(taking, frame)
    name = frame.asked or form.slots[0]
    frame.asked = name
    return taking.sentence(taking.plan.slots[name].ask)


def end(taking: Taking, frame: Frame, lead: Mapping[str, str] | None = None) -> Part:
    """Hand over with what was given, or look it up, or answer."""
    form, memory = taking.plan.forms[frame.form], taking.memory
    taking.why.append(f"form {form.name} is filled")
    if frame in memory.stack:
        memory.stack.remove(frame)
    memory.slots.update(frame.slots)
    memory.done = form.name
    asking = next((one for one in taking.plan.lookups.values() if one.intent == form.intent), None)
    part = taking.look_up(asking, frame.slots) if asking is not None else None
    if part is None:
        part = by_rules(taking, form.intent, frame.slots)
    if part.handover is not None:
        memory.done = ""
        for name in frame.slots:  # the person has them; a second request asks anew
            memory.slots.pop(name, None)
    part.sentences = {**(lead or {}), **part.sentences}
    part.intent = form.intent
    below = taking.frame
    if below is not None and part.handover is None and not part.asks:
        part.sentences.update(ask_again(taking, below))
        part.asks = True
    return part


def by_rules(taking: Taking, intent: str, slots: Mapping[str, str]) -> Part:
    """What is said to an intent when nothing is asked and nothing can be looked up any more. `slots`: of its form."""
    thing = taking.plan.by_intent.get(intent)
    form = thing if isinstance(thing, Form) else None
    told = taking.told(intent)
    sentences = told.sentences if form is None or form.say is None else taking.sentence(form.say)
    signal = (form.signal if form is not None else None) or told.signal
    if signal is None or signal.action != "handover":
        return Part(dict(sentences), intent)
    ended = [Frame(form.name, dict(slots))] if form is not None else []
    return taking.hand_over(signal, sentences, intent=intent, ended=ended)


def answer(taking: Taking, frame: Frame) -> Part | None:
    """What a text does to the form that is asked about. None: it is about something else."""
    form, memory = taking.plan.forms[frame.form], taking.memory
    if taking.says("cancel") and len(taking.folded.split()) <= _FEW_WORDS + 2:
        memory.stack.remove(frame)
        memory.slots.update(frame.slots)
        taking.why.append(f"form {form.name} is given up")
        part = Part(taking.talk("dropped"), form.intent, counted=False)
        if taking.frame is not None:
            part.sentences.update(ask_again(taking, taking.frame))
        return part
    found = _find(taking, frame, taking.text, frame.asked)
    if frame.checks and taking.agrees():
        return end(taking, frame)
    corrected = correct(taking, frame, found)
    if corrected is not None:
        return corrected
    if frame.checks:
        if taking.refuses():
            return _wrong(taking, frame, taking.talk("what_is_wrong"))
        if (_elsewhere(taking, form) and not found.values) or not frame.slots:
            return None
        return _wrong(taking, frame, _confirm(taking, frame))
    fresh = [name for name in found.values if name not in frame.slots]
    if frame.asked in fresh and not _asks_something_else(taking, form, found):
        _fill(taking, frame, found)
        return ask(taking, frame)
    if fresh and not (_elsewhere(taking, form) and len(found.rest) > _FEW_WORDS):
        _fill(taking, frame, found)
        return ask(taking, frame)
    if frame.asked and taking.says("unknown"):
        frame.slots[frame.asked] = handing.UNKNOWN
        taking.why.append(f"{frame.asked} is not known")
        return ask(taking, frame)
    slot = taking.plan.slots[frame.asked or form.slots[0]]
    if slot.name in found.refused and len(found.rest) <= _FEW_WORDS and "?" not in taking.text:
        return _wrong(taking, frame, taking.sentence(slot.wrong))
    if _elsewhere(taking, form):
        if form.gentle and not frame.slots:
            frame.asked = ""  # not asked again; a value that comes later still belongs to it
            taking.why.append(f"form {form.name} is left")
        return None
    if taking.base.handover is not None and taking.base.handover.reason == "rule":
        return None
    return _wrong(taking, frame, taking.sentence(slot.wrong))


def revive(taking: Taking, frame: Frame) -> Part | None:
    """A form that was left: "2000 F hier", after something else was answered, goes on with it."""
    form = taking.plan.forms[frame.form]
    found = _find(taking, frame, taking.text, "")
    if not found.values or _elsewhere(taking, form):
        return None
    _fill(taking, frame, found)
    return ask(taking, frame)


def correct(taking: Taking, frame: Frame, found: values.Found | None = None) -> Part | None:
    """ "non, 3500", "pas 2500 mais 3500", "je me suis trompé de numéro". None: it corrects nothing."""
    form = taking.plan.forms[frame.form]
    filled = [name for name in frame.slots if name in form.slots]
    if not filled:
        return None
    if found is not None and frame.asked in found.refused:
        return None  # an answer, and a wrong one
    says_so = taking.says("correct") or taking.base.intent == "correction" or taking.folded.startswith(("non", "no "))
    last = filled[-1]
    if says_so:
        found = _find(taking, frame, taking.text, last)
    if found is None:
        return None
    named = [name for name in filled if _is_named(taking, name)]
    for name in [*named, *reversed(filled)]:
        other = [value for value in found.values.get(name, ()) if value != frame.slots[name]]
        if not other:
            continue
        if not says_so and (frame.asked in found.values or _asks_something_else(taking, form, found)):
            return None
        # "pas 2500 mais 3500": the one that stands was left out; of what is left the last is meant
        frame.slots[name] = other[-1]
        frame.checks = False
        taking.why.append(f"{name} is corrected")
        recap = handing.recap(taking.plan, name, other[-1], taking.spoken)
        for extra, given in found.values.items():
            frame.slots.setdefault(extra, given[0])
        return ask(taking, frame, taking.talk("noted", value=recap))
    if not says_so or taking.refuses() or (taking.base.intent != "correction" and not named):
        return None
    name = named[0] if named else last
    if any(name not in frame.slots for name in found.values):
        return None
    del frame.slots[name]
    frame.asked, frame.wrong, frame.checks = name, 0, False
    taking.why.append(f"{name} is asked again")
    return Part(taking.sentence(taking.plan.slots[name].ask), form.intent, asks=True, counted=False)


def correct_done(taking: Taking) -> Part | None:
    """A correction once the form has ended without a person: its end is taken again."""
    memory = taking.memory
    form = taking.plan.forms.get(memory.done)
    if form is None:
        return None
    frame = Frame(form.name, {name: memory.slots[name] for name in form.slots if name in memory.slots}, checks=True)
    if not (taking.says("correct") or taking.base.intent == "correction"):
        return None
    memory.stack.append(frame)
    part = correct(taking, frame)
    if part is None:
        memory.stack.remove(frame)
    return part


def _find(taking: Taking, frame: Frame, text: str, asked: str) -> values.Found:
    form = taking.plan.forms[frame.form]
    return values.find(taking.plan, form.slots, text, asked=asked, language=taking.spoken, now=taking.now)


def _fill(taking: Taking, frame: Frame, found: values.Found) -> None:
    for name, given in found.values.items():
        if name not in frame.slots:
            frame.slots[name] = given[0]
            taking.why.append(f"{name} is given")


def _wrong(taking: Taking, frame: Frame, sentences: Mapping[str, str]) -> Part:
    form = taking.plan.forms[frame.form]
    frame.wrong += 1
    if frame.wrong >= MOST_WRONG:
        taking.why.append(f"form {form.name}: not understood {frame.wrong} times")
        return taking.to_person(unsure=True, intent=form.intent)
    taking.why.append(f"form {form.name}: no answer to what was asked")
    return Part(dict(sentences), form.intent, asks=True, counted=False)


def _confirm(taking: Taking, frame: Frame) -> dict[str, str]:
    form = taking.plan.forms[frame.form]
    assert form.confirm is not None
    recaps = [handing.recap(taking.plan, name, frame.slots[name], taking.spoken) for name in form.slots]
    return taking.sentence(form.confirm, {"slots": ", ".join(recaps)})


def _elsewhere(taking: Taking, form: Form) -> bool:
    """Whether the text is surely understood as something else than an answer."""
    return taking.base.intent not in {None, form.intent, "correction", "affirm", "deny", "out_of_scope"}


def _asks_something_else(taking: Taking, form: Form, found: values.Found) -> bool:
    """A value stands in it, but it is a question: "combien coute le pass a 500 ?" """
    return _elsewhere(taking, form) and len(found.rest) > _FEW_WORDS and "?" in taking.text


def _is_named(taking: Taking, name: str) -> bool:
    words = taking.plan.slots[name].words
    return any(values.has_phrase(taking.folded, phrases) for phrases in words.values())
