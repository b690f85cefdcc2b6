"""How conversations of a queue may end, in the words of who administers it: rules, audit line and event in one
transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import User
from common.errors import Invalid, NotFound
from common.text import name_of
from realtime.log import record_changes, take_event_head
from routing.models import Disposition, Queue
from routing.reasons import MOST_PLACES, in_range


class DispositionView(TypedDict):
    id: str
    queue_id: str
    name: str
    position: int
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class DispositionFields:
    """What is asked for; None leaves a field as it is. The queue is chosen once."""

    queue_id: UUID | None = None
    name: str | None = None
    position: int | None = None
    is_enabled: bool | None = None


def dispositions_of(organisation_id: UUID) -> list[DispositionView]:
    """All, also those out of use: conversations were closed with them."""
    found = Disposition.objects.filter(organisation_id=organisation_id).order_by("queue_id", "position", "name")
    return [_disposition(one) for one in found]


def save_disposition(*, actor: User, fields: DispositionFields, disposition_id: UUID | None = None) -> DispositionView:
    """Make one for a queue, or change it. Raises NotFound("no_disposition"), Invalid."""
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        before: dict[str, Any] = {}
        if disposition_id is None:
            if fields.queue_id is None:
                raise Invalid("required", "of which queue", field="queue_id")
            if not Queue.objects.filter(organisation_id=organisation_id, id=fields.queue_id).exists():
                raise Invalid("unknown_choice", "there is no such queue", field="queue_id")
            one = Disposition(organisation_id=organisation_id, queue_id=fields.queue_id)
        else:
            mine = Disposition.objects.select_for_update(no_key=True)
            known = mine.filter(organisation_id=organisation_id, id=disposition_id).first()
            if known is None:
                raise NotFound("no_disposition", "there is no such disposition")
            one, before = known, dict(_disposition(known))
        if fields.name is not None:
            one.name = fields.name
        one.name = name_of(one.name, longest=80, field="name")
        one.position = in_range(fields.position, one.position, 0, MOST_PLACES, "position")
        if fields.is_enabled is not None:
            one.is_enabled = fields.is_enabled
        if Disposition.objects.filter(queue_id=one.queue_id, name=one.name).exclude(id=one.id).exists():
            raise Invalid("name_taken", "this name is used already", field="name")
        described = audit.difference(before, dict(_disposition(one)))
        described.pop("id", None)
        if described.pop("queue_id", None):  # chosen once; by its name, for whoever reads it later
            described["queue"] = [None, one.queue.name]
        if described:
            if before and "name" in described:
                take_event_head(organisation_id)
            one.save()
            audit.record(
                actor=actor, organisation_id=organisation_id, kind="disposition", object_id=one.id, name=one.name,
                action="disposition.changed" if before else "disposition.created", changes=described,
            )  # fmt: skip
            changes.add(SettingsChanged(kind="disposition", object_id=one.id))
    return _disposition(one)


def _disposition(one: Disposition) -> DispositionView:
    return {
        "id": str(one.id),
        "queue_id": str(one.queue_id),
        "name": one.name,
        "position": one.position,
        "is_enabled": one.is_enabled,
    }
