"""Where bots live: one folder each, named as a line's settings name it.

bots/data/<bot>/
    bot.yml        ours: which engine talks, and its thresholds (Rasa keeps such things in config.yml)
    spelling.yml   ours: how people shorten words on a phone, and words that carry only courtesy
    dialogue.yml   ours: menus, questions, what came before; may be left out (bots/dialogue)
    domain.yml     Rasa's: intents, entities, slots, responses
    rules.yml      Rasa's: which intent leads to which responses
    nlu/*.yml      Rasa's: phrases for each intent, regexes, lookups, synonyms

A version that an installation has made of a bot in the web (bots/workshop) is a bot, too: "telecom@<key>". Its folder
lies below the models, made from the shipped one and the version's edits.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from bots.errors import UnknownBot

FOLDER = Path(__file__).parent / "data"
ENGINES = ("embedded", "rasa")
"""What may talk for a bot (bots/engine.py makes them): to be offered without loading any of them."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_VERSION = re.compile(r"([a-z0-9][a-z0-9_-]{0,63})@([0-9a-f]{32})")


_models: list[Path] = []


def keep_models_in(directory: Path) -> None:
    """Engines that are made from now on keep there what the next start can use. Only we may write there."""
    _models[:] = [directory]


def models() -> Path | None:
    """The directory that was named last; None: nothing is kept."""
    return _models[0] if _models else None


def folder(bot: str) -> Path:
    """The bot's folder. Raises UnknownBot; a name can never lead out of `FOLDER` and of the models."""
    if "@" in bot:
        path = place(bot)
        if not (path / "bot.yml").is_file():
            raise UnknownBot(str(path.parent), "", f"the version {bot!r} is not there")
        return path
    path = FOLDER / bot
    if not _NAME.fullmatch(bot) or not (path / "bot.yml").is_file():
        known = ", ".join(names()) or "none"
        raise UnknownBot(str(FOLDER), "", f"there is no bot named {bot!r} here (known: {known})")
    return path


def place(version: str) -> Path:
    """Where the folder of a version is, or will be. Raises UnknownBot."""
    match, kept = _VERSION.fullmatch(version), models()
    if match is None or kept is None:
        raise UnknownBot(str(kept or ""), "", f"there is no version named {version!r} here")
    return kept / "versions" / match[2] / match[1]


def memory(folder: Path) -> Path | None:
    """Where what is learnt from this folder's phrases is kept: with others of the same phrases, apart from all else."""
    kept = models()
    if kept is None or not folder.is_relative_to(kept / "versions"):
        return kept
    own = _phrases_print(folder)
    shipped = FOLDER / folder.name
    return kept if shipped.is_dir() and own == _phrases_print(shipped) else kept / "learnt" / own


def _phrases_print(folder: Path) -> str:
    made = hashlib.sha256()
    for path in [folder / "spelling.yml", *sorted((folder / "nlu").rglob("*.yml"))]:
        octets = path.read_bytes()
        made.update(f"{path.relative_to(folder)}\0{len(octets)}\0".encode() + octets)
    return made.hexdigest()[:32]


def names() -> list[str]:
    return sorted(path.parent.name for path in FOLDER.glob("*/bot.yml"))
