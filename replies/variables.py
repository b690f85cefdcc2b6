"""What {names} in a canned reply stand for. The same rules fill them in on the desk (frontend ui/variables.ts);
tests/vectors/variables.json holds both to the same answers.

    {contact.name} {contact.number} {contact.<attribute>} {agent.name} {line.name} {case.number} {date}

A text is gone through once: what a value itself holds, braces included, is a word of somebody and nothing to expand.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import User
from common.clock import database_now
from common.errors import Invalid
from contacts.models import Attribute, AttributeType, AttributeValue
from conversations.models import Conversation

LANGUAGES = ("fr", "en")
FIXED = ("contact.name", "contact.number", "agent.name", "line.name", "case.number", "date")
# One word between braces. "{a: b}" and "{}" are no variables, and stay what somebody wrote.
NAMED = re.compile("\\{([^ \t\n\r\u00a0\u2009\u202f{}:;,\"']{1,80})\\}")
_MONTHS: dict[str, tuple[str, ...]] = {
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
        "décembre",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
}  # fmt: skip


class Filled(NamedTuple):
    """`missing`: the names of those that have no value here, in their order; they still stand in the text."""

    text: str
    missing: tuple[str, ...]


def names_in(text: str) -> list[str]:
    return list(dict.fromkeys(NAMED.findall(text)))


def known_names(organisation_id: UUID) -> list[str]:
    keys = Attribute.objects.filter(organisation_id=organisation_id).order_by("key").values_list("key", flat=True)
    return [*FIXED, *(name for key in keys if (name := f"contact.{key}") not in FIXED)]


def refuse_unknown(text: str, known: Collection[str], *, field: str) -> None:
    """Raises Invalid("unknown_variable") for the first that nothing stands behind."""
    for name in names_in(text):
        if name not in known:
            raise Invalid("unknown_variable", f"there is no {{{name}}}", field=field, name=name)


def fill(text: str, values: Mapping[str, str]) -> Filled:
    """`text` with the values in it. One without a value stays as it stands, and is named."""
    missing = tuple(name for name in names_in(text) if not values.get(name))
    return Filled(NAMED.sub(lambda found: values.get(found[1]) or found[0], text), missing)


def values_of(conversation: Conversation, user: User) -> dict[str, dict[str, str]]:
    """language -> name -> value, for a conversation with its line, contact and address, and who writes in it."""
    today = database_now().astimezone(ZoneInfo(user.organisation.time_zone)).date()
    known = list(
        AttributeValue.objects.filter(
            organisation_id=conversation.organisation_id, contact_id=conversation.contact_id
        ).values_list("attribute__key", "attribute__type", "value")
    )
    plain = {
        "contact.name": conversation.contact.name,
        "contact.number": conversation.address.value,
        "agent.name": user.name,
        "line.name": conversation.line.name,
        "case.number": case_number(conversation.id),
    }
    return {
        language: {
            **{f"contact.{key}": shown(type_, value, language) for key, type_, value in known},
            **{name: value for name, value in plain.items() if value},
            "date": long_date(today, language),
        }
        for language in LANGUAGES
    }


def case_number(conversation_id: UUID) -> str:
    """What a subscriber may quote of a conversation: the end of its identifier, "9F3A-12BC"."""
    last = conversation_id.hex[-8:].upper()
    return f"{last[:4]}-{last[4:]}"


def shown(type_: str, value: str, language: str) -> str:
    """An attribute's stored value as people of a language write it."""
    if type_ == AttributeType.DATE:
        try:
            return long_date(date.fromisoformat(value), language)
        except ValueError:  # stored before the attribute had this type
            return value
    if type_ == AttributeType.BOOLEAN:
        return {"fr": ("non", "oui"), "en": ("no", "yes")}[language][value == "true"]
    if type_ == AttributeType.NUMBER and language == "fr":
        return value.replace(".", ",")
    return value


def long_date(day: date, language: str) -> str:
    first = "1er" if day.day == 1 and language == "fr" else str(day.day)
    return f"{first} {_MONTHS[language][day.month - 1]} {day.year}"
