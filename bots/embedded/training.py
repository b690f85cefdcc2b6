"""How a classifier is made from phrases: a softmax regression, helped by naive Bayes, scaled on what was left out.

softmax   over all features, in its dual form: the scores are K A, where K = X X' says how alike any two texts are.
          Accelerated gradient descent (Beck and Teboulle, FISTA, 2009); the whole and each fold in one product.
bayes     multinomial, over the features that stand for whole words and over those for pieces: right where one
          rare word decides, where the pieces of the other words would outvote it.
scale     the three are added with the weights that make the left-out phrases most likely (Newton's method), so
          that a confidence of 0.8 means "right four times in five on phrases like the examples": off-topic texts
          are as trustworthy as the out-of-scope examples are.

All are linear in the features, so what is kept is one matrix. Measured choices: docs/bots.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bots.embedded import features, matrix
from bots.embedded.classifier import Classifier, LeftOut
from bots.embedded.features import Features
from bots.embedded.folds import folds as folds_of
from bots.embedded.matrix import Matrix

Floats = NDArray[np.float32]

FOLDS = 5
_STEPS = 30
_SHRINK = 0.005
_INTERCEPT = 0.05
_UNSEEN = 0.003
"""What naive Bayes counts for a word that an intent has never had: less, and one rare word decides more."""
_PRIOR = 5.0
"""Texts' worth of belief that both parts count alike: a bot with a handful of phrases needs one."""


def train(texts: Sequence[Features], answers: Sequence[str], *, bayes_alone: bool = False) -> Classifier:
    """`answers`: the label of each text. At least two labels. `bayes_alone` is enough to tell languages apart, and
    costs no product of any two texts.
    """
    labels = tuple(sorted(set(answers)))
    if len(labels) < 2:
        raise ValueError("a classifier needs at least two labels")
    right = np.array([labels.index(answer) for answer in answers])
    table = matrix.of(texts)
    whole = features.are_words(table.keys)
    if bayes_alone:
        folds = np.arange(len(texts)) % min(FOLDS, len(texts))
        weights, bias, held_out = _nothing(table, len(labels))
    else:
        kernel = table.kernel()
        folds = folds_of(kernel, FOLDS)
        weights, bias, held_out = _softmax(table, kernel, right, len(labels), folds)
        del kernel
    words, words_held_out = _bayes(table, whole, right, len(labels), folds)
    pieces, pieces_held_out = _bayes(table, ~whole, right, len(labels), folds)
    parts = np.stack([held_out, words_held_out, pieces_held_out])
    scales = _scales(parts, right)
    weights *= scales[0]
    weights[whole] += scales[1] * words
    weights[~whole] += scales[2] * pieces
    return Classifier(
        labels,
        table.keys,
        table.idf.astype(np.float16),
        weights.astype(np.float16),
        (scales[0] * bias).astype(np.float32),
        _left_out(np.tensordot(scales, parts, 1), right),
        float(table.idf.max()),
    )


def _left_out(scores: NDArray[np.float64], right: NDArray[np.intp]) -> LeftOut:
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    confidence = odds.max(axis=1) / odds.sum(axis=1)
    return LeftOut(confidence.astype(np.float32), scores.argmax(axis=1).astype(np.uint16), right.astype(np.uint16))


def _nothing(table: Matrix, labels: int) -> tuple[Floats, Floats, Floats]:
    return (
        np.zeros((len(table.keys), labels), dtype=np.float32),
        np.zeros(labels, dtype=np.float32),
        np.zeros((table.size, labels), dtype=np.float32),
    )


def _softmax(
    table: Matrix, kernel: Floats, right: NDArray[np.intp], labels: int, folds: NDArray[np.intp]
) -> tuple[Floats, Floats, Floats]:
    """Weights, bias, and the scores of each text from the training that left its fold out. Changes the kernel."""
    size, count = len(right), int(folds.max()) + 1
    # Likeness to the average text teaches nothing; without it the descent takes half the steps.
    means = kernel.mean(axis=0, dtype=np.float64).astype(np.float32)
    kernel -= means
    kernel -= (means - means.mean())[:, None]
    kernel += np.float32(_INTERCEPT)
    dual = _descend(kernel, right, labels, folds, count)
    each = (kernel @ dual.reshape(size, -1)).reshape(dual.shape)
    held_out = each[np.arange(size), folds]

    last = np.ascontiguousarray(dual[:, count])
    middle = table.means()
    weights = table.times(last) - middle[:, None] * last.sum(axis=0)
    bias = np.float32(_INTERCEPT) * last.sum(axis=0) - middle @ weights
    return weights, bias, held_out


def _descend(
    kernel: Floats, right: NDArray[np.intp], labels: int, folds: NDArray[np.intp], count: int
) -> NDArray[np.float32]:
    """Dual weights (text, training, label): training k does without fold k, the last one with all texts."""
    size = len(right)
    texts = np.arange(size)
    here = np.ones((size, count + 1, 1), dtype=np.float32)
    here[texts, folds] = 0.0
    target = np.zeros((size, 1, labels), dtype=np.float32)
    target[texts, 0, right] = 1.0
    # At even odds the curvature is 1 / labels of the largest eigenvalue; where it is more, the loss rises and tells.
    step = np.float32(0.7 * labels / _largest(kernel))
    dual: Floats = np.zeros((size, count + 1, labels), dtype=np.float32)
    ahead, momentum, lowest = dual, 1.0, math.inf
    for _ in range(_STEPS):
        scores = (kernel @ ahead.reshape(size, -1)).reshape(dual.shape)
        loss = 0.5 * _SHRINK * float(np.vdot(ahead, scores))
        scores -= scores.max(axis=2, keepdims=True)
        loss -= float((scores[texts, :, right] * here[:, :, 0]).sum())
        np.exp(scores, out=scores)
        sums = scores.sum(axis=2, keepdims=True)
        loss += float((np.log(sums) * here).sum())
        if loss > lowest * 1.0001:
            step, ahead, momentum, lowest = step * np.float32(0.5), dual, 1.0, math.inf
            continue
        lowest = loss
        scores /= sums
        scores -= target
        scores *= here
        stepped = np.asarray(ahead - step * (scores + np.float32(_SHRINK) * ahead), dtype=np.float32)
        following = (1 + math.sqrt(1 + 4 * momentum**2)) / 2
        ahead = np.asarray(stepped + np.float32((momentum - 1) / following) * (stepped - dual), dtype=np.float32)
        dual, momentum = stepped, following
    return dual


def _largest(kernel: Floats) -> float:
    """Its largest eigenvalue, nearly: by repeated multiplication from a start that favours no direction."""
    vector = (1.0 + np.arange(len(kernel)) % 7).astype(np.float32)
    value = 1.0
    for _ in range(15):
        vector = kernel @ vector
        value = float(np.linalg.norm(vector)) or 1.0
        vector /= value
    return value


def _bayes(
    table: Matrix, chosen: NDArray[np.bool_], right: NDArray[np.intp], labels: int, folds: NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Weights of the chosen features, and the scores of each text without what its own fold says."""
    place = np.cumsum(chosen) - 1
    mine = chosen[table.columns]
    rows, columns, values = table.rows[mine], place[table.columns[mine]], table.values[mine]
    count = int(chosen.sum())

    def weights(used: NDArray[np.bool_]) -> Floats:
        cells = right[rows[used]] * count + columns[used]
        sums = np.bincount(cells, weights=values[used], minlength=labels * count).reshape(labels, count)
        logs = np.log(sums + _UNSEEN) - np.log((sums + _UNSEEN).sum(axis=1, keepdims=True))
        logs -= logs.mean(axis=0)
        logs[:, ~sums.any(axis=0)] = 0.0  # a word that nobody has used says nothing, not "none of the wordy intents"
        return np.ascontiguousarray(logs.T, dtype=np.float32)

    held_out = np.zeros((table.size, labels), dtype=np.float32)
    for fold in range(int(folds.max()) + 1):
        left_out = folds[rows] == fold
        votes = weights(~left_out)
        np.add.at(held_out, rows[left_out], votes[columns[left_out]] * values[left_out, None])
    return weights(np.ones(len(rows), dtype=bool)), held_out


def _scales(parts: Floats, right: NDArray[np.intp]) -> NDArray[np.float64]:
    """The weights under which the sum of the parts surprises least on what was left out; of few texts, near to one
    standard deviation each.
    """
    centred = parts - parts.mean(axis=2, keepdims=True)
    spread = centred.std(axis=(1, 2))
    spread[spread == 0] = 1.0
    centred /= spread[:, None, None]
    said = centred[:, np.arange(len(right)), right]
    scales = np.ones(len(parts))
    for _ in range(20):
        odds = np.tensordot(scales, centred, 1)
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        expected = (centred * odds).sum(axis=2)
        slope = (said - expected).sum(axis=1) - _PRIOR * (scales - 1)
        both = np.einsum("anl,bnl,nl->ab", centred, centred, odds) - expected @ expected.T
        scales = np.maximum(scales + np.linalg.solve(both + _PRIOR * np.eye(len(parts)), slope), 0.05)
    return scales / spread
