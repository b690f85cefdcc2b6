"""What is answered to a text that asks something itself, and to one that is not understood."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bots.dialogue import forms, handing, several, values
from bots.dialogue.plan import Form, Menu
from bots.dialogue.taking import Part, Taking
from bots.embedded.domain import Domain
from bots.turn import NOT_ANSWERED

MOST_IDLE = 3
"""Turns in a row that lead nowhere before a person is offered."""

MOST_OFFERS = 3
TOGETHER, _SECOND = 0.6, 0.2
"""Two meanings are close when their confidence adds up to this, and the second has at least that."""

_OF_THE_WHOLE = frozenset({"repeat", "shorter", "correction", "local_greeting", "stop_optout"})
"""Intents that say how a whole text is meant, or to whom it belongs: none is a request beside another."""

_OUTSIDE = str.maketrans("çêâîôûëïÊÂÎÔÛËÏÀÈ", "ceaioueiEAIOUEIAE")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def fresh(taking: Taking) -> Part:
    state, base = taking.memory, taking.base
    if requests := _several(taking):
        return _all_of(taking, requests)
    followed = _follow_up(taking)
    if followed:
        return answer(taking, followed)
    if base.intent == "repeat" and (again := _last_said(taking)):
        taking.why.append("says it again")
        _progress(taking, base.intent)
        said = {f"repeat.{number}": body for number, body in enumerate(again)}
        return Part(said, base.intent, asks=taking.frame is not None)  # the question that stands is in it
    if base.intent == "shorter" and state.last:
        return _shorter(taking)
    if base.intent is None and base.handover is None and not state.asked_which and (both := _close(taking)):
        return _which(taking, both)
    if base.intent is None:
        return idle(taking, as_engine(taking))
    return answer(taking, base.intent, whole=True)


def answer(taking: Taking, intent: str, *, whole: bool = False, text: str | None = None) -> Part:
    """What is answered to an intent. `whole`: the engine has answered it. `text`: the part of it that asks for it."""
    part = _answered(taking, intent, whole=whole, text=text)
    if part.handover is None and (part.counted or not part.asks) and taking.memory.topic == intent:
        taking.memory.topics = [*(topic for topic in taking.memory.topics if topic != intent), intent]
    return part


def _answered(taking: Taking, intent: str, *, whole: bool, text: str | None) -> Part:
    state, plan = taking.memory, taking.plan
    known = dict(state.values) if state.topic == intent else {}
    _progress(taking, intent)
    thing = plan.by_intent.get(intent)
    if isinstance(thing, Menu):
        return open_menu(taking, thing)
    if isinstance(thing, Form):
        return forms.begin(taking, thing, taking.text if text is None else text)
    if thing is not None and (part := taking.look_up(thing, {})) is not None:
        return part
    found = taking.own.find(taking.text if text is None else text)
    state.values.update(found)
    detail = plan.details.get(intent)
    if detail is not None:
        says = detail.values.get(found.get(detail.entity) or known.get(detail.entity, ""))
        if says is not None:
            taking.why.append(f"{intent}: {detail.entity} is known")
            return Part(taking.sentence(says), intent)
    if intent in plan.again:
        return _courtesy(taking, intent, whole=whole)
    if whole:
        return idle(taking, as_engine(taking)) if intent in NOT_ANSWERED else as_engine(taking)
    told = taking.told(intent)
    if told.signal is not None and told.signal.action == "handover":
        return taking.hand_over(told.signal, told.sentences, intent=intent)
    return Part(dict(told.sentences), intent)


def as_engine(taking: Taking) -> Part:
    """What the engine says to the whole text."""
    base, names = taking.base, taking.own.names
    sentences = {names.get(reply, f"said.{number}"): reply for number, reply in enumerate(base.replies)}
    if base.handover is None:
        return Part(sentences, base.intent, base.confidence)
    part = taking.handed(base.handover, sentences, intent=base.intent)
    part.confidence = base.confidence
    return part


def _several(taking: Taking) -> list[several.Request]:
    if taking.base.confidence == 1.0 and "\n" not in taking.text:
        return []  # it stands in the files as it is
    courtesies = [*taking.plan.again, "menu"]

    def read(piece: str) -> Any:
        return taking.own.read_in(piece, taking.spoken)

    return several.parts(taking.text, read, courtesies, _OF_THE_WHOLE)


def _all_of(taking: Taking, requests: Sequence[several.Request]) -> Part:
    """Each in its order; what asks something comes last, and what a person must settle wins."""
    taking.why.append(f"several requests: {', '.join(request.intent for request in requests)}")
    answered: list[Part] = []
    asked: list[Part] = []
    for request in requests:
        before = list(taking.memory.stack)
        part = answer(taking, request.intent, text=request.text)
        if part.handover is not None:
            handed = taking.handed(
                replace(part.handover, intents=tuple(dict.fromkeys(
                    [*part.handover.intents, *(request.intent for request in requests)]))),
                part.sentences, intent=request.intent,
            )  # fmt: skip
            return handed.after(*answered)
        if part.asks and asked:  # the first question first; this one waits below it
            taking.memory.stack = [*[f for f in taking.memory.stack if f not in before], *before]
            continue
        (asked if part.asks else answered).append(part)
    last = asked[0] if asked else answered.pop()
    last.counted = False
    return last.after(*answered)


def _follow_up(taking: Taking) -> str:
    """The intent that a text means after what was spoken of; "" for none."""
    state, base = taking.memory, taking.base
    if not state.topic:
        return ""
    for rule in taking.plan.follow_ups:
        if state.topic not in rule.after:
            continue
        chosen = values.chosen(taking.folded, rule.values, taking.spoken)
        if base.intent == rule.then and not chosen:
            return ""
        if base.intent is not None and base.intent not in {*rule.instead, rule.then, "correction"}:
            continue
        if chosen:
            state.topic, state.values[rule.entity] = rule.then, chosen[-1]
        elif not any(values.has_phrase(taking.folded, phrases) for phrases in rule.words.values()):
            continue
        else:
            state.topic = rule.then
        taking.why.append(f"goes on about {rule.then}")
        return rule.then
    return ""


def _progress(taking: Taking, intent: str) -> None:
    """What this text is about is what it goes on about; whatever was open is not."""
    state = taking.memory
    state.menu, state.wrong_digits, state.either, state.offered = "", 0, [], False
    if intent in taking.plan.again:
        return
    state.idle, state.courtesy = 0, ""
    if not handing.has_topic(taking.own.files.domain, intent) or intent in {"repeat", "shorter", "correction"}:
        return
    if state.topic != intent:
        state.values = {}
    state.topic, state.age = intent, -1


def _courtesy(taking: Taking, intent: str, *, whole: bool) -> Part:
    """Once as the rules say, once otherwise; whoever goes on without a request is offered a person."""
    state = taking.memory
    same, state.courtesy = state.courtesy == intent, intent
    if same:
        return idle(taking, Part(taking.sentence(taking.plan.again[intent]), intent, counted=False))
    part = as_engine(taking) if whole else Part(dict(taking.told(intent).sentences), intent)
    return part if part.handover is not None else idle(taking, part)


def idle(taking: Taking, part: Part) -> Part:
    """A turn that leads nowhere; after MOST_IDLE of them a person is offered in its place."""
    state = taking.memory
    state.idle += 1
    if part.handover is not None or state.idle < MOST_IDLE:
        return part
    state.idle, state.offers = 0, state.offers + 1
    taking.why.append("nothing was asked for some turns")
    if state.offers >= MOST_OFFERS:
        return taking.to_person(unsure=True, intent=part.intent)
    state.offered = True
    return Part(taking.talk("offer"), part.intent, asks=True, counted=False)


def open_menu(taking: Taking, menu: Menu) -> Part:
    taking.memory.menu, taking.memory.wrong_digits = menu.name, 0
    taking.why.append(f"menu {menu.name} open")
    return Part(taking.sentence(menu.say), menu.intent or None, asks=True, counted=False)


def _close(taking: Taking) -> list[str]:
    """Two meanings that are close, both of which can be named."""
    ranking = [one for one in taking.base.ranking if handing.has_topic(taking.own.files.domain, one[0])][:2]
    if [one[0] for one in ranking] != [one[0] for one in taking.base.ranking[:2]] or len(ranking) < 2:
        return []
    (_, first), (_, second) = ranking
    return [intent for intent, _ in ranking] if first + second >= TOGETHER and second >= _SECOND else []


def _which(taking: Taking, both: list[str]) -> Part:
    state, domain = taking.memory, taking.own.files.domain
    state.menu, state.either, state.asked_which = "", both, True
    taking.why.append(f"two intents close: {', '.join(both)}")
    choices = ", ".join(f"{n} {sendable_topic(domain, one, taking.spoken)}" for n, one in enumerate(both, 1))
    return Part(taking.talk("either", choices=choices), None, taking.base.confidence, asks=True, counted=False)


def sendable_topic(domain: Domain, intent: str, language: str) -> str:
    """A subject in the alphabet of one SMS: one "ç" would make two of it."""
    return handing.topic(domain, intent, language).translate(_OUTSIDE)


def _last_said(taking: Taking) -> list[str]:
    """What the bot has said last, as it was sent; empty when somebody else has spoken since."""
    said: list[str] = []
    for turn in reversed(taking.before):
        if turn.author == "contact" and not said:
            continue
        if turn.author != "bot":
            break
        said.insert(0, turn.body)
    return said


def _shorter(taking: Taking) -> Part:
    state, last = taking.memory, _last_said(taking)
    taking.why.append("says it shorter")
    names = [name for name in state.last if name in taking.plan.short]
    _progress(taking, "shorter")
    if names:
        sentences: dict[str, str] = {}
        for name in names:
            sentences.update(taking.sentence(taking.plan.short[name]))
        return Part(sentences, "shorter")
    first = _SENTENCE.split(last[0])[0] if last else ""
    if first and first != " ".join(last):
        return Part({"short": first}, "shorter")
    return Part(taking.talk("short_no_more"), "shorter")
