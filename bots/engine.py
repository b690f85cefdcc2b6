"""Takes one turn of talk with whichever engine the bot's folder names.

take_turn(...)   never raises for what a subscriber wrote: an engine that breaks becomes a handover
warm(bot)        loads and trains now, so that the first subscriber does not wait for it
validate(bot)    the same without keeping it, and what there is to say about the bot
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from bots import catalogue, figures
from bots.embedded import bot_files, yaml_files
from bots.embedded.engine import EmbeddedEngine
from bots.errors import BotDataError
from bots.turn import BotTurn, Handover, Reading, Turn

logger = logging.getLogger(__name__)


class Engine(Protocol):
    """`threshold`: the confidence below which it is not sure."""

    @property
    def threshold(self) -> float: ...

    def read(self, *, text: str, language: str | None) -> Reading:
        """What a conversation's first text means; `take_turn` acts on the same."""

    def take_turn(
        self, *, conversation_id: UUID, history: Sequence[Turn], text: str, language: str | None
    ) -> BotTurn: ...

    def failed(self, *, conversation_id: UUID, history: Sequence[Turn], text: str, language: str | None) -> BotTurn: ...


ENGINES: dict[str, Callable[[Path, Path | None], Engine]] = {"embedded": EmbeddedEngine}

PRECISION = 0.97
"""Of automatic answers: what a bot's threshold should be worth."""

_ready: dict[Path, Engine] = {}
_lock = threading.Lock()


def take_turn(*, bot: str, conversation_id: UUID, history: Sequence[Turn], text: str, language: str | None) -> BotTurn:
    """`bot`: a folder's name in bots/data. `history`: the turns before `text`, oldest first. `language`: what
    is known of the subscriber, used where the texts do not show it.

    Raises UnknownBot, a mistake in a line's settings. Anything else that goes wrong is a handover with the
    reason "failed"; the log says where, never what the subscriber wrote.
    """
    folder = catalogue.folder(bot)
    engine: Engine | None = None
    try:
        engine = _engine(folder)
        return engine.take_turn(conversation_id=conversation_id, history=history, text=text, language=language)
    except BotDataError as error:
        logger.error("bot %s cannot be used: %s", bot, error)
    except Exception as error:
        _log(error, bot, conversation_id)
    if engine is not None:
        try:
            return engine.failed(conversation_id=conversation_id, history=history, text=text, language=language)
        except Exception as error:
            _log(error, bot, conversation_id)
    return BotTurn((), None, 0.0, language=language or "", handover=Handover("failed", ""))


def warm(bot: str) -> None:
    """Raises UnknownBot or BotDataError."""
    _engine(catalogue.folder(bot))


def make(bot: str, engine: str | None = None) -> Engine:
    """An engine of its own, which nobody else talks to. `engine`: another than the one that bot.yml names.

    Raises UnknownBot or BotDataError.
    """
    folder = catalogue.folder(bot)
    return ENGINES[engine](folder, catalogue.models()) if engine else _make(folder)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a bot can understand, as its author named it."""

    intents: tuple[str, ...]
    entities: tuple[str, ...]


@lru_cache(maxsize=32)
def vocabulary(bot: str) -> Vocabulary:
    """Read from its files, once: nothing is trained. Raises UnknownBot or BotDataError."""
    folder = catalogue.folder(bot)
    ready = _ready.get(folder)
    files = ready.files if isinstance(ready, EmbeddedEngine) else bot_files.read(folder)
    return Vocabulary(tuple(files.domain.intents), tuple(files.domain.entities))


@dataclass(frozen=True, slots=True)
class Report:
    """What `validate` found. `accuracy`: share of the bot's own phrases understood when left out of training."""

    bot: str
    engine: str
    languages: tuple[str, ...]
    phrases_by_intent: dict[str, int]
    accuracy: float
    notices: tuple[str, ...]
    left_out: dict[str, LeftOut] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Of one language. `figures`: at the bot's own threshold. `needed`: the one from which on 97% of the automatic
    answers are right; None where no threshold reaches that.
    """

    figures: dict[str, Any]
    needed: float | None


def validate(bot: str) -> Report:
    """Raises UnknownBot, or BotDataError for the first thing that cannot be honoured."""
    engine = make(bot)
    if not isinstance(engine, EmbeddedEngine):
        return Report(bot, type(engine).__name__, (), {}, 0.0, ())
    files = engine.files
    counts = dict.fromkeys(files.domain.intents, 0)
    for example in files.nlu.examples:
        counts[example.intent] += 1
    notices = tuple(f"no rule uses the response {name}" for name in files.unused_responses())
    left_out = {
        language: LeftOut(figures.figures(judged), figures.threshold_for(PRECISION, judged))
        for language, judged in engine.model.left_out().items()
    }
    return Report(bot, "embedded", files.languages, counts, engine.model.accuracy, notices, left_out)


def _engine(folder: Path) -> Engine:
    engine = _ready.get(folder)
    if engine is None:
        with _lock:  # one thread trains, the others wait for it
            engine = _ready.get(folder)
            if engine is None:
                engine = _ready[folder] = _make(folder)
    return engine


def _make(folder: Path) -> Engine:
    node = yaml_files.read(folder / "bot.yml", root=folder).as_map(required=("engine",))["engine"]
    make = ENGINES.get(node.as_text())
    if make is None:
        raise node.refuse(f"there is no engine {node.value!r} (known: {', '.join(ENGINES)})")
    return make(folder, catalogue.models())


def _log(error: Exception, bot: str, conversation_id: UUID) -> None:
    """The type and the place only: an exception's own words may quote the text."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    logger.error(
        "bot %s failed in conversation %s: %s at %s:%s",
        bot, conversation_id, type(error).__name__, Path(frame.filename).name, frame.lineno,
    )  # fmt: skip
