"""Signs of a feeling in a text, beside its words: what a list of words, its punctuation and its faces say.

The classifier (reading.py) learns what each sign is worth; alone, they are the baseline that it has to be better than
(baselines.py). French has our list (data/fr_words.yml), English has VADER (Hutto and Gilbert, 2014).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from bots.embedded import yaml_files
from bots.embedded.spelling import MOST_CHARACTERS
from bots.embedded.spelling import words as words_of
from bots.mood.texts import NEGATIVE, NEUTRAL, OWN, POSITIVE

_BEFORE, _AFTER = 3, 2
"""How far from a word its negation may stand: "pas du tout content", "j'aime pas"."""

_SHOUTING = re.compile(r"!\s*!|[A-Z]{4,}[^a-z]*[A-Z]{2,}")


class Signs(Protocol):
    def of(self, text: str, words: Sequence[str]) -> list[str]:
        """Their names, in no order that matters. `words`: those of the text (spelling.words)."""

    def label(self, text: str, words: Sequence[str]) -> str:
        """What they say alone."""


def of_language(language: str) -> Signs:
    return Vader() if language == "en" else Words(language)


def _punctuation(text: str) -> list[str]:
    return ["signasks"] * ("?" in text) + ["signshouts"] * bool(_SHOUTING.search(text))


class Words:
    """A list of words; one near a negation counts as its contrary."""

    def __init__(self, language: str) -> None:
        file = OWN / f"{language}_words.yml"
        keys = yaml_files.read(file, root=file.parent).as_map(
            required=("negative", "positive", "negations", "negative_signs", "positive_signs"), optional=()
        )
        self._whole: dict[str, int] = {}
        self._stems: dict[str, int] = {}
        for name, side in (("negative", -1), ("positive", 1)):
            for entry in keys[name].as_text().split():
                stem = entry.removesuffix("*")
                if words_of(stem) != [stem]:
                    raise keys[name].refuse(f"{entry!r} must be one word, lower-case, without accents")
                (self._stems if entry.endswith("*") else self._whole)[stem] = side
        self._shortest = min(map(len, self._stems), default=1)
        self._negations = frozenset(keys["negations"].as_text().split())
        self._faces = dict.fromkeys(keys["negative_signs"].as_text(), -1)
        self._faces |= dict.fromkeys(keys["positive_signs"].as_text(), 1)
        self._side = lru_cache(maxsize=4096)(self._look_up)

    def of(self, text: str, words: Sequence[str]) -> list[str]:
        bad, good, turned = self._counts(text, words)
        found = _punctuation(text)
        found += ["signbad"] * bool(bad) + ["signgood"] * bool(good) + ["signturned"] * bool(turned)
        found += ["signverybad"] * (bad > 1) + ["signverygood"] * (good > 1) + ["signmixed"] * bool(good and bad)
        return found if bad or good else [*found, "signnone"]

    def label(self, text: str, words: Sequence[str]) -> str:
        bad, good, _ = self._counts(text, words)
        return NEGATIVE if bad > good else POSITIVE if good > bad else NEUTRAL

    def _counts(self, text: str, words: Sequence[str]) -> tuple[int, int, int]:
        """Bad ones, good ones, and how many of them were turned over by a negation."""
        bad = good = turned = 0
        for place, word in enumerate(words):
            side = self._side(word)
            if side:
                near = words[max(0, place - _BEFORE) : place + 1 + _AFTER]
                over = any(one in self._negations for one in near)
                turned += over
                if (side > 0) != over:
                    good += 1
                else:
                    bad += 1
        for character in text[:MOST_CHARACTERS]:
            side = self._faces.get(character, 0)
            good += side > 0
            bad += side < 0
        return bad, good, turned

    def _look_up(self, word: str) -> int:
        if word in self._whole:
            return self._whole[word]
        for end in range(len(word), self._shortest - 1, -1):
            if word[:end] in self._stems:
                return self._stems[word[:end]]
        return 0


class Vader:
    """English: a published list of words with strengths and rules for negation, degree, capitals and faces."""

    def __init__(self) -> None:
        # Half a second and 10 MB: only who reads English moods pays for them.
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        self._analyzer = SentimentIntensityAnalyzer()

    def of(self, text: str, words: Sequence[str]) -> list[str]:
        said = self._analyzer.polarity_scores(text[:MOST_CHARACTERS])
        found, strength = _punctuation(text), said["compound"]
        if abs(strength) < _WEAK:
            found.append("signnone")
        else:
            side = "good" if strength > 0 else "bad"
            found += [f"sign{side}", f"signvery{side}" if abs(strength) > _STRONG else f"signrather{side}"]
        return [*found, "signmixed"] if said["neg"] and said["pos"] else found

    def label(self, text: str, words: Sequence[str]) -> str:
        strength = self._analyzer.polarity_scores(text[:MOST_CHARACTERS])["compound"]
        return NEUTRAL if abs(strength) < _WEAK else POSITIVE if strength > 0 else NEGATIVE


_WEAK, _STRONG = 0.05, 0.5
"""Of VADER's compound: below the first, its authors call a text neutral."""
