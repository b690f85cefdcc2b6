"""Phrases that people add: what can be learnt from them, and what a text leaves once it says nothing of anybody."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path

from bots.embedded import bot_files
from bots.workshop.edits import Edits, Phrase
from common.errors import Invalid
from common.text import refuse_hidden, storable

LONGEST_PHRASE = 300
MOST_EDITS = 5000  # phrases added and taken out

_Known = Mapping[tuple[str, str], list[Phrase]]
_NUMBERS = re.compile(r"\+?\d[\d .\-/]{3,}\d")
_ADDRESS = re.compile(r"\S+@\S+\.\S+|https?://\S+")
# Who says his name says so; a capital letter alone is no name on a phone.
_NAMED = re.compile(
    r"(?i)\b(je m['\u2019 ]?appel+e|mon nom(?: est| c['\u2019]est)?|my name is|my name's|i am called|moi c['\u2019]est)"
    r"\s+[^\W\d_][\w'\u2019-]*(?:\s+[A-Z\u00c0-\u00dc][\w'\u2019-]*)*"
)


def phrase_of(given: str) -> str:
    """As it can stand in a file of phrases. Raises Invalid."""
    text = " ".join(storable(given).split())
    refuse_hidden(text, field="add")
    if not 1 <= len(text) <= LONGEST_PHRASE or not any(one.isalnum() for one in text):
        raise Invalid("phrase_length", f"from 1 to {LONGEST_PHRASE} characters, with a word in them", field="add")
    if set("[]{}") & set(text):  # marks of values, which a phrase of the web has none of
        raise Invalid("phrase_signs", "no brackets", field="add")
    return text


def proposed(text: str) -> str:
    """A phrase to learn from `text`: without long numbers, addresses and the name that somebody gives as his own.

    A proposal, which a person reads before it is kept: names cannot be told from words with certainty.
    """
    bare = _NAMED.sub(lambda found: found[1], _ADDRESS.sub(" ", text))
    bare = _NUMBERS.sub(" ", bare).translate(str.maketrans("[]{}", "    "))
    return " ".join(bare.split())[:LONGEST_PHRASE]


class Learnable:
    """What training would refuse of added phrases, said before it begins; one after the other, as they come."""

    def __init__(self, files: bot_files.BotFiles, removed: Collection[Phrase]) -> None:
        self._spelling, self._shipped, self._gone = files.spelling, _shipped(files.folder), set(removed)
        self._known: dict[tuple[str, str], str] = {}

    def take(self, one: Phrase) -> None:
        """Raises Invalid: no word, nothing but numbers, or the same words under another intent."""
        words = self._spelling.meaning(self._spelling.words(one.text), one.language, courtesy=True)
        if not words:
            raise Invalid("phrase_length", f"{one.text!r} has no word in it", field="add")
        if all(word == "0" for word in words):
            raise Invalid("phrase_numbers", "numbers alone are never understood", field="add")
        key = (one.language, " ".join(words))
        standing = {other.intent for other in self._shipped.get(key, ()) if other not in self._gone}
        if key in self._known:
            standing.add(self._known[key])
        for intent in standing - {one.intent}:
            raise Invalid("phrase_elsewhere", f"{one.text!r} already stands under {intent}", field="add", intent=intent)
        self._known[key] = one.intent


def refuse_unlearnable(files: bot_files.BotFiles, edits: Edits) -> None:
    """Raises Invalid for what training would refuse: as `Learnable`, and an intent that is left without a phrase."""
    if len(edits.added) + len(edits.removed) > MOST_EDITS:
        raise Invalid("too_many_phrases", f"at most {MOST_EDITS} changed phrases", field="add")
    learnable = Learnable(files, edits.removed)
    for one in edits.added:
        learnable.take(one)
    if not edits.removed:
        return
    gone = set(edits.removed)
    left = Counter((one.intent, one.language) for some in _shipped(files.folder).values() for one in some
                   if one not in gone)  # fmt: skip
    left.update((one.intent, one.language) for one in edits.added)
    for one in edits.removed:
        if not left[one.intent, one.language]:
            raise Invalid("last_phrase", f"{one.intent} would have no phrase left", field="remove")


@lru_cache(maxsize=8)
def _shipped(folder: Path) -> _Known:
    """By language and by the words that count: an installation's own files are read once a process."""
    files = bot_files.read(folder)
    found: dict[tuple[str, str], list[Phrase]] = defaultdict(list)
    for one in files.nlu.examples:
        words = files.spelling.meaning(files.spelling.words(one.text), one.language, courtesy=True)
        found[one.language, " ".join(words)].append(Phrase(one.intent, one.language, one.text))
    return dict(found)
