"""Numbering plans as data: which operator a range of numbers was given to, for any country of `phonenumbers`.

A plan says to whom a range was given, not who serves a number today: where numbers are ported, the portability table
and the link that a text came by go before it (conversations/paths.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import phonenumbers

from contacts.numbers import clean

LONGEST_PREFIX = 15  # digits of E.164
_SPACING = re.compile(r"[\s().\-/]+")
_DIGITS = re.compile(r"\d+")


def prefix_of(raw: str) -> str:
    """The beginning of international numbers in its one form, "+22901": "+229 01", "0022901" and "22901" are one.

    Benin's ranges of eight digits stand for those that they became. Raises ValueError in words.
    """
    compact = _SPACING.sub("", clean(raw))
    digits = compact.removeprefix("+") if compact.startswith("+") else compact.removeprefix("00")
    if not _DIGITS.fullmatch(digits) or not digits.isascii():
        raise ValueError(f"{raw!r} is no beginning of a number")
    if len(digits) > LONGEST_PREFIX:
        raise ValueError(f"{raw!r} is longer than a number")
    if digits[0] == "0" or not any(
        int(digits[:length]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE for length in (1, 2, 3)
    ):
        raise ValueError(f"{raw!r} does not begin with the code of a country")
    if digits.startswith("229") and len(digits) > 3 and digits[3] != "0":
        digits = f"22901{digits[3:]}"
    return f"+{digits}"


def regions() -> list[str]:
    """The countries whose plans are known (ISO 3166)."""
    return sorted(phonenumbers.SUPPORTED_REGIONS)


@lru_cache(maxsize=32)
def plan_of(region: str) -> dict[str, list[str]]:
    """Operator -> the beginnings of its numbers, such that the longest that fits names the operator also where only
    one of the operators is asked for. Empty for a country without a plan."""
    # Some 30,000 ranges: only for whoever asks.
    from phonenumbers.carrierdata import CARRIER_DATA

    code = str(phonenumbers.country_code_for_region(region))
    ranges = {
        prefix: names.get("en") or next(iter(names.values()))
        for prefix, names in CARRIER_DATA.items()
        if code != "0" and prefix.startswith(code)
    }
    return {operator: [f"+{prefix}" for prefix in apart(operator, ranges)] for operator in sorted(set(ranges.values()))}


def apart(operator: str, ranges: Mapping[str, str]) -> list[str]:
    """The shortest beginnings that hold every number of `operator` and none of another's, of `ranges` (beginning ->
    operator, the longest counts)."""
    found: list[str] = []
    others = sorted(prefix for prefix, name in ranges.items() if name != operator)
    for prefix in sorted((prefix for prefix, name in ranges.items() if name == operator), key=len):
        if not any(prefix.startswith(one) for one in found):
            found += _without(prefix, [one for one in others if one.startswith(prefix)])
    return sorted(found)


def _without(prefix: str, others: Iterable[str]) -> list[str]:
    inside = [other for other in others if other.startswith(prefix)]
    if not inside:
        return [prefix]
    if prefix in inside:
        return []
    return [piece for digit in "0123456789" for piece in _without(f"{prefix}{digit}", inside)]
