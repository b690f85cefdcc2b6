"""The person of a conversation: who, how to reach him, what was talked about before."""

from __future__ import annotations

import json
from typing import TypedDict
from uuid import UUID

from django.db import connection

from common.errors import NotFound
from contacts import persons
from contacts.numbers import masked
from conversations.rendering import iso
from conversations.visibility import conversations_of
from conversations.wrong_numbers import WrongNumberView, wrong_number_of
from inbox.consent import ConsentView, consent_view
from inbox.lists import without_notices
from realtime.audience import Audience, AudienceKind

PREVIOUS = 5  # that were talks


class AddressView(TypedDict):
    kind: str
    value: str


class PreviousView(TypedDict):
    id: str
    opened_at: str
    closed_at: str | None
    line_id: str
    preview: str | None


class PersonView(TypedDict):
    id: str
    name: str | None
    language: str | None
    addresses: list[AddressView]
    previous: list[PreviousView]
    consent: ConsentView  # of the number that the conversation is with
    wrong_number: WrongNumberView | None  # of it, too


_PERSON = """
select contact.id::text, contact.name, contact.language,
       coalesce((select jsonb_agg(jsonb_build_array(a.kind, a.value) order by a.created_at, a.id)
                 from contacts_address a where a.contact_id = any(%s)), '[]')
from contacts_contact contact where contact.organisation_id = %s and contact.id = %s
"""


def person_of(audience: Audience, conversation_id: UUID) -> PersonView:
    """Raises NotFound for a conversation that this audience does not see."""
    found = conversations_of(audience)
    conversation = found.filter(id=conversation_id).select_related("line", "address").first()
    if conversation is None:
        raise NotFound("no_conversation", "there is no such conversation")
    ours = persons.members(audience.organisation_id, conversation.contact_id)
    with connection.cursor() as cursor:
        cursor.execute(_PERSON, [ours, audience.organisation_id, ours[0]])
        id_, name, language, addresses = cursor.fetchone()
    if isinstance(addresses, str):  # Django's connections leave JSON as text
        addresses = json.loads(addresses)
    earlier = found.filter(contact_id__in=ours).exclude(id=conversation_id).order_by("-opened_at", "-id")
    fields = ("id", "opened_at", "closed_at", "line_id", "preview")
    previous = list(without_notices(earlier).values(*fields)[:PREVIOUS])
    # Of texts that nobody has answered only the last: it may be what this conversation answers.
    previous = [one for one in earlier.values(*fields)[:1] if one not in previous] + previous
    silent = audience.kind == AudienceKind.NO_TEXT
    whole = audience.kind == AudienceKind.FULL
    return {
        "id": id_,
        "name": None if silent else name or None,
        "language": language or None,
        "addresses": [{"kind": kind, "value": value if whole else masked(value)} for kind, value in addresses],
        "previous": [
            {
                "id": str(one["id"]),
                "opened_at": iso(one["opened_at"]),
                "closed_at": iso(one["closed_at"]) if one["closed_at"] else None,
                "line_id": str(one["line_id"]),
                "preview": None if silent else one["preview"] or None,
            }
            for one in previous
        ],
        "consent": consent_view(conversation),
        "wrong_number": wrong_number_of(audience.organisation_id, conversation.address.value),
    }
