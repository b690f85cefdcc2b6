"""Everything the panel beside a conversation shows of its person, in a handful of queries whatever there is of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict
from uuid import UUID

from django.db import connection

from accounts.models import Role, User
from common.clock import database_now
from common.errors import NotFound
from contacts import blocking, lists, merging, persons, record_link
from contacts.models import Address, Attribute, Contact, ContactList, Suppression, Tag
from contacts.record_link import RecordShown
from conversations.rendering import iso
from inbox.consent import SaidView, said_of
from inbox.people import seen_person
from realtime.audience import Audience

JOURNEY = 5
SAID = 10


class PersonAddress(TypedDict):
    """`said`: what was said about texting it, newest first. `opted_out_at` null: it may be texted."""

    id: str
    kind: str
    value: str
    opted_out_at: str | None
    said: list[SaidView]


class FieldView(TypedDict):
    key: str
    name: str
    type: str
    choices: list[str]
    value: str | None


class TagView(TypedDict):
    id: str
    name: str


class NoteView(TypedDict):
    id: str
    author_id: str
    author: str
    body: str
    at: str
    edited_at: str | None


class JourneyView(TypedDict):
    """A contact on any line: `outcome` is the conversation's status, `disposition` what was noted at its close."""

    id: str
    line_id: str
    medium: str
    address: str
    opened_at: str
    closed_at: str | None
    outcome: str
    disposition: str | None
    agent: str | None
    preview: str


class BlockView(TypedDict):
    """`until` null: for ever."""

    reason: str
    until: str | None
    by: str
    at: str


class MergeView(TypedDict):
    id: str
    name: str
    addresses: list[str]
    by: str
    at: str


class PersonPanel(TypedDict):
    id: str
    name: str
    language: str
    addresses: list[PersonAddress]
    tags: list[TagView]
    all_tags: list[TagView]
    fields: list[FieldView]
    lists: list[TagView]
    notes: list[NoteView]
    journey: list[JourneyView]  # the last contacts that are over, newest first
    open_cases: list[JourneyView]
    record: RecordShown | None
    block: BlockView | None
    merges: list[MergeView]
    may_block: bool
    may_merge: bool


class AlikeView(TypedDict):
    """`why`: "value" (both have `said` as `attribute`) or "name"."""

    id: str
    name: str
    addresses: list[str]
    why: str
    attribute: str
    said: str
    fields: list[FieldView]
    language: str


_JOURNEY = """
select c.id::text, c.line_id::text, line.medium, a.value, c.opened_at, c.closed_at, c.status, disposition.name,
       owner.name, c.preview
from conversations_conversation c
join conversations_line line on line.id = c.line_id
join contacts_address a on a.id = c.address_id
left join routing_disposition disposition on disposition.id = c.disposition_id
left join accounts_user owner on owner.id = c.owner_id
where c.organisation_id = %(organisation)s and c.contact_id = any(%(contacts)s)
  and (%(lines)s::uuid[] is null or c.line_id = any(%(lines)s)) and (c.status = 'closed') = %(over)s
order by c.opened_at desc, c.id desc limit %(most)s
"""
MAY = (Role.SUPERVISOR, Role.ADMINISTRATOR)


def person_panel(audience: Audience, user: User, contact_id: UUID) -> PersonPanel:
    """Raises NotFound for a person of whom this audience sees no conversation."""
    ours = seen_person(audience, contact_id)
    organisation_id = audience.organisation_id
    found = persons.known(organisation_id, ours[0])
    tags = list(Tag.objects.filter(organisation_id=organisation_id).order_by("name", "id").values_list("id", "name"))
    addresses = _addresses(organisation_id, ours)
    numbers = [one["value"] for one in addresses if one["kind"] == "phone"]
    blocked = blocking.block_of(ours, database_now())
    link = record_link.settings_of(organisation_id)
    return {
        "id": str(ours[0]),
        "name": found["name"],
        "language": found["language"],
        "addresses": addresses,
        "tags": [{"id": str(id_), "name": name} for id_, name in tags if str(id_) in found["tags"]],
        "all_tags": [{"id": str(id_), "name": name} for id_, name in tags],
        "fields": fields_of(organisation_id, found["values"]),
        "lists": _lists(organisation_id, numbers),
        "notes": [
            {
                "id": str(one.id), "author_id": str(one.author_id), "author": one.author.name, "body": one.body,
                "at": iso(one.created_at), "edited_at": iso(one.edited_at) if one.edited_at else None,
            }
            for one in persons.notes_of(ours)
        ],
        "journey": _journey(audience, ours, over=True),
        "open_cases": _journey(audience, ours, over=False),
        "record": record_link.filled(
            link["name"], link["template"], number=numbers[0] if numbers else "", values=found["values"]
        ),
        "block": {
            "reason": blocked.reason,
            "until": None if blocked.until >= blocking.FOR_EVER else iso(blocked.until),
            "by": blocked.by.name,
            "at": iso(blocked.at),
        }
        if blocked
        else None,
        "merges": _merges(organisation_id, ours),
        "may_block": user.role in MAY,
        "may_merge": user.role in MAY,
    }  # fmt: skip


def alike_view(audience: Audience, contact_id: UUID) -> list[AlikeView]:
    """Who may be the same person, of those whom this audience may see. Raises NotFound."""
    ours = seen_person(audience, contact_id)
    found = [one for one in merging.alike(audience.organisation_id, ours) if _sees(audience, one["contact_id"])]
    return [person_short(audience.organisation_id, one["contact_id"], one) for one in found]


def person_short(organisation_id: UUID, contact_id: UUID, why: merging.Alike | None = None) -> AlikeView:
    """What one must know of another person to say whether he is the same."""
    ours = persons.members(organisation_id, contact_id)
    found = persons.known(organisation_id, ours[0])
    return {
        "id": str(ours[0]),
        "name": found["name"],
        "addresses": [one.value for one in _plain_addresses(ours)],
        "why": why["why"] if why else "",
        "attribute": why["attribute"] if why else "",
        "said": why["said"] if why else "",
        "fields": [one for one in fields_of(organisation_id, found["values"]) if one["value"] is not None],
        "language": found["language"],
    }


def fields_of(organisation_id: UUID, values: dict[str, str]) -> list[FieldView]:
    return [
        {
            "key": one.key,
            "name": one.name,
            "type": str(one.type),
            "choices": list(one.choices),
            "value": values.get(one.key),
        }
        for one in Attribute.objects.filter(organisation_id=organisation_id).order_by("name", "id")
    ]


def _sees(audience: Audience, contact_id: UUID) -> bool:
    try:
        seen_person(audience, contact_id)
    except NotFound:
        return False
    return True


def _plain_addresses(ours: Sequence[UUID]) -> list[Address]:
    return list(Address.objects.filter(contact_id__in=ours).order_by("created_at", "id"))


def _addresses(organisation_id: UUID, ours: Sequence[UUID]) -> list[PersonAddress]:
    rows = _plain_addresses(ours)
    values = [one.value for one in rows]
    out = dict(
        Suppression.objects.filter(organisation_id=organisation_id, number__in=values).values_list("number", "since")
    )
    return [
        {
            "id": str(one.id),
            "kind": one.kind,
            "value": one.value,
            "opted_out_at": iso(out[one.value]) if one.value in out else None,
            "said": said_of(organisation_id=organisation_id, number=one.value)[:SAID],
        }
        for one in rows
    ]


def _lists(organisation_id: UUID, numbers: Sequence[str]) -> list[TagView]:
    every = dict(ContactList.objects.filter(organisation_id=organisation_id).values_list("id", "name"))
    inside: set[UUID] = set()
    for found in lists.members(organisation_id, every, numbers).values():
        inside |= found
    return [{"id": str(one), "name": every[one]} for one in sorted(inside, key=lambda one: every[one])]


def _journey(audience: Audience, ours: Sequence[UUID], *, over: bool) -> list[JourneyView]:
    lines = None if audience.line_ids is None else list(audience.line_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            _JOURNEY,
            {"organisation": audience.organisation_id, "contacts": list(ours), "lines": lines, "over": over,
             "most": JOURNEY if over else 20},
        )  # fmt: skip
        rows = cursor.fetchall()
    return [
        {
            "id": id_, "line_id": line_id, "medium": medium, "address": address, "opened_at": iso(opened),
            "closed_at": iso(closed) if closed else None, "outcome": status, "disposition": disposition,
            "agent": agent, "preview": preview,
        }
        for id_, line_id, medium, address, opened, closed, status, disposition, agent, preview in rows
    ]  # fmt: skip


def _merges(organisation_id: UUID, ours: Sequence[UUID]) -> list[MergeView]:
    rows = merging.merges_of(organisation_id, list(ours))
    names = dict(Contact.objects.filter(id__in=[one.gone_id for one in rows]).values_list("id", "name"))
    numbers: dict[UUID, list[str]] = {}
    for contact_id, value in Address.objects.filter(contact_id__in=list(names)).values_list("contact_id", "value"):
        numbers.setdefault(contact_id, []).append(value)
    return [
        {
            "id": str(one.id), "name": names[one.gone_id], "addresses": numbers.get(one.gone_id, []),
            "by": one.by.name, "at": iso(one.at),
        }
        for one in rows
    ]  # fmt: skip
