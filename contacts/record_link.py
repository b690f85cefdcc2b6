"""The client's own record of a person: an address with variables, https://crm.example/{number}. Pure but for the two
functions that read and write it.

    {number}   E.164: +2290197000001
    {digits}   the same without "+"
    {key}      the person's value of the attribute with this key

Values are percent-encoded, and stand behind the host alone: what somebody is called never decides where a colleague is
sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypedDict
from urllib.parse import quote, urlsplit
from uuid import UUID

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import User
from common.errors import Invalid
from common.text import name_of
from contacts.models import Attribute, RecordLink
from realtime.log import record_changes

LONGEST = 500
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE)


class RecordShown(TypedDict):
    """Where to find a person in the client's system. `host`: for the eye, before anybody follows it."""

    name: str
    host: str
    url: str


class RecordSettings(TypedDict):
    name: str
    template: str


def checked(template: str, keys: frozenset[str]) -> str:
    """`template` without the spaces around it; "" stays. Raises Invalid: "too_long", "characters", "not_https",
    "unknown_placeholder"."""
    text = template.strip()
    if not text:
        return ""
    if len(text) > LONGEST:
        raise Invalid("too_long", f"at most {LONGEST} characters", field="template")
    if not text.isascii() or not text.isprintable() or any(one in text for one in ' <>"\\^`|'):
        raise Invalid("characters", "an address holds no such characters", field="template")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise Invalid("not_https", "an address that begins with https:// is expected", field="template") from None
    if parts.scheme != "https" or parts.username is not None or not _HOST.fullmatch(parts.hostname or ""):
        raise Invalid("not_https", "an address that begins with https:// is expected", field="template")
    names = _VARIABLE.findall(text)
    unknown = sorted(set(names) - keys - {"number", "digits"})
    rest = _VARIABLE.sub("", text)
    if unknown or "{" in rest or "}" in rest:
        raise Invalid("unknown_placeholder", f"unknown: {', '.join(unknown) or '{ }'}", field="template")
    return text


def filled(name: str, template: str, *, number: str, values: Mapping[str, str]) -> RecordShown | None:
    """The record of whoever has `number` and `values`; None where one of the variables has nothing to say."""
    known = {**values, "number": number, "digits": number.removeprefix("+")}
    wanted = _VARIABLE.findall(template)
    if not template or any(not known.get(one) for one in wanted):
        return None
    url = _VARIABLE.sub(lambda found: quote(known[found[1]], safe=""), template)
    return {"name": name, "host": urlsplit(template).netloc, "url": url}


def settings_of(organisation_id: UUID) -> RecordSettings:
    found = RecordLink.objects.filter(organisation_id=organisation_id).first()
    return {"name": found.name if found else "", "template": found.template if found else ""}


def save(*, actor: User, name: str, template: str) -> RecordSettings:
    """An empty template takes the link away. Raises Invalid."""
    organisation_id = actor.organisation_id
    keys = frozenset(Attribute.objects.filter(organisation_id=organisation_id).values_list("key", flat=True))
    text = checked(template, keys)
    with record_changes(organisation_id) as changes:
        before = settings_of(organisation_id)
        mine = RecordLink.objects.filter(organisation_id=organisation_id)
        if not text:
            mine.delete()
        else:
            fields = {"name": name_of(name, longest=60, field="name"), "template": text}
            RecordLink.objects.update_or_create(organisation_id=organisation_id, defaults=fields)
        after = settings_of(organisation_id)
        changed = audit.difference(dict(before), dict(after))
        if changed:
            audit.record(
                actor=actor, organisation_id=organisation_id, action="record_link.changed", kind="record_link",
                object_id=organisation_id, name=after["name"] or before["name"], changes=changed,
            )  # fmt: skip
            changes.add(SettingsChanged(kind="contact", object_id=organisation_id))
    return after
