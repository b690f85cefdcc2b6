"""Blocking a person: what he writes is stored and shown, and nobody and nothing answers it by itself.

The intake asks a column of the address that it reads anyway, and lays such a text before no dispatcher: no bot, queue,
filter, agent or target hears of it (conversations/intake.py). STOP and START are obeyed as ever: they stand before that
question. Each function expects the caller's transaction and a locked person (contacts.persons.lock_people).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Max

from accounts import audit
from accounts.models import User
from common.errors import Invalid, NotFound
from common.text import name_of
from contacts.models import Address, Block, Contact

FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)  # "infinity" is none of Python's times
LONGEST_REASON = 300


def block(person: Contact, *, actor: User, reason: str, until: datetime | None, now: datetime) -> None:
    """Until a time, or None for ever; again, it replaces what was said. Raises Invalid: "required", "too_long",
    "past"."""
    why = name_of(reason, longest=LONGEST_REASON, field="reason")
    if until is not None and until <= now:
        raise Invalid("past", "this time is over", field="until")
    end = until or FOR_EVER
    Block.objects.update_or_create(
        contact=person,
        defaults={"organisation_id": person.organisation_id, "reason": why, "until": end, "by": actor, "at": now},
    )
    tell_addresses(person.organisation_id, person.id)
    _note(actor, person, "contact.blocked", {"until": [None, end.isoformat() if until else "∞"]})


def unblock(person: Contact, *, actor: User) -> None:
    """Of all his contacts. Raises NotFound("not_blocked")."""
    ours = [person.id, *Contact.objects.filter(merged_into_id=person.id).values_list("id", flat=True)]
    if not Block.objects.filter(contact_id__in=ours).delete()[0]:
        raise NotFound("not_blocked", "this person is not blocked")
    tell_addresses(person.organisation_id, person.id)
    _note(actor, person, "contact.unblocked", {"until": [True, None]})


def block_of(contact_ids: Collection[UUID], now: datetime) -> Block | None:
    """The longest block of a person's contacts that is not over."""
    return (
        Block.objects.filter(contact_id__in=contact_ids, until__gt=now).select_related("by").order_by("-until").first()
    )


def tell_addresses(organisation_id: UUID, main_id: UUID) -> None:
    """Write the block of a person into all his addresses: the longest of his contacts' holds for each."""
    ours = [main_id, *Contact.objects.filter(merged_into_id=main_id).values_list("id", flat=True)]
    until = Block.objects.filter(contact_id__in=ours).aggregate(until=Max("until"))["until"]
    # In the order of the intake, which may be making one of them.
    keys = Address.objects.filter(organisation_id=organisation_id, contact_id__in=ours).order_by("kind", "value")
    ids = list(keys.select_for_update(no_key=True).values_list("id", flat=True))
    Address.objects.filter(id__in=ids).update(blocked_until=until)


def _note(actor: User, person: Contact, action: str, changes: dict[str, list[object]]) -> None:
    audit.record(
        actor=actor, organisation_id=person.organisation_id, action=action, kind="contact", object_id=person.id,
        name="", changes=changes,
    )  # fmt: skip
