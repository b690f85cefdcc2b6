"""What we and a bot's server say to each other: JSON over HTTP, one request and one answer for each text.

    POST /webhooks/palabre/webhook      Authorization: Bearer TOKEN      Content-Type: application/json

    {"sender": "018f3a52-...", "message": "mn sold svp", "metadata": {"lang": "fr", "clarified": false}}

    sender      the conversation's id: letters, digits and dashes, nobody's number
    message     one to 1,000 characters, never beginning with a slash: a slash would be Rasa's command, not a text
    metadata    the two slots of domain.yml. The server sets both before it reads the message, each time: it keeps
                no state of its own that counts, so it may be restarted, or lose its stores, between two texts

    200 {"bot": "telecom",
         "intent": {"name": "balance", "confidence": 0.93},
         "intent_ranking": [{"name": "balance", "confidence": 0.93}, ...],
         "entities": [{"entity": "amount", "value": "2000f"}],
         "messages": [{"text": "Votre solde..."}, {"custom": {"action": "handover", "reason": "asked"}}],
         "paused": false}

    bot             the name of the folder that its model was trained from
    intent          "nlu_fallback": not sure. `intent_ranking`, which may be left out, then has the best guess
    entities        may be left out; values are texts; names that the bot's files do not know are passed over
    messages        in order; a `custom` is one of the signals of domain.yml. Other keys of a message are passed over
    paused          whether the conversation is paused there. We never pause one

    400 {"error": ...}   malformed        401   the token is wrong        503 {"error": "LockError"}   a store is away

    GET /webhooks/palabre/              the same Authorization; the name and the model that it serves

    200 {"status": "ok", "bot": "telecom", "model": "20261120-101500-x"}

An answer of more than 64 KiB is not read. Anything that is not as above is no answer (`Kind`).
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from bots.embedded.domain import SIGNAL_REASONS, Signal
from bots.embedded.rules import FALLBACK
from bots.embedded.spelling import MOST_CHARACTERS, clean
from bots.remote.failures import Kind, ServerFailed
from bots.turn import RANKED
from common.text import shows_something, storable

log = logging.getLogger(__name__)

WEBHOOK, ABOUT = "/webhooks/palabre/webhook", "/webhooks/palabre/"
LARGEST = 64 * 1024  # bytes of an answer; a long one has 3,000
MOST_MESSAGES, MOST_ENTITIES, MOST_SKILLS, MOST_RANKED = 10, 50, 20, 200
LONGEST_TEXT = 1530  # characters: ten short messages
LONGEST_NAME, LONGEST_VALUE = 100, 200
_COMMANDING = re.compile(r"[\s/]+")  # Rasa strips what Python calls space before it looks for the slash


@dataclass(frozen=True, slots=True)
class Question:
    conversation_id: UUID
    message: str
    language: str
    clarified: bool

    def octets(self) -> bytes:
        metadata = {"lang": self.language, "clarified": self.clarified}
        return orjson.dumps({"sender": str(self.conversation_id), "message": self.message, "metadata": metadata})


@dataclass(frozen=True, slots=True)
class Expected:
    """Of whom an answer must be: the bot's name, its intents and its entities."""

    bot: str
    intents: Collection[str]
    entities: Collection[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """`intent` None: not sure. `confidence`: of the best guess, `best`, either way."""

    intent: str | None
    confidence: float
    best: str
    entities: Mapping[str, str] = field(default_factory=dict)
    replies: tuple[str, ...] = ()
    handover: Signal | None = None
    actions: tuple[str, ...] = ()
    ranking: tuple[tuple[str, float], ...] = ()


def sendable(text: str) -> str:
    """What may be sent of a subscriber's text; "" when nothing is left to ask about."""
    text = storable(text)
    commanding = _COMMANDING.match(text)
    return text[commanding.end() if commanding else 0 :][:MOST_CHARACTERS].rstrip()


def judge(octets: bytes, expected: Expected) -> Answer:
    """Raises ServerFailed for an answer that may not be used."""
    top = _object(octets)
    _name_of(top, expected.bot)
    intent, confidence, best, ranking = _understood(top, expected)
    replies: list[str] = []
    handover: Signal | None = None
    actions: list[str] = []
    messages = _list(top, "messages", MOST_MESSAGES)
    paused = top.get("paused")
    if not isinstance(paused, bool):
        raise ServerFailed(Kind.SHAPE)
    for message in messages:
        if not isinstance(message, dict):
            raise ServerFailed(Kind.SHAPE)
        if (text := message.get("text")) is not None:
            replies.append(_text(text))
        if (custom := message.get("custom")) is not None:
            signal = _signal(custom)
            if signal is None:
                # Its name is the server's to choose: it could be anything that a subscriber wrote.
                log.warning("bot %s: its server asks for something that nobody here knows; passed over", expected.bot)
            elif signal.action == "handover":
                handover = signal
            else:
                actions.append(signal.action)
    kept = tuple(reply for reply in replies if shows_something(reply))
    if not kept and handover is None:
        raise ServerFailed(Kind.PAUSED if paused and not messages else Kind.SILENT)
    entities = _entities(top, expected)
    return Answer(intent, confidence, best, entities, kept, handover, tuple(dict.fromkeys(actions)), ranking)


def judge_about(octets: bytes, expected: Expected) -> str:
    """The model that the server says it serves. Raises ServerFailed."""
    top = _object(octets)
    _name_of(top, expected.bot)
    model = top.get("model")
    if top.get("status") != "ok" or not isinstance(model, str):
        raise ServerFailed(Kind.SHAPE)
    return clean(model)[:LONGEST_NAME]


def _object(octets: bytes) -> dict[str, Any]:
    try:
        top = orjson.loads(octets)  # strict: no NaN, no lone surrogate, a bounded depth
    except orjson.JSONDecodeError:
        raise ServerFailed(Kind.NO_JSON) from None
    if not isinstance(top, dict):
        raise ServerFailed(Kind.SHAPE)
    return top


def _name_of(top: Mapping[str, Any], bot: str) -> None:
    name = top.get("bot")
    if not isinstance(name, str):
        raise ServerFailed(Kind.SHAPE)
    if name != bot:
        raise ServerFailed(Kind.OTHER_BOT)


def _understood(
    top: Mapping[str, Any], expected: Expected
) -> tuple[str | None, float, str, tuple[tuple[str, float], ...]]:
    """(intent, confidence, best guess, guesses by confidence)."""
    name, confidence = _guess(top.get("intent"))
    ranking = [_guess(one) for one in _list(top, "intent_ranking", MOST_RANKED, needed=False)]
    if name != FALLBACK:
        if name not in expected.intents:
            raise ServerFailed(Kind.OTHER_FILES)
        others = [one for one in ranking if one[0] in expected.intents and one[0] != name]
        return name, confidence, name, ((name, confidence), *_best(others)[: RANKED - 1])
    guesses = _best(one for one in ranking if one[0] in expected.intents)
    best, confidence = guesses[0] if guesses else ("", 0.0)
    return None, confidence, best, guesses


def _best(guesses: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(guesses, key=lambda one: -one[1])[:RANKED])


def _guess(value: object) -> tuple[str, float]:
    if not isinstance(value, dict):
        raise ServerFailed(Kind.SHAPE)
    name, confidence = value.get("name"), value.get("confidence")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
        raise ServerFailed(Kind.SHAPE)
    if isinstance(confidence, bool) or not isinstance(confidence, int | float):
        raise ServerFailed(Kind.SHAPE)
    if not math.isfinite(confidence) or not 0 <= confidence <= 1.0001:  # sums of floats, which Rasa does not round
        raise ServerFailed(Kind.SHAPE)
    return name, min(float(confidence), 1.0)


def _entities(top: Mapping[str, Any], expected: Expected) -> dict[str, str]:
    """Of several values of one entity the first, as the embedded engine keeps them."""
    found: dict[str, str] = {}
    for one in _list(top, "entities", MOST_ENTITIES, needed=False):
        if not isinstance(one, dict):
            raise ServerFailed(Kind.SHAPE)
        name, value = one.get("entity"), one.get("value")
        if not isinstance(name, str) or not isinstance(value, str):
            raise ServerFailed(Kind.SHAPE)
        if name in expected.entities and (kept := clean(storable(value))[:LONGEST_VALUE]):
            found.setdefault(name, kept)
    return found


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise ServerFailed(Kind.SHAPE)
    return storable(value).strip()


def _signal(value: object) -> Signal | None:
    """None: an action that nobody here knows."""
    if not isinstance(value, dict):
        raise ServerFailed(Kind.SHAPE)
    action = value.get("action")
    if not isinstance(action, str):
        raise ServerFailed(Kind.SHAPE)
    if action == "opt_out":
        return Signal(action)
    if action != "handover":
        return None
    reason, priority = value.get("reason"), value.get("priority", 0)
    skills = _list(value, "skills", MOST_SKILLS, needed=False)
    if not isinstance(reason, str) or reason not in SIGNAL_REASONS:
        raise ServerFailed(Kind.SHAPE)
    if isinstance(priority, bool) or not isinstance(priority, int) or not 0 <= priority <= 9:
        raise ServerFailed(Kind.SHAPE)
    for skill in skills:
        if not isinstance(skill, str) or not 0 < len(skill) <= LONGEST_NAME or clean(storable(skill)) != skill:
            raise ServerFailed(Kind.SHAPE)
    return Signal(action, SIGNAL_REASONS[reason], tuple(skills), priority)


def _list(top: Mapping[str, Any], key: str, most: int, *, needed: bool = True) -> list[Any]:
    value = top.get(key)
    if value is None and not needed:
        return []
    if not isinstance(value, list) or len(value) > most:
        raise ServerFailed(Kind.SHAPE)
    return value
