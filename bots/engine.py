"""Takes one turn of talk with whichever engine the bot's folder names.

take_turn(...)   never raises for what a subscriber wrote: an engine that breaks becomes a handover
warm(bot)        loads and trains now, so that the first subscriber does not wait for it
validate(bot)    the same without keeping it, and what there is to say about the bot
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from bots import catalogue, figures
from bots.dialogue import policy
from bots.embedded import bot_files, yaml_files
from bots.embedded.engine import EmbeddedEngine
from bots.errors import BotDataError, UnknownEngine
from bots.mood import turns as moods
from bots.remote.engine import RasaEngine
from bots.turn import BotTurn, Found, Handover, Reading, Turn

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


def _rasa(folder: Path, memory: Path | None) -> RasaEngine:
    return RasaEngine(EmbeddedEngine(folder, memory))


ENGINES: dict[str, Callable[[Path, Path | None], Engine]] = {"embedded": EmbeddedEngine, "rasa": _rasa}

PRECISION = 0.97
"""Of automatic answers: what a bot's threshold should be worth."""

QUIET_S = 30.0

_ready: dict[tuple[Path, str], Engine] = {}
"""By folder and engine; "" is the engine that bot.yml names."""

_lock = threading.RLock()
_making: dict[tuple[Path, str], threading.Thread] = {}
_making_lock = threading.Lock()


def take_turn(
    *,
    bot: str,
    conversation_id: UUID,
    history: Sequence[Turn],
    text: str,
    language: str | None,
    engine: str | None = None,
    memory: Mapping[str, Any] | None = None,
    found: Found | Sequence[Found] | None = None,
    now: datetime | None = None,
    people_open: bool | None = None,
) -> BotTurn:
    """`bot`: a folder's name in bots/data. `history`: the turns before `text`, oldest first. `language`: what
    is known of the subscriber, used where the texts do not show it. `engine`: another than the one of its bot.yml.

    memory       of the last turn; {}: there is none yet. None: nobody keeps one, so each text is answered by itself,
                 without menus, questions and what came before (docs/dialogue.md).
    found        what came of the look-ups that this same turn has asked for before, in order.
    now          when the text was written, where the subscriber is: "yesterday" is a day before. None: now, in UTC.
    people_open  whether somebody is at work; None: not known.

    Raises UnknownBot or UnknownEngine, mistakes in a line's settings. Anything else that goes wrong is a handover with
    the reason "failed"; the log says where, never what the subscriber wrote.
    """
    folder = _folder(bot, engine)
    talking: Engine | None = None
    try:
        talking = _engine(folder, engine or "")
        own = embedded_of(talking)
        if memory is None or own is None or own.plan is None:
            turn = talking.take_turn(conversation_id=conversation_id, history=history, text=text, language=language)
        else:
            turn = policy.take_turn(
                talking,
                own,
                own.plan,
                conversation_id=conversation_id,
                history=history,
                text=text,
                language=language,
                kept=memory,
                found=(found,) if isinstance(found, Found) else found or (),
                now=now or datetime.now(UTC),
                people_open=people_open,
            )
        return moods.with_mood(turn, own.files if own else None, history, text)
    except BotDataError as error:
        logger.error("bot %s cannot be used: %s", bot, error)
    except Exception as error:
        _log(error, bot, conversation_id)
    if talking is not None:
        try:
            return talking.failed(conversation_id=conversation_id, history=history, text=text, language=language)
        except Exception as error:
            _log(error, bot, conversation_id)
    return BotTurn((), None, 0.0, language=language or "", handover=Handover("failed", ""))


def warm(bot: str, engine: str | None = None) -> None:
    """Raises UnknownBot, UnknownEngine or BotDataError; a server that does not answer is only noted."""
    ready = _engine(_folder(bot, engine), engine or "")
    if isinstance(ready, RasaEngine):
        ready.look()


def is_ready(bot: str, engine: str | None = None, *, within_s: float) -> bool:
    """Whether it can take a turn, after at most so many seconds. It is made in a thread of its own, which goes on: what
    is not ready now is so a quarter of a minute later. True for one that cannot be made, too: its turn says why.

    Raises UnknownBot or UnknownEngine.
    """
    key = _folder(bot, engine), engine or ""
    if key in _ready:
        return True
    with _making_lock:
        thread = _making.get(key)
        if thread is None or not thread.is_alive():
            thread = _making[key] = threading.Thread(target=_make_ready, args=key, name="bot learns", daemon=True)
            thread.start()
    thread.join(within_s)
    return not thread.is_alive()


def _make_ready(folder: Path, name: str) -> None:
    try:
        _engine(folder, name)
    except Exception as error:
        logger.error("bot %s cannot be used: %s", folder.name, type(error).__name__)


def forget(bot: str) -> None:
    """Let go of what was made ready of a bot that nobody asks for any more; whoever asks again makes it again."""
    with _lock:
        for key in [key for key in _ready if key[0] == catalogue.place(bot)]:
            del _ready[key]


def is_served(bot: str, engine: str | None = None) -> bool:
    """Whether a server of its own talks for this bot. Raises UnknownBot, UnknownEngine or BotDataError."""
    return (engine or _named(_folder(bot, engine))) == "rasa"


def look_at_quiet_servers() -> None:
    """Ask each server of which nothing was heard for QUIET_S whether it is there; so one that was away is found back
    before a subscriber has to try it. Takes as long as a call may, for each.
    """
    for ready in {id(one): one for one in list(_ready.values()) if isinstance(one, RasaEngine)}.values():
        if (server := ready.server) is not None and server.quiet_s() >= QUIET_S:
            ready.look()


def make(bot: str, engine: str | None = None) -> Engine:
    """An engine of its own, which nobody else talks to. `engine`: another than the one that bot.yml names.

    Raises UnknownBot, UnknownEngine or BotDataError.
    """
    folder = _folder(bot, engine)
    return ENGINES[engine or _named(folder)](folder, catalogue.memory(folder))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a bot can understand, and what its handovers ask of an agent, as its author named it."""

    intents: tuple[str, ...]
    entities: tuple[str, ...]
    skills: tuple[str, ...]


@lru_cache(maxsize=32)
def vocabulary(bot: str) -> Vocabulary:
    """Read from its files, once: nothing is trained. Raises UnknownBot or BotDataError."""
    folder = catalogue.folder(bot)
    own = embedded_of(_ready.get((folder, "")))
    files = own.files if own else bot_files.read(folder)
    signals = [one.signal for one in files.domain.responses.values() if one.signal is not None]
    skills = sorted({skill for signal in signals for skill in signal.skills})
    return Vocabulary(tuple(files.domain.intents), tuple(files.domain.entities), tuple(skills))


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
    made = make(bot)
    engine = embedded_of(made)
    if engine is None:
        return Report(bot, type(made).__name__, (), {}, 0.0, ())
    files = engine.files
    counts = dict.fromkeys(files.domain.intents, 0)
    for example in files.nlu.examples:
        counts[example.intent] += 1
    notices = tuple(f"no rule uses the response {name}" for name in files.unused_responses())
    left_out = {
        language: LeftOut(figures.figures(judged), figures.threshold_for(PRECISION, judged))
        for language, judged in engine.model.left_out().items()
    }
    name = "rasa" if isinstance(made, RasaEngine) else "embedded"
    return Report(bot, name, files.languages, counts, engine.model.accuracy, notices, left_out)


def embedded_of(engine: Engine | None) -> EmbeddedEngine | None:
    """The engine itself, or the one that it falls back on; None for an engine of neither kind."""
    if isinstance(engine, RasaEngine):
        return engine.own
    return engine if isinstance(engine, EmbeddedEngine) else None


def _folder(bot: str, engine: str | None) -> Path:
    if engine is not None and engine not in ENGINES:
        raise UnknownEngine(bot, "", f"there is no engine {engine!r} (known: {', '.join(ENGINES)})")
    return catalogue.folder(bot)


def _engine(folder: Path, name: str) -> Engine:
    engine = _ready.get((folder, name))
    if engine is None:
        with _lock:  # one thread trains, the others wait for it
            engine = _ready.get((folder, name))
            if engine is None:
                engine = _ready[folder, name] = _shared(folder, name)
    return engine


def _shared(folder: Path, name: str) -> Engine:
    """The engines of one bot share what was trained."""
    if not name:
        return _engine(folder, _named(folder))
    if name == "rasa" and (own := embedded_of(_engine(folder, "embedded"))) is not None:
        return RasaEngine(own)
    made = ENGINES[name](folder, catalogue.memory(folder))
    moods.get_ready(own.files if (own := embedded_of(made)) else None)
    return made


def _named(folder: Path) -> str:
    """The engine of bot.yml."""
    node = yaml_files.read(folder / "bot.yml", root=folder).as_map(required=("engine",))["engine"]
    if node.as_text() not in ENGINES:
        raise node.refuse(f"there is no engine {node.value!r} (known: {', '.join(ENGINES)})")
    return node.as_text()


def _log(error: Exception, bot: str, conversation_id: UUID) -> None:
    """The type and the place only: an exception's own words may quote the text."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    logger.error(
        "bot %s failed in conversation %s: %s at %s:%s",
        bot, conversation_id, type(error).__name__, Path(frame.filename).name, frame.lineno,
    )  # fmt: skip
