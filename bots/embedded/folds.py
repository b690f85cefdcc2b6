"""Which training texts are left out together, so that what is measured on them can be believed.

Whoever writes phrases writes "mon solde svp" beside "mon solde": left out alone, each would be understood by the
other. Texts that are nearly the same stay together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEARLY_THE_SAME = 0.8
"""Cosine of two texts. Higher lets copies through; at 0.6 chains of likes tie whole intents together."""


def folds(kernel: NDArray[np.float32], most: int) -> NDArray[np.intp]:
    """The fold of each text: at most `most`, of about the same size."""
    groups = _groups(kernel)
    sizes = np.bincount(groups)
    # The largest first, each to the smallest fold; equal ones mixed, since neighbours in a file are of one intent.
    order = np.random.default_rng(0).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    count = min(most, len(sizes))
    loads = np.zeros(count, dtype=np.intp)
    fold_of = np.zeros(len(sizes), dtype=np.intp)
    for group in order:
        fold = int(loads.argmin())
        fold_of[group] = fold
        loads[fold] += sizes[group]
    return fold_of[groups]


def _groups(kernel: NDArray[np.float32]) -> NDArray[np.intp]:
    """A number for each text, the same for those that a chain of near likes connects."""
    parents = list(range(len(kernel)))

    def root(text: int) -> int:
        while parents[text] != text:
            parents[text] = parents[parents[text]]
            text = parents[text]
        return text

    for text, row in enumerate(kernel):
        for other in np.flatnonzero(row[:text] > NEARLY_THE_SAME):
            parents[root(int(other))] = root(text)
    roots = [root(text) for text in range(len(kernel))]
    return np.unique(roots, return_inverse=True)[1].astype(np.intp)
