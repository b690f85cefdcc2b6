"""One form for each phone number, however it was written; and no guess where a thing is no phone number.

Numbering plans are Google's, through `phonenumbers` (9.0.43 knows Benin's ten digits only). Benin moved from eight
digits to ten on 30 November 2024 by writing 01 in front; both spellings are one person, stored in the new form.

    raw  ->  clean (NFKC, ASCII digits, no invisible characters)
         ->  letters, TON 5            a sender's name, as given
         ->  up to six digits          a short code, as given
         ->  "+", "00", TON 1          international
         ->  otherwise                 national of `region`; else digits that can only be international
         ->  nothing fits              as given, `problem` says why

Speed, measured by tests/contacts/test_numbers.py on one core: below 5 us when cached, below 100 us when not.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat
from phonenumbers.phonenumberutil import ndd_prefix_for_region

KIND = "phone"
MASK = "••••"
LONGEST = 254  # of Address.value
SHORT_CODE = 6  # digits; the longest in use, and shorter than any subscriber's number here
TON_INTERNATIONAL, TON_ALPHANUMERIC = 1, 5  # SMPP 3.4, section 5.2.5

_SPACING = re.compile(r"[\s().\-/·‐-―−]+")
_SPACES = re.compile(r"\s+")
_EXTENSION = re.compile(r"(?:;ext=|\bext\.?\s*|#|[x,;])\s*(\d+)$", re.IGNORECASE)
_PLAIN = re.compile(r"\+?\d+")
_MASKABLE = re.compile(r"\+?\d{9,}")
_BENIN_NEW = re.compile(r"\+229(01\d{8})")
_BENIN_OLD = re.compile(r"\+229(\d{8})")


@dataclass(frozen=True, slots=True)
class Normal:
    """An address as it is stored. `is_number` is False for short codes, names and what cannot be read: nothing
    automatic may ever be sent there (two robots would talk for ever, or nobody would be reached).

    `problem` is "" for numbers, short codes and names; else empty, extension, too_long, too_short or no_such_number.
    """

    kind: str
    value: str
    raw: str
    is_number: bool
    problem: str = ""


def normalise(raw: str, *, region: str | None, ton: int | None = None) -> Normal:
    """`raw` in its one canonical form: E.164 where it is a phone number, else cleaned and as given. Never raises.

    `region` (ISO 3166, "BJ") is whose national numbers are meant; None accepts international ones only. `ton` is
    SMPP's type of number, a hint that the digits may overrule: operators set it wrongly.
    """
    if not isinstance(raw, str):  # a spreadsheet's number, None
        raw = "" if raw is None else str(raw)
    return _normalise(raw[: LONGEST * 2], region, ton)


def is_number(value: str) -> bool:
    """Whether a stored address is a phone number, which alone may be answered automatically."""
    if not value.startswith("+"):
        return False
    found = normalise(value, region=None)
    return found.is_number and found.value == value  # a sender's name may look like a number: it is none


def beginnings(raw: str, *, region: str | None) -> list[str]:
    """What stored addresses may begin with, where only a beginning was written: "01 97" -> "0197", "+2290197"...

    Empty where nothing can be looked for. `region` as for `normalise`.
    """
    text = clean(raw[:LONGEST])
    compact = _SPACING.sub("", text)
    if not _PLAIN.fullmatch(compact):
        return [text] if text else []  # of a sender's name
    digits = compact.lstrip("+")
    if compact[0] == "+":
        return [compact]
    if digits.startswith("00"):
        return [f"+{digits[2:]}"]
    found = [digits, f"+{digits}"]
    own = phonenumbers.country_code_for_region(region) if region else 0
    if region and own:
        found.append(f"+{own}{digits}")
        trunk = ndd_prefix_for_region(region, True)
        if trunk and digits.startswith(trunk):
            found.append(f"+{own}{digits[len(trunk) :]}")
        if region == "BJ" and not digits.startswith("0"):
            found.append(f"+22901{digits}")  # of the eight digits of before
    return found


@lru_cache(maxsize=65_536)
def _normalise(raw: str, region: str | None, ton: int | None) -> Normal:
    text = clean(raw)

    def kept(problem: str = "", value: str | None = None) -> Normal:
        return Normal(KIND, (text if value is None else value)[:LONGEST].strip(), raw, False, problem)

    def number(value: str) -> Normal:
        return Normal(KIND, value, raw, True)

    if not text:
        return kept("empty")
    if ton == TON_ALPHANUMERIC and not _PLAIN.fullmatch(text):
        return kept()
    while text[:4].lower() == "tel:":
        text = text[4:].strip()
    compact = _SPACING.sub("", text)
    if not _PLAIN.fullmatch(compact):
        if _EXTENSION.search(text) and _PLAIN.fullmatch(_SPACING.sub("", _EXTENSION.sub("", text))):
            return kept("extension")  # a desk behind a switchboard: no text reaches it
        return kept("" if any(map(str.isalpha, text)) else "no_such_number")
    digits = compact.lstrip("+")
    if len(digits) <= SHORT_CODE:
        return kept("too_short" if compact[0] == "+" else "", compact)
    if len(digits) > 17:  # "00" and the fifteen of E.164
        return kept("too_long", compact)

    if compact[0] == "+":
        found = _international(digits)
    elif digits.startswith("00"):
        found = _international(digits[2:])
    elif ton == TON_INTERNATIONAL:
        found = _international(digits) or _national(digits, region)
    else:
        found = _national(digits, region) or _unmarked(digits, region)
    return number(found) if found else kept("too_long" if len(digits) > 15 else "no_such_number", compact)


def clean(raw: str) -> str:
    """`raw` in compatibility form, digits of every script as 0-9, without what cannot be seen or stored."""
    if raw.isascii() and raw.isprintable():
        return _SPACES.sub(" ", raw).strip()
    kept = []
    for character in unicodedata.normalize("NFKC", raw):
        category = unicodedata.category(character)
        if category == "Nd":
            kept.append(str(unicodedata.decimal(character)))
        elif category == "Cc" and character in "\t\r\n":
            kept.append(" ")
        elif category[0] != "C":  # control, format (bidi marks of a copied number), surrogate, private
            kept.append(character)
    # Again: a letter and its accent may have met only now, and one sender must have one spelling.
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", "".join(kept))).strip()


def _international(digits: str) -> str | None:
    e164 = f"+{digits}"
    if old := _BENIN_OLD.fullmatch(e164):
        e164 = f"+22901{old[1]}"
    parsed = _parse(e164, None)
    # Possible is enough: a text that came from a number of a range opened yesterday did come from it.
    # Benin's plan is known to us more exactly than by length.
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        return None
    if parsed.country_code == 229 and not _BENIN_NEW.fullmatch(e164):
        return None
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def _national(digits: str, region: str | None) -> str | None:
    if region is None:
        return None
    if region == "BJ" and len(digits) == 8:
        digits = f"01{digits}"
    parsed = _parse(digits, region)
    if parsed is None or not phonenumbers.is_valid_number_for_region(parsed, region):
        return _international(digits) if region == "BJ" and digits.startswith("229") else None
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def _unmarked(digits: str, region: str | None) -> str | None:
    """Digits without any mark, which can only be read as an international number: the country is in them."""
    if region is None:
        return None
    own = phonenumbers.country_code_for_region(region)
    national = PhoneNumber(country_code=own, national_number=int(digits)) if own else None
    if national is not None and phonenumbers.is_possible_number(national) and not digits.startswith(str(own)):
        return None  # it has the length of a number at home: to read it as abroad would be a guess
    parsed = _parse(f"+{digits}", None)
    if parsed is None:
        return None
    if parsed.country_code == own or phonenumbers.is_valid_number(parsed):
        return _international(digits)
    return None


def _parse(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


@lru_cache(maxsize=16_384)
def display(value: str) -> str:
    """A stored address as people read it: "+229 01 97 00 00 01"; short codes and names as they are."""
    if not is_number(value):
        return value
    parsed = _parse(value, None)
    return value if parsed is None else phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


@lru_cache(maxsize=16_384)
def masked(value: str) -> str:
    """A stored address for those who may not read it: "+2290197123467" -> "+22901••••67".

    What is too short to hide its middle is hidden but for its end.
    """
    if "@" in value:
        name, _, domain = value.partition("@")
        return f"{name[:1]}{MASK}@{domain}"
    if _MASKABLE.fullmatch(value):
        shown = 6 if value.startswith("+") else 5
        return f"{value[:shown]}{MASK}{value[-2:]}"
    return f"{MASK}{value[-2:]}" if len(value) > 4 else MASK
