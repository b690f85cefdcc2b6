"""Which article answers a text, and how sure that is. Pure: no clock, no database.

1. Words, spelt as knowledge/spelling.py leaves them; the character 3- and 4-grams of each carry what is misspelt.
2. Each way to ask an article (its title, its questions) is one vector, weighed by how rare a piece is among the
   articles; the answer is one more, which counts for less. The best of an article's vectors is its likeness.
3. Of the likeliest articles: how much of the text's own subject they know, how much of the way to ask stands in the
   text, and how far the next article is behind.
4. A logistic function makes one number of these, 0 to 1: the share of texts with such a number that the article did
   answer, in tests/knowledge/askings.yml (docs/knowledge.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy

from knowledge.spelling import COMMON, LIGHT, words_of

LIKELIEST = 6  # articles that are looked at closely
LIGHT_WEIGHT = 0.15  # of a word that says nothing of a subject
COMMON_WEIGHT = 0.5  # of one that belongs to many
ANSWER_WEIGHT = 0.6  # of the answer's own words beside the ways to ask
FAR = 0.5  # between the sums of two articles' likeness: as far ahead as counts
ALIKE = 0.55  # Dice's coefficient of two words' pairs of letters, from which on one may be the other misspelt

# In the order of `Likeness`, fitted by scripts/fit_knowledge.py on the half of the askings that is for it.
WEIGHTS = (0.46, 3.05, 8.8, 0.15)
BIAS = -4.79


@dataclass(frozen=True, slots=True)
class Entry:
    """One article in one language, as it is live. `lines`: those that it is for; none: all."""

    article_id: UUID
    version_id: UUID
    key: str
    language: str
    title: str
    questions: tuple[str, ...]
    answer: str
    body: str = ""
    lines: frozenset[UUID] = frozenset()

    def is_for(self, line_id: UUID | None) -> bool:
        return not self.lines or line_id is None or line_id in self.lines


@dataclass(frozen=True, slots=True)
class Hit:
    """`score`: 0 to 1, how sure it is that this article answers the text."""

    entry: Entry
    score: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """All 0 to 1. cosine: of the text with the best way to ask. known: share of the text's subject that the article
    speaks of. asked: share of a way to ask that stands in the text. ahead: by how much the next article is behind."""

    cosine: float
    known: float
    asked: float
    ahead: float

    def score(self) -> float:
        values = (self.cosine, self.known, self.asked, self.ahead)
        return 1 / (1 + math.exp(-(BIAS + sum(w * v for w, v in zip(WEIGHTS, values, strict=True)))))


class Index:
    """The articles of one language. Some milliseconds to make for a hundred of them."""

    def __init__(self, entries: Sequence[Entry], language: str) -> None:
        self.language = language
        self.entries = tuple(entries)
        self._light = LIGHT.get(language, frozenset())
        self._common = COMMON.get(language, frozenset())
        self._ways: list[list[list[str]]] = []  # by entry: the words of each way to ask
        self._all_words: list[frozenset[str]] = []
        documents: list[tuple[int, float, dict[str, float]]] = []
        for number, entry in enumerate(self.entries):
            ways = [words_of(text, language) for text in (entry.title, *entry.questions) if text.strip()]
            answer = words_of(entry.answer, language)
            self._ways.append(ways)
            self._all_words.append(frozenset(word for way in (*ways, answer) for word in way))
            documents.extend((number, 1.0, self._pieces(way)) for way in ways)
            documents.append((number, ANSWER_WEIGHT, self._pieces(answer)))
        among: dict[str, set[int]] = {}
        for number, _, pieces in documents:
            for piece in pieces:
                among.setdefault(piece, set()).add(number)
        total = len(self.entries) + 1
        self._rare = {piece: math.log(1 + total / len(where)) for piece, where in among.items()}
        self._unknown = math.log(1 + total)
        self._owner = numpy.array([number for number, _, _ in documents], dtype=numpy.int32)
        postings: dict[str, tuple[list[int], list[float]]] = {}
        for place, (_, weight, pieces) in enumerate(documents):
            values = {piece: count * self._rare[piece] for piece, count in pieces.items()}
            length = math.sqrt(sum(value * value for value in values.values())) or 1.0
            for piece, value in values.items():
                where, what = postings.setdefault(piece, ([], []))
                where.append(place)
                what.append(weight * value / length)
        self._postings = {
            piece: (numpy.array(where, dtype=numpy.int32), numpy.array(what, dtype=numpy.float32))
            for piece, (where, what) in postings.items()
        }

    def search(self, text: str, *, line_id: UUID | None = None, most: int = 5) -> list[Hit]:
        """The articles that may answer `text`, best first. An article that is not for `line_id` is as if it did not
        exist; None: of any line."""
        return [
            Hit(self.entries[number], round(likeness.score(), 4))
            for number, likeness in self.likenesses(text, line_id=line_id)[:most]
        ]

    def likenesses(self, text: str, *, line_id: UUID | None = None) -> list[tuple[int, Likeness]]:
        """(place of the entry, its likeness), the likeliest first; none without a word that any article has."""
        words = words_of(text, self.language)
        cosines = self._cosines(words)
        if cosines is None:
            return []
        order = [
            int(number)
            for number in numpy.argsort(-cosines, kind="stable")
            if cosines[number] > 0 and self.entries[number].is_for(line_id)
        ][: LIKELIEST + 1]
        close = [
            (number, float(cosines[number]), self._known(words, number), self._asked(words, number))
            for number in order[:LIKELIEST]
        ]
        found = []
        for number, cosine, known, asked in close:
            others = max((sum(one[1:]) for one in close if one[0] != number), default=0.0)
            ahead = max(0.0, min(1.0, (cosine + known + asked - others) / FAR))
            found.append((number, Likeness(min(1.0, cosine), known, asked, ahead)))
        return sorted(found, key=lambda one: -one[1].score())

    # --- inside ------------------------------------------------------------------------------------------------------

    def _pieces(self, words: Sequence[str]) -> dict[str, float]:
        """Words, and the 3- and 4-grams of each, with how often they stand there; light words for little."""
        found: dict[str, float] = {}
        for word in words:
            if word == "0":
                continue
            weight = self._say(word)
            found[f"={word}"] = found.get(f"={word}", 0.0) + weight
            if word in self._light:
                continue
            edged = f"<{word}>"
            for size in (3, 4):
                for start in range(len(edged) - size + 1):
                    piece = edged[start : start + size]
                    found[piece] = found.get(piece, 0.0) + 0.35 * weight
        return found

    def _cosines(self, words: Sequence[str]) -> numpy.ndarray | None:
        """By entry, that of its best vector; None: nothing in common with any."""
        pieces = self._pieces(words)
        # What no article has makes the text longer all the same: it is about something else.
        values = {piece: count * self._rare.get(piece, self._unknown) for piece, count in pieces.items()}
        length = math.sqrt(sum(value * value for value in values.values()))
        if not length:
            return None
        sums = numpy.zeros(len(self._owner), dtype=numpy.float32)
        for piece, value in values.items():
            if piece in self._postings:
                where, what = self._postings[piece]
                sums[where] += what * (value / length)
        best = numpy.zeros(len(self.entries), dtype=numpy.float32)
        numpy.maximum.at(best, self._owner, sums)
        return best if best.any() else None

    def _weight(self, word: str) -> float:
        rare = self._rare.get(f"={word}", self._unknown)
        return rare * self._say(word)

    def _say(self, word: str) -> float:
        """How much a word says of a subject."""
        return LIGHT_WEIGHT if word in self._light else COMMON_WEIGHT if word in self._common else 1.0

    def _known(self, words: Sequence[str], number: int) -> float:
        there = self._all_words[number]
        return self._share([word for word in words if word != "0"], there)

    def _asked(self, words: Sequence[str], number: int) -> float:
        here = frozenset(words)
        return max((self._share(way, here) for way in self._ways[number]), default=0.0)

    def _share(self, words: Sequence[str], there: frozenset[str]) -> float:
        """How much of the weight of `words` has its like among `there`."""
        total = met = 0.0
        for word in dict.fromkeys(words):
            weight = self._weight(word)
            total += weight
            met += weight * self._met(word, there)
        return met / total if total else 0.0

    def _met(self, word: str, there: frozenset[str]) -> float:
        if word in there:
            return 1.0
        if word in self._light or len(word) < 4:
            return 0.0
        # Thumbs miss many letters, and hardly ever the first; what has another one may mean the contrary (un-, dé-).
        alike = (_dice(word, other) for other in there if len(other) >= 4 and other[0] == word[0])
        best = max(alike, default=0.0)
        return best if best >= ALIKE else 0.0


def _dice(one: str, other: str) -> float:
    if one == other:
        return 1.0
    first, second = _pairs(one), _pairs(other)
    return 2 * len(first & second) / (len(first) + len(second))


def _pairs(word: str) -> frozenset[str]:
    edged = f"<{word}>"
    return frozenset(edged[start : start + 2] for start in range(len(edged) - 1))


def indexes(entries: Sequence[Entry]) -> Mapping[str, Index]:
    """One of each language."""
    languages = sorted({entry.language for entry in entries})
    return {one: Index([entry for entry in entries if entry.language == one], one) for one in languages}
