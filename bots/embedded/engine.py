"""One turn of talk, from the phrases and sentences of one bot. Keeps nothing between turns: the history is
the memory, so any process can take the next turn, and the same turn twice gives the same answer.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from bots.dialogue import plan_file
from bots.embedded import bot_files, summary
from bots.embedded.domain import Signal
from bots.embedded.lookalikes import as_seen
from bots.embedded.model import Model
from bots.embedded.rules import FALLBACK
from bots.turn import RANKED, BotTurn, Handover, Reading, Turn

_REMEMBERED = 50
"""Turns of a history that are looked at; older ones no longer say what the subscriber wants."""

_RECENT_TEXTS = 3

_READ_LATELY = 128
"""Texts of which it is remembered what they mean, for as long as they are among the last."""


@dataclass(frozen=True, slots=True)
class Told:
    """`sentences`: by the name of the response, in order. `signal`: what the application must do besides."""

    sentences: Mapping[str, str]
    signal: Signal | None


class EmbeddedEngine:
    def __init__(self, folder: Path, memory: Path | None = None) -> None:
        """Reads and trains: ten seconds for 10,000 phrases, or a tenth of one with a `memory` of the last time.

        Raises BotDataError.
        """
        self.files = bot_files.read(folder)
        domain = self.files.domain
        self.plan = plan_file.read(folder, domain, self.files.languages)
        self.model = Model(self.files, memory)
        self.names = {
            text: name
            for name, response in domain.responses.items()
            for texts in response.texts.values()
            for text in texts
        }
        """The response of each sentence."""

        # A text is read by the engine, by the dialogue above it, and again among those before the next ones.
        self.words = lru_cache(maxsize=_READ_LATELY)(self.files.spelling.words)
        self.language_of = lru_cache(maxsize=_READ_LATELY)(self._language_of)
        self.read_in = lru_cache(maxsize=_READ_LATELY)(self._read_in)
        self.find = lru_cache(maxsize=_READ_LATELY)(self.files.entities.find)

    def take_turn(self, *, conversation_id: UUID, history: Sequence[Turn], text: str, language: str | None) -> BotTurn:
        """1. which language, 2. which intent, 3. which rule, 4. its sentences, or a handover."""
        history = self.before(history, text)
        words = self.words(text)
        spoken = self.spoken(history, text, language)
        said = [turn.body for turn in history if turn.author == "bot"]
        reading = self.read_in(text, spoken)
        entities = self.find(text)

        clarified = self.has_clarified(history)
        if self._only_looks_final(words, spoken):
            # Obeyed, it could be wrong; asked again, he would have to say it twice: a person reads it.
            reading, clarified = Reading(None, reading.confidence), True
        told = self.told(reading.intent, spoken, said, conversation_id, clarified=clarified)
        handover: Handover | None = None
        actions: tuple[str, ...] = ()
        if told.signal is not None and told.signal.action == "handover":
            handover = self.handover(told.signal, history, text, spoken, intent=reading.intent, entities=entities)
        elif told.signal is not None:
            actions = (told.signal.action,)
        return BotTurn(
            replies=tuple(told.sentences.values()),
            intent=reading.intent,
            confidence=round(reading.confidence, 4),
            entities=entities,
            language=spoken,
            handover=handover,
            actions=actions,
            ranking=ranked(reading.ranking),
            why=(_why(reading),),
        )

    @property
    def person_intent(self) -> str | None:
        """The intent of whoever asks for a person; None: the rules of this bot know none."""
        return next(
            (
                intent
                for (intent, _), steps in self.files.rules.steps.items()
                if any(step.signal is not None and step.signal.reason == "asked" for step in steps)
            ),
            None,
        )

    @property
    def threshold(self) -> float:
        return self.files.thresholds.confidence

    def read(self, *, text: str, language: str | None) -> Reading:
        words = self.words(text)
        return self.model.intent(words, self.model.language(words) or self._language_before((), language))

    def failed(self, *, conversation_id: UUID, history: Sequence[Turn], text: str, language: str | None) -> BotTurn:
        """The turn to take when `take_turn` raised: uses the domain's sentences only, no model."""
        domain = self.files.domain
        spoken = language if language in self.files.languages else domain.home_language
        return BotTurn(
            replies=(domain.responses["utter_failed"].variants(spoken)[0],),
            intent=None,
            confidence=0.0,
            language=spoken,
            handover=Handover("failed", summary.write(domain, reason="failed", intents=(), entities={}, said=(text,))),
        )

    # --- what an engine that talks through a server and the dialogue above both ask here, too ------------------

    def told(
        self, intent: str | None, language: str, said: Sequence[str], conversation_id: UUID, *, clarified: bool
    ) -> Told:
        """What the rules answer to an intent (None: not understood). `said`: the bot's sentences so far."""
        responses = self.files.rules.steps[intent or FALLBACK, clarified]
        sentences = {
            response.name: self.choose(response.name, response.variants(language), said, conversation_id)
            for response in responses
            if response.signal is None
        }
        return Told(sentences, next((response.signal for response in responses if response.signal), None))

    @staticmethod
    def choose(name: str, variants: Sequence[str], said: Sequence[str], conversation_id: UUID) -> str:
        """Conversations start at different variants and go round: whoever asks again hears it otherwise."""
        if len(variants) == 1:
            return variants[0]
        start = zlib.crc32(conversation_id.bytes + name.encode())
        told = sum(variant in body for body in said for variant in variants)
        return variants[(start + told) % len(variants)]

    @staticmethod
    def before(history: Sequence[Turn], text: str) -> Sequence[Turn]:
        """The turns before this text; a caller may already have written the text into the history."""
        recent = history[-_REMEMBERED:]
        if recent and recent[-1].author == "contact" and recent[-1].body == text:
            return recent[:-1]
        return recent

    def spoken(self, history: Sequence[Turn], text: str, given: str | None) -> str:
        """The language of this text, or of those before it. `given`: what is known of the subscriber."""
        return self.language_of(text) or self._language_before(history, given)

    def is_final(self, text: str, language: str) -> bool:
        """Whether the text is a phrase that stops everything, or looks like one: no statistics are asked about it."""
        words = self.words(text)
        return self._stops(self.model.stands_for(words, language)) or self._only_looks_final(words, language)

    def has_clarified(self, history: Sequence[Turn]) -> bool:
        """Whether the bot has already asked what was meant: it never asks twice."""
        return any(
            sentence in turn.body
            for response in self.files.rules.clarifications
            for variants in response.texts.values()
            for sentence in variants
            for turn in history
            if turn.author == "bot"
        )

    def handover(
        self,
        signal: Signal,
        history: Sequence[Turn],
        text: str,
        language: str,
        *,
        intent: str | None,
        entities: Mapping[str, str],
    ) -> Handover:
        """`intent` and `entities`: what this text was taken to mean, and what was found in it."""
        earlier = self.last_texts(history)[::-1]
        intents: list[str] = []
        found: dict[str, str] = {}
        for body in earlier:
            meant = self.read_in(body, self.language_of(body) or language).intent
            if meant:
                intents.append(meant)
            found.update(self.find(body))
        if intent:
            intents.append(intent)
        found.update(entities)
        lines = summary.write(
            self.files.domain, reason=signal.reason, intents=intents, entities=found, said=(*earlier, text)
        )
        return Handover(signal.reason, lines, signal.skills, signal.priority, tuple(dict.fromkeys(intents)), found)

    # --- inside ------------------------------------------------------------------------------------------------

    def _language_of(self, text: str) -> str | None:
        return self.model.language(self.words(text))

    def _read_in(self, text: str, language: str) -> Reading:
        """What a text of a language that is known means."""
        return self.model.intent(self.words(text), language)

    def _language_before(self, history: Sequence[Turn], given: str | None) -> str:
        """What the subscriber wrote last that shows a language; else what is known of them; else the bot's."""
        for body in self.last_texts(history):
            earlier = self.language_of(body)
            if earlier:
                return earlier
        return given if given in self.files.languages else self.files.domain.home_language

    @staticmethod
    def last_texts(history: Sequence[Turn]) -> list[str]:
        """The subscriber's last few texts, newest first."""
        return [turn.body for turn in reversed(history) if turn.author == "contact"][:_RECENT_TEXTS]

    def _only_looks_final(self, words: Sequence[str], language: str) -> bool:
        """Whether this looks like a phrase that stops everything ("STOP"), but is written with other letters."""
        seen = as_seen(words)
        if seen == list(words):
            return False
        return self._stops(self.model.stands_for(seen, language))

    def _stops(self, intent: str | None) -> bool:
        steps = self.files.rules.steps.get((intent, False), ()) if intent else ()
        return any(step.signal is not None and step.signal.action == "opt_out" for step in steps)


def ranked(guesses: Sequence[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    return tuple((name, round(confidence, 4)) for name, confidence in guesses[:RANKED])


def _why(reading: Reading) -> str:
    if reading.intent is None:
        return f"not sure: {reading.best or 'no word'} {reading.confidence:.2f}"
    return f"understood {reading.intent} {reading.confidence:.2f}"
