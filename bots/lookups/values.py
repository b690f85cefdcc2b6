"""What a look-up asks with. Whose number it is comes from the conversation; the rest, from the dialogue."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import phonenumbers

from bots.lookups.failures import Kind, LookUpFailed, Nothing
from common.text import storable

NUMBER = "number"
FORMS = ("e164", "digits", "national")  # +2290197123456, 2290197123456, 0197123456
SLOT = "slot"
TYPES = ("text", "digits", "integer", "decimal", "date")
LONGEST = 200  # characters of one value

Value = str | int | Decimal | date


@dataclass(frozen=True, slots=True)
class Parameter:
    """`name`: as the query has it, {name}. `origin`: NUMBER, in one of FORMS; or SLOT, one of TYPES, the dialogue's
    slot `slot`."""

    name: str
    origin: str
    form: str
    slot: str = ""


def parameters_of(kept: Sequence[Mapping[str, Any]]) -> tuple[Parameter, ...]:
    return tuple(Parameter(one["name"], one["origin"], one["form"], one.get("slot", "")) for one in kept)


def bind(parameters: Sequence[Parameter], *, number: str, values: Mapping[str, str]) -> dict[str, Value]:
    """The value of each parameter. `values` can never say whose number it is: only `number` is asked for that.

    Raises LookUpFailed(MISSING); Nothing where a value is none of its type.
    """
    bound: dict[str, Value] = {}
    for one in parameters:
        if one.origin == NUMBER:
            bound[one.name] = _number(number, one.form)
        else:
            if one.slot not in values:
                raise LookUpFailed(Kind.MISSING, one.slot)
            bound[one.name] = _typed(values[one.slot], one.form)
    return bound


def _number(number: str, form: str) -> str:
    if form == "e164":
        return number
    if form == "digits":
        return number.removeprefix("+")
    try:
        found = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        raise Nothing from None
    written = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.NATIONAL)
    return re.sub(r"\D", "", written)


def _typed(written: str, type_: str) -> Value:
    """Raises Nothing."""
    text = " ".join(storable(unicodedata.normalize("NFKC", str(written)[: 2 * LONGEST])).split())
    if not text or len(text) > LONGEST:
        raise Nothing
    if type_ == "text":
        return text
    try:
        if type_ == "date":
            return date.fromisoformat(text)
        if type_ == "decimal":
            return _decimal(text)
    except (ValueError, InvalidOperation):
        raise Nothing from None
    digits = re.sub(r"[\s.\-]" if type_ == "digits" else r"\s", "", text)
    if not (digits.isascii() and digits.isdecimal()):
        raise Nothing
    if type_ == "digits":
        return digits
    if len(digits) > 18:  # bigint
        raise Nothing
    return int(digits)


def _decimal(text: str) -> Decimal:
    found = Decimal(text.replace(" ", "").replace(",", "."))
    if not found.is_finite() or abs(found.adjusted()) > 18:
        raise Nothing
    return found
