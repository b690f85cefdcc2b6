"""Where bots live: one folder each, named as a line's settings name it.

bots/data/<bot>/
    bot.yml        ours: which engine talks, and its thresholds (Rasa keeps such things in config.yml)
    spelling.yml   ours: how people shorten words on a phone, and words that carry only courtesy
    dialogue.yml   ours: menus, questions, what came before; may be left out (bots/dialogue)
    domain.yml     Rasa's: intents, entities, slots, responses
    rules.yml      Rasa's: which intent leads to which responses
    nlu/*.yml      Rasa's: phrases for each intent, regexes, lookups, synonyms
"""

from __future__ import annotations

import re
from pathlib import Path

from bots.errors import UnknownBot

FOLDER = Path(__file__).parent / "data"
ENGINES = ("embedded", "rasa")
"""What may talk for a bot (bots/engine.py makes them): to be offered without loading any of them."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


_models: list[Path] = []


def keep_models_in(directory: Path) -> None:
    """Engines that are made from now on keep there what the next start can use. Only we may write there."""
    _models[:] = [directory]


def models() -> Path | None:
    """The directory that was named last; None: nothing is kept."""
    return _models[0] if _models else None


def folder(bot: str) -> Path:
    """The bot's folder. Raises UnknownBot; a name can never lead out of `FOLDER`."""
    path = FOLDER / bot
    if not _NAME.fullmatch(bot) or not (path / "bot.yml").is_file():
        known = ", ".join(names()) or "none"
        raise UnknownBot(str(FOLDER), "", f"there is no bot named {bot!r} here (known: {known})")
    return path


def names() -> list[str]:
    return sorted(path.parent.name for path in FOLDER.glob("*/bot.yml"))
