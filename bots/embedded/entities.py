"""Values in a text: amounts, numbers, names of bundles, by the regex, lookup and synonym blocks.

Of overlapping finds the longest wins (the digits of a phone number are not an amount); of several values of
one entity the first is kept. Regexes are matched without regard to case on the text as typed; lookups by
words, so that accents and case do not matter. A pattern may come from anybody who may edit a bot: it is
matched under a time limit, and refused at load when it is slow on hostile text.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import regex

from bots.embedded.nlu import Nlu
from bots.embedded.spelling import MOST_CHARACTERS, clean

logger = logging.getLogger(__name__)

_SECONDS = 0.02  # for each pattern, which lets go of nothing meanwhile: nine waits for the other threads cost more
_HOSTILE = tuple(seed * (MOST_CHARACTERS // len(seed)) + "!" for seed in ("a", "0", " ", "0 ", "a ", "01-", "ab.", "+"))
_TOKEN = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class _Find:
    start: int
    end: int
    entity: str
    value: str


class Entities:
    def __init__(self, nlu: Nlu, declared: tuple[str, ...]) -> None:
        """Raises BotDataError for an undeclared entity, a declared one that nothing can find, a bad pattern."""
        for entity in (*nlu.regexes, *nlu.lookups):
            if entity not in declared:
                raise nlu.nodes[entity].refuse(f"the entity {entity!r} is not declared in domain.yml")
        self.missing = [entity for entity in declared if entity not in nlu.regexes and entity not in nlu.lookups]
        self._patterns = [
            (entity, _compile(pattern, entity, nlu)) for entity, patterns in nlu.regexes.items() for pattern in patterns
        ]
        self._lookups: dict[str, list[tuple[tuple[str, ...], str, str]]] = {}
        for entity, phrases in nlu.lookups.items():
            for phrase in phrases:
                folded = tuple(fold(word) for word in _TOKEN.findall(phrase))
                if not folded:
                    raise nlu.nodes[entity].refuse(f"the lookup {phrase!r} has no word")
                self._lookups.setdefault(folded[0], []).append((folded, entity, phrase))
        self._synonyms = {_key(phrase): value for phrase, value in nlu.synonyms.items()}

    def find(self, text: str) -> Mapping[str, str]:
        text = text[:MOST_CHARACTERS]
        finds = self._by_pattern(text) + self._by_lookup(text)
        finds.sort(key=lambda find: (find.start - find.end, find.start))
        kept: list[_Find] = []
        for find in finds:
            if all(find.end <= other.start or find.start >= other.end for other in kept):
                kept.append(find)
        kept.sort(key=lambda find: find.start)
        values: dict[str, str] = {}
        for find in kept:
            values.setdefault(find.entity, self._synonyms.get(_key(find.value), find.value))
        return values

    def _by_pattern(self, text: str) -> list[_Find]:
        finds: list[_Find] = []
        for entity, pattern in self._patterns:
            try:
                finds.extend(
                    _Find(match.start(), match.end(), entity, clean(match[0]))
                    for match in pattern.finditer(text, timeout=_SECONDS, concurrent=False)
                    if clean(match[0])
                )
            except TimeoutError:
                logger.warning("a pattern for the entity %s took more than %s s", entity, _SECONDS)
        return finds

    def _by_lookup(self, text: str) -> list[_Find]:
        if not self._lookups:
            return []
        tokens = [(match.start(), match.end(), fold(match[0])) for match in _TOKEN.finditer(text)]
        finds = []
        for index, (start, _, word) in enumerate(tokens):
            for phrase, entity, name in self._lookups.get(word, ()):
                here = tokens[index : index + len(phrase)]
                if tuple(token[2] for token in here) == phrase:
                    finds.append(_Find(start, here[-1][1], entity, name))
        return finds


def fold(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _key(phrase: str) -> str:
    return " ".join(fold(word) for word in _TOKEN.findall(phrase)) or phrase


def _compile(pattern: str, entity: str, nlu: Nlu) -> regex.Pattern[str]:
    node = nlu.nodes[entity]
    try:
        compiled = regex.compile(pattern, regex.IGNORECASE)
    except regex.error as error:
        raise node.refuse(f"{pattern!r} is not a valid regex ({error})") from error
    if compiled.fullmatch(""):
        raise node.refuse(f"{pattern!r} finds nothing at all in every text")
    for text in _HOSTILE:
        try:
            for _ in compiled.finditer(text, timeout=_SECONDS):
                pass
        except TimeoutError:
            raise node.refuse(f"{pattern!r} is too slow on long texts (nested repetition?)") from None
    return compiled
