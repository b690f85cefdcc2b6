"""mood(text, language) -> Mood. A classifier for each language, learnt from our own texts (data/*.tsv) as a bot's are
from its phrases: made once, kept where the bots' are, read again by the next start.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from bots import catalogue
from bots.embedded import features, trained
from bots.embedded.classifier import Classifier
from bots.embedded.features import Features
from bots.embedded.spelling import words as words_of
from bots.mood import signs, texts
from bots.mood.signs import Signs

SURE = 0.5
"""Confidence is scaled on what was left out of training: below a half, each label is more likely wrong than right."""


@dataclass(frozen=True, slots=True)
class Mood:
    """`label`: "negative", "neutral", "positive"; "" when not sure. `best`: the guess, sure or not."""

    label: str
    confidence: float
    best: str = ""


UNKNOWN = Mood("", 0.0)


class Reader:
    """Of one language."""

    def __init__(self, language: str) -> None:
        """Learns within a second, or reads what was learnt. Raises BotDataError."""
        self.signs: Signs = signs.of_language(language)
        taught = texts.teaching(language)
        memory = catalogue.models()
        file = memory / f"mood-{language}.npz" if memory else None
        answers = [one.first for one in taught]
        self.classifier: Classifier = trained.kept(file, [self._features(one.text) for one in taught], answers)

    def read(self, text: str) -> Mood:
        found = self._features(text)
        if not len(found):
            return UNKNOWN
        guess = self.classifier.guess(found)
        return Mood(guess.label if guess.confidence >= SURE else "", guess.confidence, guess.label)

    def _features(self, text: str) -> Features:
        """Empty for a text of numbers alone, or of nothing."""
        words = words_of(text)
        told = self.signs.of(text, words)
        if all(word == "0" for word in words) and told in ([], ["signnone"]):
            return np.array([], dtype=np.uint32)
        return np.concatenate([features.of_words(words), *map(_of_sign, told)])


@cache
def _of_sign(sign: str) -> Features:
    return features.of_words([sign])


_readers: dict[str, Reader] = {}
_lock = threading.Lock()


def get_ready(languages: Iterable[str]) -> None:
    """Learn now, so that the first subscriber need not wait. Languages whose moods nobody can tell are passed over."""
    for language in languages:
        if language in texts.languages():
            reader(language)


def reader(language: str) -> Reader:
    found = _readers.get(language)
    if found is None:
        with _lock:
            found = _readers.get(language)
            if found is None:
                found = _readers[language] = Reader(language)
    return found


def mood(text: str, language: str) -> Mood:
    """`language`: the one that the text is in, such as "fr"; of others than texts.languages() nothing is known."""
    return reader(language).read(text) if language in texts.languages() else UNKNOWN
