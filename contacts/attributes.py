"""What is known of people, typed: what a value may be, its one form, and how two are compared. Pure but for the two
functions that read and write.

    text      any line of at most 300 characters
    number    digits, a sign, a comma or a point: "12,50" is 12.5
    date      2026-11-30, or 30/11/2026
    choice    one of the attribute's choices
    boolean   yes or no, oui ou non, true or false, 1 or 0: "true", "false"
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from uuid import UUID

from common.errors import Invalid
from common.text import refuse_hidden
from contacts.models import AttributeType, AttributeValue

LONGEST = 300
_YES = frozenset({"true", "yes", "oui", "1", "vrai"})
_NO = frozenset({"false", "no", "non", "0", "faux"})
_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,6})?")


class Compare(StrEnum):
    IS = "is"
    IS_NOT = "is_not"
    LESS = "less"
    MORE = "more"
    SET = "set"
    UNSET = "unset"


ORDERED = frozenset({AttributeType.NUMBER, AttributeType.DATE})


def value_of(type_: str, choices: Sequence[str], raw: str) -> str:
    """`raw` in the one form of its type. Raises Invalid("attribute_value")."""
    text = " ".join(raw.split())
    if not text or len(text) > LONGEST:
        raise Invalid("attribute_value", f"from 1 to {LONGEST} characters", field="value")
    refuse_hidden(text, field="value")
    if type_ == AttributeType.NUMBER:
        return _number(text)
    if type_ == AttributeType.DATE:
        return _date(text).isoformat()
    if type_ == AttributeType.CHOICE:
        for choice in choices:
            if choice.casefold() == text.casefold():
                return choice
        raise Invalid("attribute_value", f"must be one of {', '.join(choices)}", field="value")
    if type_ == AttributeType.BOOLEAN:
        if text.casefold() not in _YES | _NO:
            raise Invalid("attribute_value", "yes or no", field="value")
        return "true" if text.casefold() in _YES else "false"
    return text


def holds(type_: str, compare: Compare, has: str | None, wanted: str) -> bool:
    """Whether `has`, a value in its one form or None for none, compares so with `wanted`. Nobody's missing value is
    less or more than anything; it is not what is wanted."""
    if compare == Compare.SET:
        return has is not None
    if compare == Compare.UNSET:
        return has is None
    if has is None:
        return compare == Compare.IS_NOT
    if compare in (Compare.LESS, Compare.MORE):
        if type_ not in ORDERED:
            return False
        less, more = _order(type_, has, wanted)
        return less if compare == Compare.LESS else more
    return (has.casefold() == wanted.casefold()) == (compare == Compare.IS)


def _order(type_: str, has: str, wanted: str) -> tuple[bool, bool]:
    try:
        if type_ == AttributeType.NUMBER:
            return Decimal(has) < Decimal(wanted), Decimal(has) > Decimal(wanted)
    except InvalidOperation:  # stored before the attribute had this type
        return False, False
    return has < wanted, has > wanted  # ISO dates sort by time


def _number(text: str) -> str:
    compact = text.replace(" ", "").replace(" ", "").replace(" ", "")
    if not _NUMBER.fullmatch(compact) or not compact.isascii():
        raise Invalid("attribute_value", "a number is expected", field="value")
    number = Decimal(compact.replace(",", "."))
    plain = f"{number:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in ("-0", "") else plain


def _date(text: str) -> date:
    found = _DAY_FIRST.fullmatch(text)
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("attribute_value", "a date is expected, as 2026-11-30", field="value") from None


def attributes_of(
    organisation_id: UUID, contact_ids: Collection[UUID], attribute_ids: Collection[UUID]
) -> Mapping[UUID, dict[UUID, str]]:
    """Contact -> attribute -> value, of those that have one."""
    found: dict[UUID, dict[UUID, str]] = {}
    for contact_id, attribute_id, value in AttributeValue.objects.filter(
        organisation_id=organisation_id, contact_id__in=contact_ids, attribute_id__in=attribute_ids
    ).values_list("contact_id", "attribute_id", "value"):
        found.setdefault(contact_id, {})[attribute_id] = value
    return found
