"""Training texts as a sparse matrix: which text has which feature, and with what weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bots.embedded.features import Features

_DENSE = 100
"""Texts with a feature, from which on it is multiplied by BLAS instead of pair by pair."""

_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Matrix:
    """Entries ordered by column. Each text has length 1; each column stands for one of `keys`."""

    size: int
    keys: Features
    idf: NDArray[np.float32]
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    values: NDArray[np.float32]
    starts: NDArray[np.intp]
    """Where each column begins; one more for the end."""

    def times(self, dense: NDArray[np.float32]) -> NDArray[np.float32]:
        """X' dense: for each feature, the sum over the texts that have it. In blocks: the whole would be 100 MB."""
        made = np.empty((len(self.keys), dense.shape[1]), dtype=np.float32)
        for first in range(0, len(self.keys), 4096):
            last = min(first + 4096, len(self.keys))
            here = slice(self.starts[first], self.starts[last])
            parts = self.values[here, None] * dense[self.rows[here]]
            made[first:last] = np.add.reduceat(parts, self.starts[first:last] - self.starts[first])
        return made

    def means(self) -> NDArray[np.float32]:
        sums = np.bincount(self.columns, weights=self.values, minlength=len(self.keys))
        return (sums / self.size).astype(np.float32)

    def kernel(self) -> NDArray[np.float32]:
        """X X'. Features of many texts by BLAS, those of few pair by pair: either alone would be ten times the work."""
        kernel = np.zeros((self.size, self.size), dtype=np.float32)
        flat = kernel.reshape(-1)
        seen = np.diff(self.starts)
        for texts in range(1, _DENSE):
            columns = np.flatnonzero(seen == texts)
            most = max(1, 500_000 // texts**2)
            for first in range(0, len(columns), most):
                places = self.starts[columns[first : first + most], None] + np.arange(texts)
                rows, values = self.rows[places].astype(np.int64), self.values[places]
                cells = rows[:, :, None] * self.size + rows[:, None, :]
                np.add.at(flat, cells.reshape(-1), (values[:, :, None] * values[:, None, :]).reshape(-1))
        frequent = np.flatnonzero(seen >= _DENSE)
        for first in range(0, len(frequent), _BLOCK):
            self._add_product(kernel, frequent[first : first + _BLOCK])
        return kernel

    def _add_product(self, kernel: NDArray[np.float32], columns: NDArray[np.intp]) -> None:
        """In blocks of rows, each with those above it: the other half is the same, and all at once a second kernel."""
        dense = np.zeros((self.size, len(columns)), dtype=np.float32)
        for number, column in enumerate(columns):
            here = slice(self.starts[column], self.starts[column + 1])
            dense[self.rows[here], number] = self.values[here]
        for top in range(0, self.size, _BLOCK):
            product = dense[top : top + _BLOCK] @ dense[: top + _BLOCK].T
            kernel[top : top + _BLOCK, : top + _BLOCK] += product
            kernel[:top, top : top + _BLOCK] += product[:, :top].T


def of(texts: Sequence[Features]) -> Matrix:
    row = np.repeat(np.arange(len(texts), dtype=np.uint64), [len(text) for text in texts])
    found = np.concatenate([*texts, np.empty(0, dtype=np.uint32)]).astype(np.uint64)
    # Column first: a sorted list of (feature, text) is the matrix, ordered as it is wanted.
    cells, counts = np.unique(found << np.uint64(32) | row, return_counts=True)
    rows = (cells & np.uint64(0xFFFFFFFF)).astype(np.int32)
    keys, starts, columns = np.unique(
        (cells >> np.uint64(32)).astype(np.uint32), return_index=True, return_inverse=True
    )
    starts = np.append(starts, len(cells))
    idf = (1.0 + np.log((1 + len(texts)) / (1.0 + np.diff(starts)))).astype(np.float32)
    values = (1.0 + np.log(counts)) * idf[columns]
    lengths = np.sqrt(np.bincount(rows, weights=values * values, minlength=len(texts)))
    scaled = (values / lengths[rows]).astype(np.float32)
    return Matrix(len(texts), keys, idf, rows, columns.astype(np.int32), scaled, starts)
