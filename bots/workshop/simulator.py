"""Talking to any version of a bot as a phone would: the very turns that subscribers get; nothing is sent or kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from bots import engine
from bots.errors import BotDataError
from bots.turn import BotTurn, Found, Turn
from bots.workshop import folders
from bots.workshop.edits import Edits, from_json
from bots.workshop.models import Version
from bots.workshop.shown import edits_now, shipped_files
from bots.workshop.voices import published_edits
from common.errors import Conflict, Invalid, NotFound
from common.text import storable

MOST_TEXTS = 30
LONGEST_TEXT = 1600
MOST_LOOK_UPS = 3  # of one turn, as in routing/turns.py
LEARNS_S = 3.0  # that somebody waits for a version that has to learn or to be read first; it goes on meanwhile
KEPT_READY = 6  # versions that this process keeps ready for whoever tries them next

_tried: deque[str] = deque()
_TALK = UUID(int=0)


def talk(
    *,
    organisation_id: UUID,
    bot: str,
    texts: Sequence[str],
    language: str = "",
    version_id: UUID | None = None,
    shipped: bool = False,
) -> dict[str, Any]:
    """`texts`: all that the phone has written, oldest first. `version_id` None: what would be published next, or with
    `shipped` the bot as we ship it. `language`: what is known of the subscriber.

    `unlearnt`: the version has phrases that it has not learnt; it is tried with those that talk now. Raises NotFound,
    Invalid, Conflict: "bot_learning" (again in a moment), "bot_broken".
    """
    files = shipped_files(bot)
    if len(texts) > MOST_TEXTS or any(len(one) > LONGEST_TEXT for one in texts):
        raise Invalid("too_many_tried", f"at most {MOST_TEXTS} texts of {LONGEST_TEXT} characters", field="texts")
    number, edits, is_learnt = _chosen(organisation_id, bot, version_id, shipped=shipped)
    _, base = published_edits(organisation_id, bot)
    unlearnt = not is_learnt and edits.phrases_print != base.phrases_print
    if not texts:
        return {"version": number, "unlearnt": unlearnt, "turns": []}
    name = ready(bot, edits.with_phrases_of(base) if unlearnt else edits)
    home = language if language in files.languages else files.domain.home_language
    turns = play(name, [storable(one) for one in texts], home)
    shown = [turn_shown(text, turn) for text, turn in zip(texts, turns, strict=True)]
    return {"version": number, "unlearnt": unlearnt, "turns": shown}


def ready(bot: str, edits: Edits) -> str:
    """The name of these edits for engines, once an engine has them. Raises Conflict."""
    try:
        name = folders.materialise(bot, edits)
        if not engine.is_ready(name, "embedded", within_s=LEARNS_S):
            raise Conflict("bot_learning", "the bot is learning its phrases")
    except BotDataError as error:
        raise Conflict("bot_broken", str(error)) from None
    if name != bot:
        _keep(name)
    return name


def play(name: str, texts: Sequence[str], language: str) -> list[BotTurn]:
    """A conversation from its beginning, with an engine that is ready. Nobody's number stands behind it, so nothing is
    looked up: the bot says what it says when a look-up fails."""
    history: list[Turn] = []
    turns: list[BotTurn] = []
    memory: Mapping[str, Any] = {}
    for text in texts:
        found: list[Found] = []
        while True:
            turn = engine.take_turn(
                bot=name, conversation_id=_TALK, history=tuple(history), text=text, language=language,
                engine="embedded", memory=memory, found=tuple(found),
            )  # fmt: skip
            if turn.look_up is None or len(found) >= MOST_LOOK_UPS:
                break
            found.append(Found("failed"))
        memory = turn.memory
        history += [Turn("contact", text), *(Turn("bot", reply) for reply in turn.replies)]
        turns.append(turn)
    return turns


def turn_shown(text: str, turn: BotTurn) -> dict[str, Any]:
    return {
        "text": text,
        "replies": list(turn.replies),
        "intent": turn.intent,
        "confidence": turn.confidence,
        "ranking": [{"intent": intent, "confidence": round(share, 4)} for intent, share in turn.ranking],
        "entities": dict(turn.entities),
        "language": turn.language,
        "handover": turn.handover
        and {
            "reason": turn.handover.reason,
            "skills": list(turn.handover.skills),
            "priority": turn.handover.priority,
            "summary": turn.handover.summary,
        },
        "actions": list(turn.actions),
        "sentiment": turn.sentiment,
        "memory": {key: str(value) for key, value in turn.memory.items()},
        "look_up": turn.look_up.name if turn.look_up else "",
        "source": turn.source,
        "why": list(turn.why),
    }


def _chosen(organisation_id: UUID, bot: str, version_id: UUID | None, *, shipped: bool) -> tuple[int, Edits, bool]:
    """Number, edits, and whether the phrases have been learnt."""
    if shipped:
        return 0, Edits(), True
    mine = Version.objects.filter(organisation_id=organisation_id, bot=bot)
    if version_id is None:
        row = mine.filter(state__in=Version.OPEN).first() or mine.filter(state=Version.State.PUBLISHED).first()
        if row is None:
            return 0, edits_now(organisation_id, bot), True
    else:
        row = mine.filter(id=version_id).first()
        if row is None:
            raise NotFound("no_version", "there is no such version")
    learnt = (Version.State.READY, Version.State.PUBLISHED, Version.State.RETIRED)
    return row.number, from_json(row.edits), row.state in learnt


def _keep(name: str) -> None:
    """Ready versions cost 20 MB each: the ones that were tried last stay."""
    if name in _tried:
        _tried.remove(name)
    _tried.append(name)
    while len(_tried) > KEPT_READY:
        engine.forget(_tried.popleft())
