"""What a text looks like to the classifier: its words, pairs of neighbours, and pieces of words.

Pieces are the character 2- to 5-grams of each word between spaces: "credi" and "credit" share most of theirs,
which is what makes phone spelling readable without a dictionary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

_SHORTEST, _LONGEST = 2, 5
_LONGEST_WORD = 30


@lru_cache(maxsize=8192)
def _of_word(word: str) -> tuple[str, ...]:
    """Cached: a few hundred words make nearly all texts, and this is half the price of a turn."""
    padded = f" {word[:_LONGEST_WORD]} "
    pieces = [
        padded[start : start + size]
        for size in range(_SHORTEST, _LONGEST + 1)
        for start in range(len(padded) - size + 1)
    ]
    return (f"={word}", *pieces)


def of_words(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        yield from _of_word(word)
    for left, right in pairwise(words):
        yield f"{left}+{right}"
