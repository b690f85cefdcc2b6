"""Which of a bot's languages a text is in: `languages` of its bot.yml says who tells.

    own      what the bot's phrases teach: knows how people shorten words, costs nothing more; the default
    lingua   lingua's tables of letters in ordinary text, limited to the bot's languages: needs no phrases
    both     the two together, each by how much it is to be believed

Measured beside a list of stop words in docs/bots.md. Lingua's tables take 100 MB and a second, once, in the process
that asks: it is imported there, and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

OWN, LINGUA, BOTH = WAYS = ("own", "lingua", "both")

_OWN_COUNTS, _LINGUA_COUNTS = 0.9, 0.35
"""Weights of the logarithms of both: a logistic regression on the phrases of the two shipped bots gave 0.95 and 0.36,
0.86 and 0.35."""

_LEAST = 1e-6


class UnknownTongue(ValueError):
    """Says what is wrong with `languages` of a bot.yml."""


class Lingua:
    """Limited to some languages, by their two-letter codes."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        """Raises UnknownTongue for one that lingua has no table of."""
        from lingua import IsoCode639_1, LanguageDetectorBuilder

        codes = []
        for language in languages:
            code = getattr(IsoCode639_1, language.upper(), None)
            if code is None:
                raise UnknownTongue(f"lingua does not know the language {language!r}")
            codes.append(code)
        self._detector: Any = LanguageDetectorBuilder.from_iso_codes_639_1(*codes).build()
        self.shares = lru_cache(maxsize=1024)(self._shares)

    def _shares(self, text: str) -> Mapping[str, float]:
        """By language; they sum to 1."""
        found = self._detector.compute_language_confidence_values(text)
        return {one.language.iso_code_639_1.name.lower(): one.value for one in found}


_detectors: dict[tuple[str, ...], Lingua] = {}


def lingua(languages: tuple[str, ...]) -> Lingua:
    """One of a process for the same languages: bots share its tables."""
    key = tuple(sorted(languages))
    if key not in _detectors:
        _detectors[key] = Lingua(key)
    return _detectors[key]


class Tongues:
    """Tells the languages of one bot apart."""

    def __init__(self, languages: tuple[str, ...], way: str = OWN) -> None:
        """Raises UnknownTongue."""
        if way not in WAYS:
            raise UnknownTongue(f"there is no way {way!r} to tell languages apart (known: {', '.join(WAYS)})")
        self.way = way
        self._lingua = None if way == OWN else lingua(languages)
        if self._lingua is not None:
            self._lingua.shares("palabre")  # its tables are read with the first text: now, not with a subscriber's

    def best(self, text: str, own: Mapping[str, float]) -> tuple[str, float]:
        """The likeliest language and its confidence. `own`: what the bot's phrases say, by language."""
        if self._lingua is None:
            shares = own
        elif self.way == LINGUA:
            shares = self._lingua.shares(text)
        else:
            shares = _together(own, self._lingua.shares(text))
        language = max(shares, key=lambda one: (shares[one], one))
        return language, shares[language]


def _together(own: Mapping[str, float], other: Mapping[str, float]) -> Mapping[str, float]:
    logs = {
        language: _OWN_COUNTS * math.log(max(share, _LEAST)) + _LINGUA_COUNTS * math.log(max(other[language], _LEAST))
        for language, share in own.items()
    }
    highest = max(logs.values())
    odds = {language: math.exp(log - highest) for language, log in logs.items()}
    whole = sum(odds.values())
    return {language: one / whole for language, one in odds.items()}
