"""One turn of talk, from the phrases and sentences of one bot. Keeps nothing between turns: the history is
the memory, so any process can take the next turn, and the same turn twice gives the same answer.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

from bots.embedded import bot_files, summary
from bots.embedded.domain import Response, Signal
from bots.embedded.lookalikes import as_seen
from bots.embedded.model import Model
from bots.embedded.rules import FALLBACK
from bots.turn import BotTurn, Handover, Reading, Turn

_REMEMBERED = 50
"""Turns of a history that are looked at; older ones no longer say what the subscriber wants."""

_RECENT_TEXTS = 3


class EmbeddedEngine:
    def __init__(self, folder: Path, memory: Path | None = None) -> None:
        """Reads and trains: ten seconds for 10,000 phrases, or a tenth of one with a `memory` of the last time.

        Raises BotDataError.
        """
        self.files = bot_files.read(folder)
        self.model = Model(self.files, memory)

    def take_turn(self, *, conversation_id: UUID, history: Sequence[Turn], text: str, language: str | None) -> BotTurn:
        """1. which language, 2. which intent, 3. which rule, 4. its sentences, or a handover."""
        history = self.before(history, text)
        words = self.files.spelling.words(text)
        spoken = self.spoken(history, text, language)
        said = [turn.body for turn in history if turn.author == "bot"]
        reading = self.model.intent(words, spoken)
        entities = self.files.entities.find(text)

        clarified = self.has_clarified(history)
        if self._only_looks_final(words, spoken):
            # Obeyed, it could be wrong; asked again, he would have to say it twice: a person reads it.
            reading, clarified = Reading(None, reading.confidence), True
        responses = self.files.rules.steps[reading.intent or FALLBACK, clarified]
        replies = tuple(
            self._choose(response, spoken, said, conversation_id) for response in responses if response.signal is None
        )
        handover: Handover | None = None
        actions: tuple[str, ...] = ()
        for signal in (response.signal for response in responses if response.signal):
            if signal.action == "handover":
                handover = self.handover(signal, history, text, spoken, intent=reading.intent, entities=entities)
            else:
                actions = (signal.action,)
        return BotTurn(
            replies=replies,
            intent=reading.intent,
            confidence=round(reading.confidence, 4),
            entities=entities,
            language=spoken,
            handover=handover,
            actions=actions,
        )

    @property
    def threshold(self) -> float:
        return self.files.thresholds.confidence

    def read(self, *, text: str, language: str | None) -> Reading:
        words = self.files.spelling.words(text)
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

    # --- what an engine that talks through a server asks here, too (bots/remote/engine.py) ---------------------

    @staticmethod
    def before(history: Sequence[Turn], text: str) -> Sequence[Turn]:
        """The turns before this text; a caller may already have written the text into the history."""
        recent = history[-_REMEMBERED:]
        if recent and recent[-1].author == "contact" and recent[-1].body == text:
            return recent[:-1]
        return recent

    def spoken(self, history: Sequence[Turn], text: str, given: str | None) -> str:
        """The language of this text, or of those before it. `given`: what is known of the subscriber."""
        return self.model.language(self.files.spelling.words(text)) or self._language_before(history, given)

    def is_final(self, text: str, language: str) -> bool:
        """Whether the text is a phrase that stops everything, or looks like one: no statistics are asked about it."""
        words = self.files.spelling.words(text)
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
        earlier = self._last_texts(history)[::-1]
        intents: list[str] = []
        found: dict[str, str] = {}
        for body in earlier:
            words = self.files.spelling.words(body)
            meant = self.model.intent(words, self.model.language(words) or language).intent
            if meant:
                intents.append(meant)
            found.update(self.files.entities.find(body))
        if intent:
            intents.append(intent)
        found.update(entities)
        lines = summary.write(
            self.files.domain, reason=signal.reason, intents=intents, entities=found, said=(*earlier, text)
        )
        return Handover(signal.reason, lines, signal.skills, signal.priority, tuple(dict.fromkeys(intents)), found)

    # --- inside ------------------------------------------------------------------------------------------------

    def _language_before(self, history: Sequence[Turn], given: str | None) -> str:
        """What the subscriber wrote last that shows a language; else what is known of them; else the bot's."""
        for body in self._last_texts(history):
            earlier = self.model.language(self.files.spelling.words(body))
            if earlier:
                return earlier
        return given if given in self.files.languages else self.files.domain.home_language

    @staticmethod
    def _last_texts(history: Sequence[Turn]) -> list[str]:
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

    @staticmethod
    def _choose(response: Response, language: str, said: Sequence[str], conversation_id: UUID) -> str:
        """Conversations start at different variants and go round: whoever asks again hears it otherwise."""
        variants = response.variants(language)
        if len(variants) == 1:
            return variants[0]
        start = zlib.crc32(conversation_id.bytes + response.name.encode())
        told = sum(variant in body for body in said for variant in variants)
        return variants[(start + told) % len(variants)]
