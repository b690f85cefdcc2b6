"""One turn while it is taken: what is known of it, and the small deeds that its decisions are made of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.utils.functional import cached_property  # functools' holds one lock for all instances before Python 3.12

from bots.dialogue import handing, values
from bots.dialogue.memory import Frame, Memory
from bots.dialogue.plan import Asking, Plan, Says
from bots.embedded.domain import Signal, fill
from bots.embedded.engine import EmbeddedEngine, Told
from bots.embedded.spelling import clean
from bots.turn import BotTurn, Found, Handover, LookUp, Turn

MOST_LOOKUPS = 3
ONE_TEXT = 160
"""Characters that fit into one short message: sentences are joined up to there."""

_DIGIT = re.compile(r"\W*(\d{1,2})\W*")
_LONGEST_COLUMN = 100


class Talking(Protocol):
    def take_turn(
        self, *, conversation_id: UUID, history: Sequence[Turn], text: str, language: str | None
    ) -> BotTurn: ...


class NeedsLookUp(Exception):
    """The turn cannot end without it."""

    def __init__(self, look_up: LookUp, intent: str) -> None:
        super().__init__(look_up.name)
        self.look_up, self.intent = look_up, intent


@dataclass(slots=True)
class Part:
    """An answer, or a part of one.

    sentences  by name, in order.
    asks       it asks something: nothing else is asked after it.
    counted    it is an answer of the bot's own, of which a third time in a conversation is one too many.
    """

    sentences: dict[str, str] = field(default_factory=dict)
    intent: str | None = None
    confidence: float = 1.0
    handover: Handover | None = None
    asks: bool = False
    counted: bool = True

    def after(self, *parts: Part) -> Part:
        """Said after others, as one."""
        for part in reversed(parts):
            self.sentences = {**part.sentences, **self.sentences}
        return self


@dataclass
class Taking:
    """`engine`: reads and answers the whole text. `own`: the embedded engine of the same files, which reads parts of
    it and says what the rules say: what is decided here is the same above either engine.
    """

    engine: Talking
    own: EmbeddedEngine
    plan: Plan
    conversation_id: UUID
    history: Sequence[Turn]
    text: str
    language: str | None
    memory: Memory
    found: Sequence[Found]
    now: datetime
    why: list[str] = field(default_factory=list)
    looked_up: int = 0
    has_read: BotTurn | None = None
    """What the engine has made of the whole text, if it was asked at all."""

    @cached_property
    def before(self) -> Sequence[Turn]:
        return self.own.before(self.history, self.text)

    @property
    def base(self) -> BotTurn:
        """What the engine makes of the whole text by itself."""
        if self.has_read is None:
            self.read_before(
                self.engine.take_turn(
                    conversation_id=self.conversation_id, history=self.history, text=self.text, language=self.language
                )
            )
        assert self.has_read is not None
        return self.has_read

    def read_before(self, turn: BotTurn) -> None:
        """The engine has been asked, now or when this turn was taken for the first time."""
        self.has_read = turn
        self.why.extend(turn.why)

    @cached_property
    def spoken(self) -> str:
        return self.own.spoken(self.before, self.text, self.language)

    @cached_property
    def folded(self) -> str:
        return values.fold(self.text)

    @cached_property
    def digit(self) -> int | None:
        match = _DIGIT.fullmatch(self.folded)
        return int(match[1]) if match else None

    @property
    def frame(self) -> Frame | None:
        """The form that is asked about."""
        return self.memory.stack[-1] if self.memory.stack else None

    @cached_property
    def said(self) -> list[str]:
        return [turn.body for turn in self.before if turn.author == "bot"]

    def says(self, words: str) -> bool:
        """Whether one of the dialogue's own phrases stands in the text, in any language."""
        return any(values.has_phrase(self.folded, phrases) for phrases in self.plan.words[words].values())

    def agrees(self) -> bool:
        return self._is_one_of("yes") or (self.digit is None and self.base.intent == "affirm")

    def refuses(self) -> bool:
        return self._is_one_of("no") or (self.digit is None and self.base.intent == "deny")

    def _is_one_of(self, words: str) -> bool:
        bare = " ".join(re.findall(r"\w+", self.folded))
        return any(bare in phrases for phrases in self.plan.words[words].values())

    # --- sentences ----------------------------------------------------------------------------------------------

    def sentence(self, says: Says, given: Mapping[str, str] | None = None) -> dict[str, str]:
        chosen = self.own.choose(says.name, says.variants(self.spoken), self.said, self.conversation_id)
        return {says.name: fill(chosen, given) if given else chosen}

    def talk(self, name: str, **given: str) -> dict[str, str]:
        return self.sentence(self.plan.talk[name], given)

    def told(self, intent: str | None, *, clarified: bool = False) -> Told:
        return self.own.told(intent, self.spoken, self.said, self.conversation_id, clarified=clarified)

    # --- people -------------------------------------------------------------------------------------------------

    def hand_over(
        self, signal: Signal, sentences: Mapping[str, str], *, intent: str | None, ended: Sequence[Frame] = ()
    ) -> Part:
        handover = self.own.handover(
            signal, self.before, self.text, self.spoken, intent=intent, entities=self.own.find(self.text)
        )
        return self.handed(handover, sentences, intent=intent, ended=ended)

    def handed(
        self, handover: Handover, sentences: Mapping[str, str], *, intent: str | None, ended: Sequence[Frame] = ()
    ) -> Part:
        """The bot's part ends: what waits for an answer goes with it."""
        said = [*self.own.last_texts(self.before)[::-1], self.text]
        more = handing.told_more(
            handover, plan=self.plan, files=self.own.files, memory=self.memory, ended=ended, said=said
        )
        return Part(dict(sentences), intent, handover=more, counted=False)

    def to_person(self, *, unsure: bool, intent: str | None = None, ended: Sequence[Frame] = ()) -> Part:
        """As the rules hand over whom they do not understand twice, or who asks for a person."""
        told = self.told(None, clarified=True) if unsure else self.told(self.own.person_intent)
        signal = told.signal
        if signal is None or signal.action != "handover":
            signal = Signal("handover", "unsure" if unsure else "asked")
        return self.hand_over(signal, told.sentences, intent=intent, ended=ended)

    # --- look-ups -----------------------------------------------------------------------------------------------

    def look_up(self, asking: Asking, slots: Mapping[str, str], code: str = "") -> Part | None:
        """None: the rules answer. Raises NeedsLookUp while it has not been made."""
        given = {parameter: slots[slot] for slot, parameter in asking.parameters.items() if slots.get(slot)}
        given = {name: value for name, value in given.items() if value != handing.UNKNOWN}
        if self.looked_up >= MOST_LOOKUPS:
            found = Found("failed")
        elif self.looked_up < len(self.found):
            found = self.found[self.looked_up]
        else:
            raise NeedsLookUp(LookUp(asking.look_up, given, code), asking.intent)
        self.looked_up += 1
        self.why.append(f"look-up {asking.name}: {found.outcome}")
        return self._told_of(asking, dict(slots), found)

    def _told_of(self, asking: Asking, slots: dict[str, str], found: Found) -> Part | None:
        from bots.dialogue.memory import Looking

        self.memory.looking = None
        if found.outcome in ("code_asked", "code_wrong"):
            self.memory.looking = Looking(asking.name, slots)
            name = "code" if found.outcome == "code_asked" else "code_wrong"
            given = {"code": found.code} if found.outcome == "code_asked" else {}
            return Part(self.talk(name, **given), asking.intent, asks=True, counted=False)
        if found.outcome == "refused":
            told = self.told(None, clarified=True)
            return self.hand_over(Signal("handover", "rule"), told.sentences, intent=asking.intent)
        if found.outcome == "found" and found.rows:
            sentences = {}
            for number, row in enumerate(found.rows[: asking.rows]):
                given = {column: clean(str(value))[:_LONGEST_COLUMN] for column, value in row.items()}
                for name, text in self.sentence(asking.say, given).items():
                    sentences[f"{name}.{number}"] = text
            if not any("{" in text and "}" in text for text in sentences.values()):
                return Part(sentences, asking.intent, counted=False)
            self.why.append(f"look-up {asking.name} has no such column")
            found = Found("failed")
        says = asking.none if found.outcome in ("found", "none") else asking.failed
        return None if says is None else Part(self.sentence(says), asking.intent)
