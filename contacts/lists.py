"""Lists of numbers: made, changed by hand, asked. Files of them: contacts/list_imports.py.

Asking whether a number is in a list is one look-up in the key (organisation, edition, number), also among millions.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

from django.db import OperationalError, connection
from django.db.models.deletion import ProtectedError
from django.db.models.functions import Now
from psycopg import errors

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import Organisation, User
from common.errors import Conflict, Invalid, NotFound
from common.text import name_of
from contacts.models import ContactList, UploadState
from contacts.quick_numbers import number_of
from jobs.kinds import RunningJob, job_kind
from jobs.service import request_job
from realtime.log import record_changes

MOST_AT_ONCE = 100  # numbers by hand; more are a file
FORGET_KIND = "contacts.forget_editions"
SLICE = 20_000

# The inner question stands alone: joined, the planner may read a list of a million for a handful of numbers.
_MEMBERS = """
select l.id, n.number
from contacts_contactlist l cross join unnest(%(numbers)s::text[]) n (number)
where l.organisation_id = %(organisation)s and l.id = any(%(lists)s)
  and (select true from contacts_listnumber m
       where m.organisation_id = l.organisation_id and m.edition_id = l.edition_id and m.number = n.number limit 1)
"""
_ADD = """
insert into contacts_listnumber (organisation_id, edition_id, number)
select %(organisation)s, %(edition)s, number from unnest(%(numbers)s::text[]) n (number) order by number
on conflict do nothing
"""
_REMOVE = """
delete from contacts_listnumber
where organisation_id = %(organisation)s and edition_id = %(edition)s and number = any(%(numbers)s::text[])
"""
_FORGET = """
delete from contacts_listnumber where ctid = any(array(
    select ctid from contacts_listnumber
    where organisation_id = %(organisation)s and edition_id = %(edition)s limit %(limit)s))
"""


class ListView(TypedDict):
    id: UUID
    name: str
    kind: str
    size: int
    changed_at: str


@dataclass(frozen=True, slots=True)
class ListFields:
    """What is asked for; None leaves a field as it is."""

    name: str | None = None
    kind: str | None = None


def members(organisation_id: UUID, list_ids: Collection[UUID], numbers: Collection[str]) -> dict[str, set[UUID]]:
    """Number -> the lists, of `list_ids`, that have it. Numbers in E.164; those that are in none are left out."""
    found: dict[str, set[UUID]] = {}
    if not list_ids or not numbers:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            _MEMBERS, {"organisation": organisation_id, "lists": list(list_ids), "numbers": sorted(set(numbers))}
        )
        for list_id, number in cursor.fetchall():
            found.setdefault(number, set()).add(list_id)
    return found


def lists_of(organisation_id: UUID) -> list[ContactList]:
    return list(ContactList.objects.filter(organisation_id=organisation_id).order_by("name", "id"))


def list_of(organisation_id: UUID, list_id: UUID) -> ContactList:
    """Raises NotFound."""
    found = ContactList.objects.filter(organisation_id=organisation_id, id=list_id).first()
    if found is None:
        raise NotFound("no_list", "there is no such list")
    return found


def save_list(*, actor: User, fields: ListFields, list_id: UUID | None = None) -> ContactList:
    """Make a list (`list_id` None) or rename one. Raises NotFound, Invalid."""
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        if list_id is None:
            one, before = ContactList(organisation_id=organisation_id), {}
        else:
            one = lock_list(organisation_id, list_id)
            before = {"name": one.name, "kind": one.kind}
        if fields.name is not None or list_id is None:
            one.name = name_of(fields.name or "", longest=120, field="name")
        if fields.kind is not None:
            one.kind = name_of(fields.kind, longest=40, field="kind") if fields.kind.strip() else ""
        same = ContactList.objects.filter(organisation_id=organisation_id, name=one.name).exclude(id=one.id)
        if same.exists():
            raise Invalid("name_taken", "another list has this name", field="name")
        if before:
            one.save(update_fields=["name", "kind"])
        else:
            one.save(force_insert=True)
        changed = audit.difference(before, {"name": one.name, "kind": one.kind})
        if changed:
            _note(actor, one, "list.changed" if before else "list.created", changed)
            changes.add(SettingsChanged(kind="list", object_id=one.id))
    return one


def delete_list(*, actor: User, list_id: UUID) -> None:
    """Forget a list; its numbers go slice by slice. Raises NotFound, Conflict("in_use") while a filter asks for it."""
    from contacts.uploads import give_up  # which needs this module

    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        one = lock_list(organisation_id, list_id)
        for upload in one.uploads.filter(state=UploadState.WORKING):
            if not give_up(upload):
                raise Conflict("list_busy", "a file is being read into this list")
        editions = [one.edition_id]
        try:
            one_id, name, size = one.id, one.name, one.size
            one.delete()  # its files with it
        except ProtectedError:
            raise Conflict("in_use", "a front filter asks for this list") from None
        forget_editions_soon(organisation_id, editions)
        audit.record(
            actor=actor, organisation_id=organisation_id, action="list.deleted", kind="list", object_id=one_id,
            name=name, changes={"size": [size, None]},
        )  # fmt: skip
        changes.add(SettingsChanged(kind="list", object_id=list_id))


def change_numbers(*, actor: User, list_id: UUID, add: Sequence[str], remove: Sequence[str]) -> ContactList:
    """Add and take away some numbers by hand: the next text is judged by it. Raises NotFound, Invalid."""
    organisation_id = actor.organisation_id
    if len(add) + len(remove) > MOST_AT_ONCE:
        raise Invalid("too_many_numbers", f"at most {MOST_AT_ONCE} numbers at once", field="add")
    region = Organisation.objects.values_list("region", flat=True).get(id=organisation_id)
    given = {field: [_number(raw, region, field) for raw in raws] for field, raws in (("add", add), ("remove", remove))}
    with record_changes(organisation_id) as changes:
        one = lock_list(organisation_id, list_id)
        keys = {"organisation": organisation_id, "edition": one.edition_id}
        with connection.cursor() as cursor:
            cursor.execute(_ADD, {**keys, "numbers": given["add"]})
            added = cursor.rowcount
            cursor.execute(_REMOVE, {**keys, "numbers": given["remove"]})
            removed = cursor.rowcount
        if added or removed:
            one.size += added - removed
            ContactList.objects.filter(id=one.id).update(size=one.size, changed_at=Now())
            one.refresh_from_db()
            _note(actor, one, "list.numbers_changed", {"added": [None, added], "removed": [None, removed]})
            changes.add(SettingsChanged(kind="list", object_id=one.id))
    return one


def is_member(organisation_id: UUID, list_id: UUID, raw: str) -> tuple[str, bool]:
    """(the number in E.164, whether the list has it). Raises NotFound, Invalid."""
    one = list_of(organisation_id, list_id)
    region = Organisation.objects.values_list("region", flat=True).get(id=organisation_id)
    number = _number(raw, region, "number")
    return number, one.id in members(organisation_id, [one.id], [number]).get(number, ())


def _number(raw: str, region: str, field: str) -> str:
    number, reason = number_of(raw, region)
    if reason:
        raise Invalid("not_a_number", "this is no phone number", field=field)
    return number


def lock_list(organisation_id: UUID, list_id: UUID) -> ContactList:
    """Raises NotFound, Conflict("list_busy"): a file of a million numbers is being added at this moment."""
    # Not against references: a filter that names the list is checked at COMMIT, when it holds the event head.
    mine = ContactList.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id, id=list_id)
    try:
        found = mine.first()
    except OperationalError as error:
        if not isinstance(error.__cause__, errors.LockNotAvailable):
            raise
        raise Conflict("list_busy", "a file is being read into this list") from None
    if found is None:
        raise NotFound("no_list", "there is no such list")
    return found


def _note(actor: User, one: ContactList, action: str, changes: dict[str, list[object]]) -> None:
    audit.record(
        actor=actor, organisation_id=one.organisation_id, action=action, kind="list", object_id=one.id,
        name=one.name, changes=changes,
    )  # fmt: skip


# --- Editions that no list names any more ------------------------------------------------------------------------


def forget_editions_soon(organisation_id: UUID, editions: Sequence[UUID]) -> None:
    """In the transaction that lets go of them: none is forgotten to be forgotten."""
    request_job(
        kind=FORGET_KIND,
        organisation_id=organisation_id,
        arguments={"organisation_id": str(organisation_id), "editions": [str(one) for one in editions]},
    )


@job_kind(FORGET_KIND)
def forget_editions(
    job: RunningJob, organisation_id: str = "", editions: Sequence[str] = (), **_later: object
) -> dict[str, int]:
    """Delete their numbers, slice by slice. One that a list names after all stays."""
    forgotten = 0
    for edition in editions:
        if ContactList.objects.filter(edition_id=edition).exists():
            continue
        while True:
            with connection.cursor() as cursor:
                cursor.execute(_FORGET, {"organisation": organisation_id, "edition": edition, "limit": SLICE})
                forgotten += cursor.rowcount
                if cursor.rowcount < SLICE:
                    break
            job.progress(0.5)
    return {"forgotten": forgotten}
