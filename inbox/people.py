"""What colleagues do about a person: one verb, one transaction, and its events for every desk that shows him.

Who may see a person: whoever may see one of his conversations; others are told that there is no such person.
Lock order: the person's contacts, his addresses, his conversations, event head last (contacts/persons.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.models import User
from common.clock import database_now
from common.errors import NotFound
from contacts import blocking, merging, persons
from contacts.merging import Side
from contacts.models import Merge
from conversations.events import PersonChanged
from conversations.models import Status
from conversations.visibility import conversations_of
from realtime.audience import Audience
from realtime.log import Changes, record_changes
from routing.ownership import close

MOST_TOLD = 50  # conversations of one person that hear of a change: those that go on, and the newest that are over

# The conversation's revision goes up with what is shown in its row: of two rows a screen keeps the newer.
_TOUCH = """
with his as materialized (
    select id from conversations_conversation
    where organisation_id = %(organisation)s and contact_id = any(%(contacts)s)
    order by (status <> 'closed') desc, opened_at desc limit %(most)s
), held as materialized (
    select c.id from conversations_conversation c join his using (id)
    order by c.line_id, c.contact_id, c.thread_key, c.id for no key update of c
)
update conversations_conversation c set revision = revision + 1 from held where c.id = held.id
returning c.id, c.line_id, c.status
"""
_LEAVE = "delete from conversations_unhandled where conversation_id = any(%s)"


def seen_person(audience: Audience, contact_id: UUID) -> list[UUID]:
    """All contacts of a person whom this audience may see, the one that stands for him first. Raises NotFound."""
    ours = persons.members(audience.organisation_id, contact_id)
    if not conversations_of(audience).filter(contact_id__in=ours).exists():
        raise NotFound("no_person", "there is no such person")
    return ours


def change_person(
    *, user: User, contact_id: UUID, name: str | None, language: str | None, tag_ids: Sequence[UUID] | None,
    values: Mapping[str, str | None] | None,
) -> None:  # fmt: skip
    """None leaves a part as it is. Raises NotFound, Invalid."""
    with record_changes(user.organisation_id) as changes:
        person = persons.locked_person(user.organisation_id, contact_id)
        if persons.change(person, actor=user, name=name, language=language, tag_ids=tag_ids, values=values):
            _tell(changes, person.id)


def write_note(*, user: User, contact_id: UUID, body: str) -> None:
    """Raises NotFound, Invalid."""
    with record_changes(user.organisation_id) as changes:
        person = persons.locked_person(user.organisation_id, contact_id)
        persons.add_note(person, actor=user, body=body)
        _tell(changes, person.id)


def edit_note(*, user: User, contact_id: UUID, note_id: UUID, body: str) -> None:
    """Raises NotFound, NotAllowed, Invalid."""
    with record_changes(user.organisation_id) as changes:
        person = persons.locked_person(user.organisation_id, contact_id)
        persons.edit_note(person, actor=user, note_id=note_id, body=body)
        _tell(changes, person.id)


def block_person(
    *, user: User, contact_id: UUID, reason: str, until: datetime | None, now: datetime | None = None
) -> None:
    """Nothing is decided any more about what he writes; what of his waits for a bot or in a queue is closed, what an
    agent has stays the agent's. Raises NotFound, Invalid."""
    with record_changes(user.organisation_id) as changes:
        person = persons.locked_person(user.organisation_id, contact_id)
        blocking.block(person, actor=user, reason=reason, until=until, now=now or database_now())
        told = _tell(changes, person.id)
        with connection.cursor() as cursor:
            cursor.execute(_LEAVE, [[id_ for id_, _ in told]])
    for id_, status in told:
        if status in (Status.BOT, Status.QUEUED):
            close(user=user, conversation_id=id_)


def unblock_person(*, user: User, contact_id: UUID) -> None:
    """Raises NotFound."""
    with record_changes(user.organisation_id) as changes:
        person = persons.locked_person(user.organisation_id, contact_id)
        blocking.unblock(person, actor=user)
        _tell(changes, person.id)


def merge_people(
    *, user: User, kept_id: UUID, gone_id: UUID, name: Side | None, language: Side | None, values: Mapping[str, Side]
) -> Merge:
    """Raises NotFound, Conflict."""
    with record_changes(user.organisation_id) as changes:
        row = merging.merge(
            actor=user, kept_id=kept_id, gone_id=gone_id, name=name, language=language, values=values
        )  # fmt: skip
        _tell(changes, row.kept_id)
    return row


def split_people(*, user: User, contact_id: UUID, merge_id: UUID) -> None:
    """Raises NotFound, Conflict."""
    if not Merge.objects.filter(
        id=merge_id, organisation_id=user.organisation_id,
        gone_id__in=persons.members(user.organisation_id, contact_id),
    ).exists():  # fmt: skip
        raise NotFound("no_merge", "there is no such merge")
    with record_changes(user.organisation_id) as changes:
        row = merging.split(actor=user, merge_id=merge_id)
        _tell(changes, row.kept_id, row.gone_id)


def _tell(changes: Changes, *contact_ids: UUID) -> list[tuple[UUID, str]]:
    """Say so to every desk that shows one of these persons' conversations; returns (conversation, status) of each."""
    contacts: set[UUID] = set()
    for one in contact_ids:
        contacts |= set(persons.members(changes.organisation_id, one))
    with connection.cursor() as cursor:
        cursor.execute(_TOUCH, {"organisation": changes.organisation_id, "contacts": list(contacts), "most": MOST_TOLD})
        rows = sorted(cursor.fetchall())
    for id_, line_id, _ in rows:
        changes.add(PersonChanged(line_id=line_id, conversation_id=id_))
    return [(id_, status) for id_, _, status in rows]
