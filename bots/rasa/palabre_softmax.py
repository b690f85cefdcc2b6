"""TF-IDF and a softmax regression, in numpy and scipy alone.

A feature is a number (bots/embedded/features.py: words, neighbours, sounds, character 2- to 5-grams of each word),
weighted (1 + ln tf) * idf with idf = 1 + ln((1 + n) / (1 + df)); a text has length 1. Features of a single text are not
kept: with those never seen they count in the length alone, so that a strange text is no certain one.

Training is accelerated gradient descent (FISTA) on the centred features, from nothing and without chance: the same
phrases give the same weights. 2.5 s of one core for 10,700 phrases and 34 intents; scikit-learn's solver for
several classes would hold twenty copies of the weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from palabre_shared import features

STEPS = 40
SHRINK = 0.005
INTERCEPT = 0.05
"""Square of what stands for the bias beside the features: small, or the most frequent intent is learnt first."""


@dataclass(frozen=True)
class Softmax:
    """keys: the features known, in rising order. weights: (features, labels), float16 as it is kept."""

    labels: tuple[str, ...]
    keys: NDArray[np.uint32]
    idf: NDArray[np.float32]
    weights: NDArray[np.float16]
    bias: NDArray[np.float32]
    unseen: float

    def odds(self, found: NDArray[np.uint32]) -> tuple[NDArray[np.float64], bool]:
        """The confidence of each label, and whether no word of the text is known, not even by its sound."""
        numbers, counts = np.unique(found, return_counts=True)
        places = np.searchsorted(self.keys, numbers)
        places[places == len(self.keys)] = 0
        known = self.keys[places] == numbers
        if not known.any():
            return np.full(len(self.labels), 1 / len(self.labels)), True
        values = (1 + np.log(counts[known])) * self.idf[places[known]]
        length = np.sqrt(values @ values + (~known).sum() * self.unseen**2)
        scores = (values / length) @ self.weights[places[known]].astype(np.float64) + self.bias
        odds = np.exp(scores - scores.max())
        return odds / odds.sum(), not features.are_words(numbers[known]).any()


def train(texts: Sequence[NDArray[np.uint32]], answers: Sequence[str]) -> Softmax:
    """`answers`: the label of each text, at least two different ones. Raises ValueError."""
    labels = tuple(sorted(set(answers)))
    if len(labels) < 2:
        raise ValueError("a classifier needs at least two labels")
    keys, idf, unseen, table = matrix(texts)
    right = np.array([labels.index(answer) for answer in answers])
    weights, bias = _descend(table, right, len(labels))
    return Softmax(labels, keys, idf, weights.astype(np.float16), bias.astype(np.float32), unseen)


def matrix(
    texts: Sequence[NDArray[np.uint32]],
) -> tuple[NDArray[np.uint32], NDArray[np.float32], float, sparse.csr_matrix]:
    """(keys, idf, what an unknown feature weighs, texts by features)."""
    rows = np.repeat(np.arange(len(texts), dtype=np.uint64), [len(text) for text in texts])
    found = np.concatenate(texts).astype(np.uint64)
    cells, counts = np.unique(rows << np.uint64(32) | found, return_counts=True)
    rows = (cells >> np.uint64(32)).astype(np.int32)
    keys, columns, seen = np.unique(
        (cells & np.uint64(0xFFFFFFFF)).astype(np.uint32), return_inverse=True, return_counts=True
    )
    idf = 1 + np.log((1 + len(texts)) / (1.0 + seen))
    unseen = float(idf.max())
    values = (1 + np.log(counts)) * idf[columns]
    lengths = np.sqrt(np.bincount(rows, weights=values**2, minlength=len(texts)))
    lengths[lengths == 0] = 1.0
    kept = seen >= 2
    mine = kept[columns]
    place = np.cumsum(kept) - 1
    table = sparse.csr_matrix(
        ((values[mine] / lengths[rows[mine]]).astype(np.float32), (rows[mine], place[columns[mine]])),
        shape=(len(texts), int(kept.sum())),
    )
    return keys[kept], idf[kept].astype(np.float32), unseen, table


def _descend(table: sparse.csr_matrix, right: NDArray[np.intp], labels: int) -> tuple[NDArray, NDArray]:
    """Weights and bias. Likeness to the average text teaches nothing: it is taken off, and the matrix stays sparse."""
    size = table.shape[0]
    across = table.T.tocsr()
    means = np.asarray(table.mean(axis=0), dtype=np.float32).ravel()
    target = np.zeros((size, labels), dtype=np.float32)
    target[np.arange(size), right] = 1.0
    root = np.float32(np.sqrt(INTERCEPT))

    def scores(weights: NDArray, bias: NDArray) -> NDArray:
        return table @ weights + (root * bias - means @ weights)

    # At even odds the curvature is 1 / labels of the largest eigenvalue; where it is more, the loss rises and tells.
    step = np.float32(0.7 * labels / _largest(table, across, means))
    weights = np.zeros((table.shape[1], labels), dtype=np.float32)
    bias = np.zeros(labels, dtype=np.float32)
    ahead, ahead_bias, momentum, lowest = weights, bias, 1.0, np.inf
    for _ in range(STEPS):
        odds = scores(ahead, ahead_bias)
        odds -= odds.max(axis=1, keepdims=True)
        loss = -float(odds[np.arange(size), right].sum()) + 0.5 * SHRINK * float(np.vdot(ahead, ahead))
        np.exp(odds, out=odds)
        sums = odds.sum(axis=1, keepdims=True)
        loss += float(np.log(sums).sum())
        if loss > lowest * 1.0001:
            step, ahead, ahead_bias, momentum, lowest = step * np.float32(0.5), weights, bias, 1.0, np.inf
            continue
        lowest = loss
        odds /= sums
        odds -= target
        total = odds.sum(axis=0)
        slope = across @ odds - np.outer(means, total) + np.float32(SHRINK) * ahead
        stepped, stepped_bias = ahead - step * slope, ahead_bias - step * root * total
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        pull = np.float32((momentum - 1) / following)
        ahead, ahead_bias = stepped + pull * (stepped - weights), stepped_bias + pull * (stepped_bias - bias)
        weights, bias, momentum = stepped, stepped_bias, following
    return weights, root * bias - means @ weights


def _largest(table: sparse.csr_matrix, across: sparse.csr_matrix, means: NDArray) -> float:
    """The largest eigenvalue of the centred texts, nearly: from a start that favours no direction."""
    vector = (1.0 + np.arange(table.shape[1]) % 7).astype(np.float32)
    vector /= np.linalg.norm(vector)
    value = 1.0
    for _ in range(15):
        there = table @ vector - means @ vector
        vector = across @ there - means * there.sum()
        value = float(np.linalg.norm(vector)) or 1.0
        vector /= value
    return value + INTERCEPT * table.shape[0]
