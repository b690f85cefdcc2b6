"""What a text looks like to the classifier: its words, pairs of neighbours, how they sound, pieces of words, how it
begins and ends, and how long it is ("non" says no, "non je voulais dire 5000" corrects).

Pieces are the character 2- to 5-grams of each word between spaces: "credi" and "credit" share most of theirs,
which is what makes phone spelling readable without a dictionary. What is left of a word without its vowels, and
with letters that sound alike made one ("kel" and "quel", "pls" and "please"), says the same of whole words.

A feature is a number: 31 bits of a checksum, and a last bit that says whether it stands for whole words (1) or for
a piece (0). Two of 100,000 features may share a number, which costs nothing; their names would cost 10 MB a bot.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.uint32]

_SHORTEST, _LONGEST = 2, 5
_LONGEST_WORD = 30
_MANY_WORDS = 6
_ALIKE = (("ph", "f"), ("qu", "k"), ("q", "k"), ("ck", "k"), ("c", "k"), ("z", "s"), ("x", "ks"), ("y", "i"),
          ("w", "u"), ("h", ""))  # fmt: skip
_TWICE = re.compile(r"(.)\1+")
_VOWEL = re.compile(r"[aeiou]")


def of_words(words: Sequence[str]) -> Features:
    """As often as they occur, in no order that matters."""
    return _of_words(tuple(words))


@lru_cache(maxsize=64)
def _of_words(words: tuple[str, ...]) -> Features:
    """Cached: a turn asks for those of one text three times, for its language, its intent and its mood."""
    whole = [number for left, right in pairwise(words) for number in _of_pair(left, right)]
    if words:
        whole += _of_edges(words[0], words[-1], min(len(words), _MANY_WORDS))
    return np.concatenate([np.array(whole, dtype=np.uint32), *map(_of_word, words)])


def are_words(features: Features) -> NDArray[np.bool_]:
    return (features & 1).astype(bool)


@lru_cache(maxsize=8192)
def _of_word(word: str) -> Features:
    """Cached: a few hundred words make nearly all texts, and this is half the price of a turn."""
    padded = f" {word[:_LONGEST_WORD]} "
    pieces = [
        _number(padded[start : start + size], whole=0)
        for size in range(_SHORTEST, _LONGEST + 1)
        for start in range(len(padded) - size + 1)
    ]
    return np.array([_number(f"={word}", whole=1), _number(f"~{_sound(word)}", whole=1), *pieces], dtype=np.uint32)


def _of_pair(left: str, right: str) -> tuple[int, int]:
    return _number(f"{left}+{right}", whole=1), _number(f"~{_sound(left)}+{_sound(right)}", whole=1)


def _of_edges(first: str, last: str, length: int) -> tuple[int, int, int]:
    return _number(f"<{first}", whole=1), _number(f"{last}>", whole=1), _number(f"#{length}", whole=0)


@lru_cache(maxsize=8192)
def _sound(word: str) -> str:
    for letters, sound in _ALIKE:
        word = word.replace(letters, sound)
    word = _TWICE.sub(r"\1", word)
    return word[:1] + _VOWEL.sub("", word[1:]) if len(word) > 2 else word


def _number(name: str, *, whole: int) -> int:
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) & ~1 | whole
