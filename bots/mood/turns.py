"""The mood of a turn: told with it, and in one line of the agent's summary. It changes nothing that the bot does."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from bots.embedded import summary
from bots.embedded.bot_files import BotFiles
from bots.mood import reading
from bots.mood.texts import NEUTRAL
from bots.turn import BotTurn, Turn

logger = logging.getLogger(__name__)

_LATEST = 3
"""Of the subscriber's texts, this one included: whoever was angry two texts ago is told to the agent as angry."""


def get_ready(files: BotFiles | None) -> None:
    """So that the first subscriber need not wait."""
    if files is not None and files.mood:
        try:
            reading.get_ready(files.languages)
        except Exception as error:
            logger.error("moods of %s cannot be told: %s", files.name, error)


def with_mood(turn: BotTurn, files: BotFiles | None, history: Sequence[Turn], text: str) -> BotTurn:
    """The turn with its mood, where the bot's files ask for moods; as it is where not, or where telling it breaks."""
    if files is None or not files.mood:
        return turn
    try:
        felt = reading.mood(text, turn.language).label
        told = replace(turn, sentiment=felt)
        if turn.handover is None:
            return told
        line = summary.mood(files.domain, _shown(history, text, turn.language, felt))
        lines = "\n".join(filter(None, (turn.handover.summary, line)))
        return replace(told, handover=replace(turn.handover, summary=lines))
    except Exception as error:  # a subscriber's answer must not fail for want of a mood; the log never quotes him
        logger.error("no mood of a turn of %s: %s", files.name, type(error).__name__)
        return turn


def _shown(history: Sequence[Turn], text: str, language: str, felt: str) -> str:
    """The latest mood that is any, of his last texts."""
    earlier = [turn.body for turn in reversed(history) if turn.author == "contact" and turn.body != text]
    for body in ("", *earlier[: _LATEST - 1]):
        label = reading.mood(body, language).label if body else felt
        if label not in {"", NEUTRAL}:
            return label
    return felt
