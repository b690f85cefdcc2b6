"""Numbers by the million: the same answer as contacts.numbers.normalise, for spellings of which there is no doubt.

`phonenumbers` stays the judge: its own patterns of a country say what is a number. What is left out is all that a plain
spelling cannot need, which is most of the time that a number takes (some 100 us). Whatever is not plain (letters, an
extension, a carrier's code, a country whose rules rewrite numbers) gets no answer here and is normalise's to judge.
tests/contacts/test_quick_numbers.py asks both about every country's numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata

from contacts.numbers import SHORT_CODE, normalise

_SPACING = re.compile(r"[\s().\-/]+")
_TYPES = (
    "mobile", "fixed_line", "voip", "toll_free", "premium_rate", "shared_cost", "personal_number", "pager", "uan",
    "voicemail",
)  # fmt: skip
_NOTHING = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a country writes its numbers, by its own metadata."""

    code: str
    lengths: frozenset[int]
    general: re.Pattern[str]
    types: tuple[tuple[frozenset[int], re.Pattern[str]], ...]
    prefix: re.Pattern[str]  # dialled before a national number, and never part of one
    plain_prefix: str  # where it is digits and nothing else
    abroad: re.Pattern[str]  # dialled before a foreign one

    def possible(self, national: str) -> bool:
        """Whether an international spelling of it is kept as it is."""
        if self.code == "229":
            return len(national) == 10 and national.startswith("01")
        return (
            len(national) in self.lengths
            and self.general.fullmatch(national) is not None
            and self.prefix.match(national) is None
        )

    def valid(self, national: str) -> bool:
        length = len(national)
        return (
            length in self.lengths
            and self.general.fullmatch(national) is not None
            and any(length in lengths and pattern.fullmatch(national) for lengths, pattern in self.types)
        )


@lru_cache(maxsize=512)
def _plan(code: str, region: str) -> _Plan | None:
    metadata = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None or metadata.general_desc is None or not metadata.general_desc.national_number_pattern:
        return None
    types = [getattr(metadata, name) for name in _TYPES]
    parsing = metadata.national_prefix_for_parsing
    return _Plan(
        code,
        frozenset(metadata.general_desc.possible_length),
        re.compile(metadata.general_desc.national_number_pattern),
        tuple(
            (
                frozenset(one.possible_length or metadata.general_desc.possible_length),
                re.compile(one.national_number_pattern),
            )
            for one in types
            if one is not None and one.national_number_pattern
        ),
        re.compile(parsing) if parsing else _NOTHING,
        parsing if parsing and parsing.isdigit() and not metadata.national_prefix_transform_rule else "",
        re.compile(metadata.international_prefix) if metadata.international_prefix else _NOTHING,
    )  # fmt: skip


# The codes of countries: none begins with another.
_REGIONS = {
    str(code): regions[0]
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
    if regions[0] != phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY
}


def quick(raw: str, region: str | None) -> str | None:
    """`raw` in E.164 where that is beyond doubt, else None: ask `normalise`."""
    text = raw.strip()
    if not text.isascii():
        return None
    marked = text[:1] == "+"
    digits = text[1:] if marked else text
    if not digits.isdigit():
        digits = _SPACING.sub("", digits)
        if not digits.isdigit():
            return None
    if not SHORT_CODE < len(digits) <= 15:
        return None
    if marked:
        return _international(digits)
    if digits.startswith("00"):
        return _international(digits[2:])
    return _national(digits, region) if region else None


def number_of(raw: str, region: str | None) -> tuple[str, str]:
    """(E.164, "") of a phone number, else ("", why it is none): a code of `normalise`, or "not_a_number"."""
    found = quick(raw, region)
    if found is not None:
        return found, ""
    judged = normalise(raw, region=region)
    return (judged.value, "") if judged.is_number else ("", judged.problem or "not_a_number")


def _international(digits: str) -> str | None:
    if len(digits) <= SHORT_CODE:
        return None
    if len(digits) == 11 and digits.startswith("229"):  # Benin's eight digits of before
        return f"+22901{digits[3:]}"
    for length in (1, 2, 3):
        region = _REGIONS.get(digits[:length])
        if region is not None:
            plan = _plan(digits[:length], region)
            return f"+{digits}" if plan is not None and plan.possible(digits[length:]) else None
    return None


def _national(digits: str, region: str) -> str | None:
    plan = _home(region)
    if plan is None or plan.abroad.match(digits):
        return None
    if region == "BJ":
        if len(digits) == 8:
            digits = f"01{digits}"
        elif len(digits) == 11 and digits.startswith("229") and digits[3] != "8":
            digits = f"22901{digits[3:]}"
    if plan.valid(digits):
        return None if plan.prefix.match(digits) else f"+{plan.code}{digits}"
    if plan.general.fullmatch(digits):
        return None
    if digits.startswith(plan.code):
        rest = digits[len(plan.code) :]
        # Where several countries share a code, the first of them says what is dialled before a number.
        plain = _REGIONS.get(plan.code) == region and not plan.prefix.match(rest)
        return f"+{digits}" if plain and plan.valid(rest) else None
    prefix = plan.plain_prefix
    if prefix and digits.startswith(prefix) and plan.valid(digits[len(prefix) :]):
        return f"+{plan.code}{digits[len(prefix) :]}"
    return None


@lru_cache(maxsize=512)
def _home(region: str) -> _Plan | None:
    code = phonenumbers.country_code_for_region(region)
    return _plan(str(code), region) if code else None
