"""Two contacts that are one person, and that they are two after all.

Nothing is moved. A merged contact keeps its addresses, conversations, notes and opt-outs, and points at the contact
that now stands for the person; every reader follows that pointer (contacts/persons.py). So a text that comes in between
finds its address and its conversation as ever, the intake waits for nobody, a split has nothing to put back but what
the merge wrote into the contact that stayed: Taken. Why: docs/decisions/0026-merged-people.md.

What is chosen is written there: name, language, values. Tags are joined. A block of either holds for both. Opt-outs are
kept by number (Suppression): no merge touches one.

Each function expects the caller's transaction, and locks the persons itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict, cast
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from accounts import audit
from accounts.models import User
from common.errors import Conflict, NotFound
from contacts.blocking import tell_addresses
from contacts.models import Address, Attribute, AttributeType, AttributeValue, Contact, ContactTag, Merge
from contacts.persons import known, lock_people

Side = Literal["kept", "gone"]
MOST_SUGGESTED = 5
MOST_SHARED = 5  # people with one value: more of them, and it identifies nobody
CLOSE = 2  # edits between two numbers that may be one, typed twice


class Taken(TypedDict):
    """What a merge has written into the contact that stayed: [before, after], and the tags that it brought."""

    name: list[str]
    language: list[str]
    tags: list[str]
    values: dict[str, list[str | None]]  # by attribute id
    followers: list[str]  # contacts that had been merged into the one that went


def merge(
    *, actor: User, kept_id: UUID, gone_id: UUID, name: Side | None = None, language: Side | None = None,
    values: Mapping[str, Side] | None = None,
) -> Merge:  # fmt: skip
    """Make one person of two. Where nothing is chosen, what the first has stays, and the other fills what it lacks.

    Raises NotFound("no_person"), Conflict("same_person").
    """
    organisation_id = actor.organisation_id
    people = lock_people(organisation_id, [kept_id, gone_id])
    kept, gone = _main(people, kept_id), _main(people, gone_id)
    if kept.id == gone.id:
        raise Conflict("same_person", "these are one person already")
    taken = _take(kept, gone, name, language, values or {})
    # Asked now: whoever was merged into it while we waited for the lock must not be left pointing at what points on.
    followers = list(Contact.objects.filter(merged_into_id=gone.id).order_by("id").values_list("id", flat=True))
    taken["followers"] = [str(one) for one in followers]
    Contact.objects.filter(id__in=[gone.id, *followers]).update(merged_into_id=kept.id)
    tell_addresses(organisation_id, kept.id)
    row = Merge.objects.create(
        organisation_id=organisation_id, kept=kept, gone=gone, facts=cast("dict[str, Any]", taken), by=actor
    )
    _note(actor, kept.id, "contact.merged", {"contact": [None, str(gone.id)]})
    return row


def split(*, actor: User, merge_id: UUID) -> Merge:
    """Take a merge back. Each has its own addresses again, with all that has come and gone there since; what was
    changed by hand since then stays with the person who stayed. Raises NotFound("no_merge"), Conflict("split_already").
    """
    organisation_id = actor.organisation_id
    row = Merge.objects.filter(organisation_id=organisation_id, id=merge_id).first()
    if row is None:
        raise NotFound("no_merge", "there is no such merge")
    people = lock_people(organisation_id, [row.kept_id, row.gone_id])
    row.refresh_from_db()
    if row.split_at is not None:
        raise Conflict("split_already", "these are two people again already")
    taken = cast("Taken", row.facts)
    now_main = people[row.gone_id].merged_into_id
    theirs = [UUID(one) for one in taken["followers"]]
    Contact.objects.filter(id=row.gone_id).update(merged_into_id=None)
    # Those who have been split off since then stay where they are.
    Contact.objects.filter(id__in=theirs, merged_into_id=now_main).update(merged_into_id=row.gone_id)
    _give_back(people[row.kept_id], taken)
    for one in {now_main or row.kept_id, row.gone_id}:
        tell_addresses(organisation_id, one)
    Merge.objects.filter(id=row.id).update(split_at=Now(), split_by=actor)
    _note(actor, row.kept_id, "contact.split", {"contact": [str(row.gone_id), None]})
    return row


def merges_of(organisation_id: UUID, contact_ids: list[UUID]) -> list[Merge]:
    """Those that hold, newest first, among a person's contacts."""
    found = Merge.objects.filter(organisation_id=organisation_id, gone_id__in=contact_ids, split_at__isnull=True)
    return list(found.select_related("gone", "by").order_by("-id"))


def _main(people: Mapping[UUID, Contact], contact_id: UUID) -> Contact:
    one = people[contact_id]
    if one.merged_into_id is None:
        return one
    found = people.get(one.merged_into_id)
    if found is None:  # merged between the look and the lock: the caller may look again
        raise Conflict("conflict", "somebody was faster: look again")
    return found


def _take(kept: Contact, gone: Contact, name: Side | None, language: Side | None, values: Mapping[str, Side]) -> Taken:
    organisation_id = kept.organisation_id
    mine, theirs = known(organisation_id, kept.id), known(organisation_id, gone.id)

    def chosen(mine: str, theirs: str, side: Side | None) -> str:
        return theirs if theirs and (side == "gone" or not mine) else mine

    new_name = chosen(mine["name"], theirs["name"], name)
    new_language = chosen(mine["language"], theirs["language"], language)
    Contact.objects.filter(id=kept.id).update(name=new_name, language=new_language)
    tags = [one for one in theirs["tags"] if one not in mine["tags"]]
    ContactTag.objects.bulk_create(
        ContactTag(organisation_id=organisation_id, contact_id=kept.id, tag_id=UUID(one)) for one in tags
    )
    ids = dict(Attribute.objects.filter(organisation_id=organisation_id).values_list("key", "id"))
    changed: dict[str, list[str | None]] = {}
    for key, value in theirs["values"].items():
        before = mine["values"].get(key)
        if before is None or (values.get(key) == "gone" and before != value):
            _put_value(organisation_id, kept.id, ids[key], value)
            changed[str(ids[key])] = [before, value]
    return {
        "name": [mine["name"], new_name],
        "language": [mine["language"], new_language],
        "tags": tags,
        "values": changed,
        "followers": [],
    }


def _give_back(kept: Contact, taken: Taken) -> None:
    """What the merge has written, where it still stands as the merge wrote it."""
    for field, (before, after) in (("name", taken["name"]), ("language", taken["language"])):
        Contact.objects.filter(id=kept.id, **{field: after}).update(**{field: before})
    mine = ContactTag.objects.filter(organisation_id=kept.organisation_id, contact_id=kept.id)
    mine.filter(tag_id__in=[UUID(one) for one in taken["tags"]]).delete()
    there = set(Attribute.objects.filter(organisation_id=kept.organisation_id).values_list("id", flat=True))
    for key, (earlier, later) in taken["values"].items():
        found = AttributeValue.objects.filter(
            organisation_id=kept.organisation_id, contact_id=kept.id, attribute_id=UUID(key)
        )
        if UUID(key) not in there or found.values_list("value", flat=True).first() != later:
            continue
        if earlier is None:
            found.delete()
        else:
            found.update(value=earlier)


def _put_value(organisation_id: UUID, contact_id: UUID, attribute_id: UUID, value: str) -> None:
    found = AttributeValue.objects.filter(
        organisation_id=organisation_id, contact_id=contact_id, attribute_id=attribute_id
    )
    if not found.update(value=value):
        AttributeValue.objects.create(
            organisation_id=organisation_id, contact_id=contact_id, attribute_id=attribute_id, value=value
        )


def _note(actor: User, contact_id: UUID, action: str, changes: dict[str, list[object]]) -> None:
    audit.record(
        actor=actor, organisation_id=actor.organisation_id, action=action, kind="contact", object_id=contact_id,
        name="", changes=changes,
    )  # fmt: skip


# --- Who may be the same ---------------------------------------------------------------------------------------------


class Alike(TypedDict):
    """`why`: "value" (both have `said` as `attribute`) or "name" (the same name, and numbers that differ by a slip)."""

    contact_id: UUID
    why: str
    attribute: str
    said: str


_SAME_NAME = """
select distinct coalesce(c.merged_into_id, c.id)
from contacts_contact c
where c.organisation_id = %(organisation)s and c.name <> ''
  and to_tsvector('simple', palabre_fold(c.name)) @@ phraseto_tsquery('simple', palabre_fold(%(name)s))
  and btrim(palabre_fold(c.name)) = btrim(palabre_fold(%(name)s)) and c.id <> all(%(ours)s)
limit 50
"""


def alike(organisation_id: UUID, ours: list[UUID]) -> list[Alike]:
    """Who may be this person, too, and why one may think so; `ours`: his contacts, the one that stands for him
    first."""
    found: dict[UUID, Alike] = {}
    values = AttributeValue.objects.filter(organisation_id=organisation_id, contact_id=ours[0])
    telling = values.filter(attribute__type__in=[AttributeType.TEXT, AttributeType.NUMBER]).select_related("attribute")
    for one in telling.order_by("attribute__name"):
        same = AttributeValue.objects.filter(
            organisation_id=organisation_id, attribute_id=one.attribute_id, value=one.value
        ).exclude(contact_id__in=ours)
        others = list(same.values_list("contact_id", "contact__merged_into_id")[: MOST_SHARED + 1])
        if len(others) <= MOST_SHARED:
            for contact_id, main in others:
                if (main or contact_id) not in ours:
                    found.setdefault(
                        main or contact_id,
                        {"contact_id": main or contact_id, "why": "value", "attribute": one.attribute.name,
                         "said": one.value},
                    )  # fmt: skip
    name = Contact.objects.values_list("name", flat=True).get(id=ours[0])
    if name:
        with connection.cursor() as cursor:
            cursor.execute(_SAME_NAME, {"organisation": organisation_id, "name": name, "ours": ours})
            named = [row[0] for row in cursor.fetchall()]
        numbers = _numbers([*named, *ours])
        mine = [number for one in ours for number in numbers.get(one, ())]
        for contact_id in named:
            if any(distance(a, b) <= CLOSE for a in mine for b in numbers.get(contact_id, ())):
                found.setdefault(contact_id, {"contact_id": contact_id, "why": "name", "attribute": "", "said": name})
    return list(found.values())[:MOST_SUGGESTED]


def _numbers(contact_ids: list[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    for contact_id, value in Address.objects.filter(contact_id__in=contact_ids).values_list("contact_id", "value"):
        found.setdefault(contact_id, []).append(value)
    return found


def distance(one: str, other: str) -> int:
    """How many slips lie between two numbers: a digit too many, too few, another one, or two in the wrong order."""
    before, row = list[int](), list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i] + [0] * len(other)
        for j, b in enumerate(other, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                row[j] = min(row[j], earlier[j - 2] + 1)
    return row[-1]
