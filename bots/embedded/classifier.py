"""A linear classifier over weighted features: what `training` makes, and how a text is read by it.

Features are weighted (1 + ln tf) * idf with idf = 1 + ln((1 + n) / (1 + df)), and each text scaled to length 1.
A feature never seen in training still counts in the length of its text: the stranger the text, the lower
every score.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bots.embedded.features import Features, are_words
from bots.turn import RANKED


@dataclass(frozen=True, slots=True)
class Guess:
    label: str
    confidence: float
    runner_up: float
    """Confidence of the second label: two close ones mean that the text could be either."""

    strange: bool
    """No word of the text is known, not even by its sound: only pieces of them are."""

    ranking: tuple[tuple[str, float], ...] = ()
    """The best labels with their confidence, best first."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What was made of each training text by the training that left it out, with all that is nearly the same."""

    confidence: NDArray[np.float32]
    best: NDArray[np.uint16]
    right: NDArray[np.uint16]
    """Both as numbers of labels."""

    @property
    def accuracy(self) -> float:
        return float((self.best == self.right).mean())


@dataclass(frozen=True, slots=True)
class Classifier:
    """A score is a log-likelihood up to a constant: their softmax is the confidence (`training` sees to the scale).

    keys      the features known, in rising order.
    idf       of each, float16 as all that is kept: half the memory, and no answer changes.
    weights   (features, labels).
    """

    labels: tuple[str, ...]
    keys: Features
    idf: NDArray[np.float16]
    weights: NDArray[np.float16]
    bias: NDArray[np.float32]
    left_out: LeftOut
    unseen: float
    """What a feature that is not known weighs: as much as the rarest."""

    def guess(self, features: Features) -> Guess:
        """Nothing known at all: equal confidence for every label."""
        odds, known = self.shares(features)
        if not len(known):
            even = 1.0 / len(self.labels)
            return Guess(self.labels[0], even, even, strange=True)
        ranked = [(self.labels[place], float(odds[place])) for place in np.argsort(-odds, kind="stable")[:RANKED]]
        runner_up = ranked[1][1] if len(ranked) > 1 else 0.0
        return Guess(*ranked[0], runner_up, not are_words(known).any(), tuple(ranked))

    def shares(self, features: Features) -> tuple[NDArray[np.float32], Features]:
        """The confidence of each label, and which of the features are known."""
        found, counts = np.unique(features, return_counts=True)
        places = np.searchsorted(self.keys, found)
        places[places == len(self.keys)] = 0
        known = self.keys.take(places) == found
        if not known.any():
            return np.full(len(self.labels), 1.0 / len(self.labels), dtype=np.float32), found[known]
        places = places[known]
        values = (1.0 + np.log(counts[known].astype(np.float32))) * self.idf.take(places)
        strangers = len(found) - len(places)
        length = math.sqrt(float(values @ values) + strangers * self.unseen**2)
        scores = values @ self.weights.take(places, axis=0).astype(np.float32) / length + self.bias
        odds = np.exp(scores - scores.max())
        odds /= odds.sum()
        return odds, found[known]
