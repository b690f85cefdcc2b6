"""Takes a turn: what the text does to what was asked before, else what it asks itself. The order is the policy.

a stop word          the engine's own answer, whatever was asked
a one-time code      while one was asked for
a digit              of two likely meanings, of the slot that is asked for, of the open menu
a person             as soon as one is asked for
yes or no            to the offer of a person
an answer            to the form's question, or a correction of one
several requests     each in its order; then one request, a follow-up, "again", "shorter"
not understood       two likely meanings are offered once; else the rules
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from bots.dialogue import forms, memory, pending, requests
from bots.dialogue.memory import Memory
from bots.dialogue.plan import Plan
from bots.dialogue.taking import ONE_TEXT, NeedsLookUp, Part, Taking, Talking
from bots.embedded.engine import EmbeddedEngine
from bots.turn import BotTurn, Found, Turn

MOST_ALIKE = 3
"""The same answer so often in a conversation: a person is offered; once more, and one takes over."""

TOPIC_TEXTS = 5
"""So many texts later a subject is no longer the one that "and for a month?" is about."""

_asking: dict[tuple[Any, ...], BotTurn] = {}
"""What engines made of texts whose turns wait for a look-up: a bot's server need not be asked the same again. Lost, it
is asked."""

_MOST_ASKING = 256


def take_turn(
    engine: Talking,
    own: EmbeddedEngine,
    plan: Plan,
    *,
    conversation_id: UUID,
    history: Sequence[Turn],
    text: str,
    language: str | None,
    kept: Mapping[str, Any],
    found: Sequence[Found],
    now: datetime,
    people_open: bool | None,
) -> BotTurn:
    """`engine`: either; `own`: the embedded one of the same files. `kept`: the memory of the last turn. `found`: what
    came of the look-ups that this same turn has asked for, in order. `people_open`: None where it is not known.
    """
    taking = Taking(
        engine, own, plan, conversation_id, history, text, language, memory.read(kept, now), found, now
    )  # fmt: skip
    same = (id(engine), conversation_id, len(history), text, language)
    if found and (read := _asking.pop(same, None)) is not None:
        taking.read_before(read)
    try:
        part = _decide(taking)
    except NeedsLookUp as needs:
        if (read := taking.has_read) is not None:
            _asking[same] = read
            while len(_asking) > _MOST_ASKING:
                _asking.pop(next(iter(_asking)), None)
        return BotTurn(
            (), needs.intent, 1.0, language=taking.spoken, look_up=needs.look_up, memory=kept,
            why=(*taking.why, f"look-up {needs.look_up.name}"),
        )  # fmt: skip
    if part is None:
        return _as_it_is(taking)
    return _turn(taking, _guarded(taking, part), people_open)


def _as_it_is(taking: Taking) -> BotTurn:
    """The engine's turn: of a stop word, or of what only looks like one."""
    turn = taking.base
    if turn.handover is not None:
        turn = replace(turn, handover=taking.handed(turn.handover, {}, intent=turn.intent).handover)
        _over(taking)
    taking.memory.last = [taking.own.names.get(reply, "") for reply in turn.replies][:6]
    kept = memory.write(taking.memory, taking.now)
    return replace(turn, memory=kept, why=(*taking.why, "as the rules say"))


def _over(taking: Taking) -> None:
    """A person has it: nothing is asked any more, what was given is kept."""
    state = taking.memory
    for frame in state.stack:
        state.slots.update(frame.slots)
    taking.memory = Memory(slots=state.slots, topics=state.topics, over=True)


def _decide(taking: Taking) -> Part | None:
    """None: the engine's own turn, as it is."""
    state, own = taking.memory, taking.own
    if own.is_final(taking.text, taking.spoken):
        return None
    lead = _resumed(taking)
    part = pending.pending(taking)
    if part is None:
        if taking.base.actions:
            return None
        part = requests.fresh(taking)
        frame = taking.frame
        if frame is not None and part.handover is None and not part.asks:
            if frame.asked or frame.checks:
                part.sentences.update(forms.ask_again(taking, frame))
                part.asks = True
            elif state.courtesy:
                state.stack.remove(frame)  # "merci": what was said did
    if lead:
        part.sentences = {**lead, **part.sentences}
    return part


def _resumed(taking: Taking) -> dict[str, str]:
    """After a person gave the conversation back: nothing is asked any more, what was given is kept."""
    state = taking.memory
    authors = [turn.author for turn in taking.before]
    last_bot = max((place for place, author in enumerate(authors) if author == "bot"), default=-1)
    person_spoke = "agent" in authors[last_bot + 1 :]
    if not (state.over or person_spoke):
        return {}
    had_asked = person_spoke and state.asks
    _over(taking)
    taking.memory.over = False
    taking.why.append("a person had it meanwhile")
    return taking.talk("resumed") if had_asked else {}


# --- what was asked before ----------------------------------------------------------------------------------------


def _pending(taking: Taking) -> Part | None:
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
        return _as_engine(taking)
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
            return _answer(taking, chosen)
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
            return _answer(taking, either[digit - 1])
        return None
    menu = taking.plan.menus.get(state.menu)
    if menu is None:
        return None
    choice = menu.choices.get(digit)
    if choice is not None and choice.menu:
        return _open(taking, taking.plan.menus[choice.menu])
    if choice is not None:
        taking.why.append(f"menu {menu.name}: {digit} is {choice.intent}")
        state.menu, state.wrong_digits = "", 0
        part = _answer(taking, choice.intent)
        if taking.frame is not None and taking.frame.asked and part.handover is None and not part.asks:
            part.sentences.update(forms.ask_again(taking, taking.frame))
        return part
    if digit == 0:
        return _open(taking, taking.plan.menus[menu.parent] if menu.parent else menu)
    state.wrong_digits += 1
    if state.wrong_digits > 1:
        taking.why.append(f"menu {menu.name}: no such digit again")
        state.menu, state.wrong_digits = "", 0
        return None
    wrong = state.wrong_digits
    part = _open(taking, menu).after(Part(taking.talk("menu_wrong")))
    state.wrong_digits = wrong
    return part


def _of_two(taking: Taking, either: Sequence[str]) -> str:
    """The one of two meanings that a text chooses by its words; "" when it chooses none."""
    if taking.base.intent is not None:
        return taking.base.intent if taking.base.intent in either else ""
    words = set(re.findall(r"\w{4,}", taking.folded))
    named = [
        intent
        for intent in either
        if words
        & set(re.findall(r"\w{4,}", values.fold(handing.topic(taking.own.files.domain, intent, taking.spoken))))
    ]
    if len(named) == 1:
        return named[0]
    best = taking.base.ranking[0] if taking.base.ranking else ("", 0.0)
    return best[0] if best[0] in either and best[1] >= _TOGETHER else ""


# --- a request ----------------------------------------------------------------------------------------------------


def _fresh(taking: Taking) -> Part:
    state, base = taking.memory, taking.base
    if requests := _several(taking):
        return _all_of(taking, requests)
    followed = _follow_up(taking)
    if followed:
        return _answer(taking, followed)
    if base.intent == "repeat" and (again := _last_said(taking)):
        taking.why.append("says it again")
        _progress(taking, base.intent)
        return Part({f"repeat.{number}": body for number, body in enumerate(again)}, base.intent)
    if base.intent == "shorter" and state.last:
        return _shorter(taking)
    if base.intent is None and base.handover is None and not state.asked_which and (both := _close(taking)):
        return _which(taking, both)
    if base.intent is None:
        return _idle(taking, _as_engine(taking))
    return _answer(taking, base.intent, whole=True)


def _answer(taking: Taking, intent: str, *, whole: bool = False, text: str | None = None) -> Part:
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
        return _open(taking, thing)
    if isinstance(thing, Form):
        return forms.begin(taking, thing, taking.text if text is None else text)
    if thing is not None and (part := taking.look_up(thing, {})) is not None:
        return part
    found = taking.own.files.entities.find(taking.text if text is None else text)
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
        return _idle(taking, _as_engine(taking)) if intent in NOT_ANSWERED else _as_engine(taking)
    told = taking.told(intent)
    if told.signal is not None and told.signal.action == "handover":
        return taking.hand_over(told.signal, told.sentences, intent=intent)
    return Part(dict(told.sentences), intent)


def _as_engine(taking: Taking) -> Part:
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

    return several.parts(taking.text, read, courtesies)


def _all_of(taking: Taking, requests: Sequence[several.Request]) -> Part:
    """Each in its order; what asks something comes last, and what a person must settle wins."""
    taking.why.append(f"several requests: {', '.join(request.intent for request in requests)}")
    answered: list[Part] = []
    asked: list[Part] = []
    for request in requests:
        before = list(taking.memory.stack)
        part = _answer(taking, request.intent, text=request.text)
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
        if state.topic not in rule.after or not (base.intent is None or base.intent in {*rule.instead, "correction"}):
            continue
        chosen = values.chosen(taking.folded, rule.values, taking.spoken)
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
        return _idle(taking, Part(taking.sentence(taking.plan.again[intent]), intent, counted=False))
    part = _as_engine(taking) if whole else Part(dict(taking.told(intent).sentences), intent)
    return part if part.handover is not None else _idle(taking, part)


def _idle(taking: Taking, part: Part) -> Part:
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


def _open(taking: Taking, menu: Menu) -> Part:
    taking.memory.menu, taking.memory.wrong_digits = menu.name, 0
    taking.why.append(f"menu {menu.name} open")
    return Part(taking.sentence(menu.say), menu.intent or None, asks=True)


# --- not understood, or not well ----------------------------------------------------------------------------------


def _close(taking: Taking) -> list[str]:
    """Two meanings that are close, both of which can be named."""
    ranking = [one for one in taking.base.ranking if handing.has_topic(taking.own.files.domain, one[0])][:2]
    if [one[0] for one in ranking] != [one[0] for one in taking.base.ranking[:2]] or len(ranking) < 2:
        return []
    (_, first), (_, second) = ranking
    return [intent for intent, _ in ranking] if first + second >= _TOGETHER and second >= _SECOND else []


def _which(taking: Taking, both: list[str]) -> Part:
    state, domain = taking.memory, taking.own.files.domain
    state.menu, state.either, state.asked_which = "", both, True
    taking.why.append(f"two intents close: {', '.join(both)}")
    choices = ", ".join(f"{n} {handing.topic(domain, one, taking.spoken)}" for n, one in enumerate(both, 1))
    return Part(taking.talk("either", choices=choices), None, taking.base.confidence, asks=True, counted=False)


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


# --- the turn --------------------------------------------------------------------------------------------------------


def _guarded(taking: Taking, part: Part) -> Part:
    """The same answer a third time offers a person; a fourth time one takes over."""
    state = taking.memory
    if part.handover is not None or not part.counted or not part.sentences:
        return part
    key = ",".join(part.sentences)[:100]
    count = state.said.pop(key, 0) + 1
    state.said[key] = count
    if count < MOST_ALIKE:
        return part
    taking.why.append(f"the same answer, {count} times")
    if count > MOST_ALIKE:
        return taking.to_person(unsure=True, intent=part.intent)
    state.offered, state.menu, state.either = True, "", []
    return Part(taking.talk("offer_again"), part.intent, part.confidence, asks=True)


def _turn(taking: Taking, part: Part, people_open: bool | None) -> BotTurn:
    state = taking.memory
    sentences = part.sentences
    if people_open is False:
        for name in sentences.keys() & taking.plan.closed.keys():
            sentences[name] = next(iter(taking.sentence(taking.plan.closed[name]).values()))
    read = taking.has_read
    if part.handover is not None:
        _over(taking)
        state = taking.memory
    state.last = list(sentences)[:6]
    state.age += 1
    if state.age >= TOPIC_TEXTS:
        state.topic, state.values = "", {}
    return BotTurn(
        replies=_joined(list(sentences.values())),
        intent=part.intent,
        confidence=part.confidence,
        entities={} if read is None else read.entities,
        language=taking.spoken,
        handover=part.handover,
        memory=memory.write(state, taking.now),
        ranking=() if read is None else read.ranking,
        why=tuple(taking.why),
    )


def _joined(sentences: Sequence[str]) -> tuple[str, ...]:
    """As few texts as hold them."""
    texts: list[str] = []
    for sentence in sentences:
        if texts and len(texts[-1]) + 1 + len(sentence) <= ONE_TEXT:
            texts[-1] = f"{texts[-1]} {sentence}"
        else:
            texts.append(sentence)
    return tuple(texts)
