"""A version as a folder of the files that engines read, made from the shipped folder and the version's edits.

    BOT_MODELS/versions/<key>/<bot>/     as bots/data/<bot>: any tool that reads one reads the other
    BOT_MODELS/learnt/<phrases>/         what training made of phrases that are not the shipped ones (bots/catalogue.py)

Losing them costs making them again: the database has the edits. They are written whole, beside, and put in their place
by one rename, so no process ever reads half a bot.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bots import catalogue
from bots.embedded import bot_files
from bots.errors import BotDataError
from bots.workshop.edits import Edits, Phrase

UNUSED_DAYS = 7  # a folder that nobody has asked for since is taken away

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def name_of(bot: str, edits: Edits) -> str:
    """The version's name for engines, "telecom" where nothing is edited, else "telecom@<key>". Raises UnknownBot."""
    if edits.is_empty:
        return bot
    return f"{bot}@{hashlib.sha256((shipped_print(bot) + edits.print).encode()).hexdigest()[:32]}"


def materialise(bot: str, edits: Edits) -> str:
    """Write the folder unless it is there; returns its name for engines.

    Raises UnknownBot, and BotDataError where the edits leave a bot that cannot be used, or nothing can be written.
    """
    name = name_of(bot, edits)
    if name == bot:
        return name
    place = catalogue.place(name)
    if (place / "bot.yml").is_file():
        os.utime(place.parent)
        return name
    _forget_unused(place.parent.parent)
    beside = place.parent.with_name(f"{place.parent.name}.{os.getpid()}-{time.monotonic_ns()}")
    try:
        _write(catalogue.folder(bot), beside / bot, edits)
        bot_files.read(beside / bot)  # refused here, and not by whoever talks
        if not place.is_dir():
            try:
                beside.replace(place.parent)
            except OSError:
                if not (place / "bot.yml").is_file():  # another process was faster: the same files
                    raise
    except OSError as error:
        raise BotDataError(name, "", f"cannot be written ({type(error).__name__})") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return name


@lru_cache(maxsize=32)
def shipped_print(bot: str) -> str:
    """Of all octets of the shipped folder: a release that changes it makes all versions anew. Raises UnknownBot."""
    folder = catalogue.folder(bot)
    made = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            octets = path.read_bytes()
            made.update(f"{path.relative_to(folder)}\0{len(octets)}\0".encode() + octets)
    return made.hexdigest()


def _write(shipped: Path, place: Path, edits: Edits) -> None:
    shutil.copytree(shipped, place)
    if edits.sentences:
        _say(place / "domain.yml", edits)
    if edits.removed:
        for path in sorted((place / "nlu").rglob("*.yml")):
            _take_out(path, set(edits.removed))
    if edits.added:
        _add(place / "nlu" / "added.yml", edits.added)


def _say(path: Path, edits: Edits) -> None:
    """Where a release has taken a response away, what was said instead of it is passed over."""
    top = _read(path)
    responses = top["responses"]
    for name, by_language in edits.sentences.items():
        for language, texts in by_language.items():
            if name in responses and texts:
                responses[name] = _saying(responses[name], language, texts)
    path.write_text(_dumped(top), encoding="utf-8")


def _saying(variations: list[dict[str, Any]], language: str, texts: tuple[str, ...]) -> list[dict[str, Any]]:
    """In the place of the first variation that is said in this language and on no other condition."""
    replaced = [one for one in variations if is_plainly(one, language)]
    if not replaced:
        return variations
    at = variations.index(replaced[0])
    new = [{**replaced[0], "text": text} for text in texts]
    kept = [one for one in variations if not is_plainly(one, language)]
    return [*kept[:at], *new, *kept[at:]]


def is_plainly(variation: dict[str, Any], language: str) -> bool:
    """Whether this variation of a response is a text for this language, on no other condition."""
    conditions = variation.get("condition", [])
    return "text" in variation and conditions == [{"type": "slot", "name": "lang", "value": language}]


def _take_out(path: Path, gone: set[Phrase]) -> None:
    top = _read(path)
    changed = False
    for block in top.get("nlu", ()):
        if "intent" not in block:
            continue
        intent, language = block["intent"], block.get("metadata", {}).get("lang", "")
        lines = block["examples"].splitlines()
        left = [
            line
            for line in lines
            if Phrase(intent, language, bare(line.strip().removeprefix("- ").strip())) not in gone
        ]
        if len(left) < len(lines):
            block["examples"], changed = "\n".join(left) + "\n", True
    if changed:
        # A block without phrases is refused by whoever reads it: its intent then has none in this file.
        top["nlu"] = [one for one in top["nlu"] if "intent" not in one or one["examples"].strip()]
        path.write_text(_dumped(top), encoding="utf-8")


def _add(path: Path, added: tuple[Phrase, ...]) -> None:
    blocks: dict[tuple[str, str], list[str]] = {}
    for one in added:
        blocks.setdefault((one.intent, one.language), []).append(one.text)
    nlu = [
        {"intent": intent, "metadata": {"lang": language}, "examples": "".join(f"- {text}\n" for text in texts)}
        for (intent, language), texts in blocks.items()
    ]
    path.write_text(_dumped({"version": "3.1", "nlu": nlu}), encoding="utf-8")


def bare(phrase: str) -> str:
    """Without marks of values, as the engine reads it: "[2000](amount)" is "2000"."""
    from bots.embedded.nlu import without_marks

    return without_marks(phrase)


def _read(path: Path) -> Any:
    return _Loader(path.read_text(encoding="utf-8")).get_single_data()


def _dumped(value: Any) -> str:
    return str(yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000))


def _forget_unused(versions: Path) -> None:
    """Of the folders alone: an engine that was made from one has read all of it."""
    limit = time.time() - UNUSED_DAYS * 86_400
    for path in versions.glob("*") if versions.is_dir() else ():
        if path.stat().st_mtime < limit:
            shutil.rmtree(path, ignore_errors=True)
