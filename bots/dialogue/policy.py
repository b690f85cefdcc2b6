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
        actions=("send_first",) if "talk.code" in sentences else (),
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
