"""From what a thumb types to words that can be compared.

`Spelling.words` gives the words as typed, lower-case, without accents; `Spelling.meaning` opens a language's
abbreviations ("g pa recu" -> "j ai pas recu") and drops words that carry only courtesy. Both tables stand in
the bot's spelling.yml. Pictures and punctuation vanish: a text of nothing else has no words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bots.embedded import yaml_files

MOST_CHARACTERS = 1000
"""What is read of one text (six and a half short messages): the price of a turn has a ceiling."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")
_HELD_KEY = re.compile(r"([^\W\d_])\1{2,}")


@dataclass(frozen=True, slots=True)
class Spelling:
    abbreviations: Mapping[str, Mapping[str, tuple[str, ...]]]
    """By language, then by word as typed."""

    courtesy: frozenset[str]

    def words(self, text: str) -> list[str]:
        return words(text)

    def meaning(self, words: Sequence[str], language: str, *, courtesy: bool = False) -> list[str]:
        """`courtesy` keeps those words, too."""
        table = self.abbreviations.get(language, {})
        opened: list[str] = []
        for word in words:
            opened.extend(table.get(word, (word,)))
        if courtesy:
            return opened
        plain = [word for word in opened if word not in self.courtesy]
        return plain or opened


def words(text: str) -> list[str]:
    """Numbers become one 0 (their value is an entity's business); a key held down counts once."""
    folded = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS])[:MOST_CHARACTERS].casefold()
    # What cannot be seen (a soft hyphen, a joiner) does not part a word.
    bare = "".join(
        character
        for character in unicodedata.normalize("NFD", folded)
        if not unicodedata.combining(character) and unicodedata.category(character) != "Cf"
    )
    return _WORD.findall(_HELD_KEY.sub(r"\1", _DIGITS.sub("0", bare)))


def clean(text: str) -> str:
    """On one line, without what a database or a screen refuses (control characters, lone surrogates)."""
    return " ".join(_UNPRINTABLE.sub(" ", text[:MOST_CHARACTERS]).split())


def read(folder: Path, languages: tuple[str, ...]) -> Spelling:
    top = yaml_files.read(folder / "spelling.yml", root=folder).as_map(
        required=("abbreviations", "courtesy"), optional=()
    )
    tables = {}
    for language, node in top["abbreviations"].as_map(optional=languages).items():
        table = {}
        for short, full in node.as_map().items():
            if words(short) != [short]:
                raise full.refuse(f"{short!r} must be one word, lower-case, without accents or digits")
            table[short] = tuple(words(full.as_text()))
        tables[language] = table
    courtesy: set[str] = set()
    for item in top["courtesy"].as_list():
        if words(item.as_text()) != [item.value]:
            raise item.refuse(f"{item.value!r} must be one word, lower-case, without accents or digits")
        courtesy.add(item.value)
    return Spelling(tables, frozenset(courtesy))
