"""The states that an organisation's agents may declare, in its own words; kept by its administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import User
from common.errors import Conflict, Invalid, NotFound
from common.text import name_of
from realtime.log import record_changes
from routing.models import DECLARED, CountsAs, Reason, State

MOST_PLACES = 1000
# What an organisation begins with: name, state, what it is in figures.
USUAL = (
    ("Disponible", State.AVAILABLE, CountsAs.READY),
    ("Occupé", State.BUSY, CountsAs.WORK),
    ("Pause", State.BREAK, CountsAs.PAUSE),
    ("Repas", State.BREAK, CountsAs.PAUSE),
    ("Formation", State.TRAINING, CountsAs.WORK),
    ("Réunion", State.BUSY, CountsAs.WORK),
    ("Absent", State.AWAY, CountsAs.ABSENT),
    ("Hors ligne", State.OFFLINE, CountsAs.ABSENT),
)


class ReasonView(TypedDict):
    id: str
    name: str
    state: str
    takes_work: bool
    counts_as: str
    position: int
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class ReasonFields:
    """What is asked for; None leaves a field as it is."""

    name: str | None = None
    state: str | None = None
    counts_as: str | None = None
    position: int | None = None
    is_enabled: bool | None = None


def make_usual(organisation_id: UUID) -> None:
    """The list that a new organisation begins with; one that has a list keeps it."""
    if not Reason.objects.filter(organisation_id=organisation_id).exists():
        Reason.objects.bulk_create(
            Reason(organisation_id=organisation_id, name=name, state=state, counts_as=counts_as, position=position)
            for position, (name, state, counts_as) in enumerate(USUAL)
        )


def reasons_of(organisation_id: UUID, *, enabled: bool = False) -> list[ReasonView]:
    found = Reason.objects.filter(organisation_id=organisation_id).order_by("position", "name")
    return [_view(one) for one in (found.filter(is_enabled=True) if enabled else found)]


def save_reason(*, actor: User, fields: ReasonFields, reason_id: UUID | None = None) -> ReasonView:
    """Make one, or change it. Raises NotFound("no_reason"), Invalid, Conflict("last_reason"): somebody must be able to
    say that he takes work."""
    before: dict[str, Any] = {}
    with record_changes(actor.organisation_id) as changes:
        if reason_id is None:
            reason = Reason(organisation_id=actor.organisation_id)
        else:
            found = Reason.objects.select_for_update().filter(organisation_id=actor.organisation_id, id=reason_id)
            known = found.first()
            if known is None:
                raise NotFound("no_reason", "there is no such reason")
            reason, before = known, dict(_view(known))
        _apply(reason, fields)
        described = audit.difference(before, dict(_view(reason)))
        described.pop("id", None)
        if not described:
            return _view(reason)
        reason.save()
        takes = Reason.objects.filter(organisation_id=actor.organisation_id, state=State.AVAILABLE, is_enabled=True)
        if before.get("takes_work") and not takes.exists():
            raise Conflict("last_reason", "one of them must take work")
        audit.record(
            actor=actor, organisation_id=actor.organisation_id, kind="reason", object_id=reason.id, name=reason.name,
            action="reason.changed" if before else "reason.created", changes=described,
        )  # fmt: skip
        changes.add(SettingsChanged(kind="reason", object_id=reason.id))
    return _view(reason)


def _apply(reason: Reason, fields: ReasonFields) -> None:
    if fields.name is not None:
        reason.name = fields.name
    reason.name = name_of(reason.name, longest=80, field="name")
    reason.state = one_of(fields.state, reason.state, DECLARED, "state")
    usual = CountsAs.READY if reason.state == State.AVAILABLE else CountsAs.ABSENT
    reason.counts_as = one_of(fields.counts_as, reason.counts_as or usual, CountsAs.values, "counts_as")
    reason.position = in_range(fields.position, reason.position, 0, MOST_PLACES, "position")
    if fields.is_enabled is not None:
        reason.is_enabled = fields.is_enabled
    same = Reason.objects.filter(organisation_id=reason.organisation_id, name=reason.name).exclude(id=reason.id)
    if same.exists():
        raise Invalid("name_taken", "this name is used already", field="name")


def one_of(given: str | None, now: str, allowed: Any, field: str) -> str:
    """The choice that was given, or the one that is; it must be among those allowed."""
    value = now if given is None else given
    if not value:
        raise Invalid("required", "this field is required", field=field)
    if value not in allowed:
        raise Invalid("unknown_choice", f"must be one of {', '.join(allowed)}", field=field)
    return value


def in_range(given: int | None, now: int, least: int, most: int, field: str) -> int:
    """The number that was given, or the one that is, between `least` and `most`."""
    value = now if given is None else given
    if not least <= value <= most:
        raise Invalid("out_of_range", f"from {least} to {most}", field=field, least=least, most=most)
    return value


def _view(reason: Reason) -> ReasonView:
    return {
        "id": str(reason.id),
        "name": reason.name,
        "state": str(reason.state),
        "takes_work": reason.state == State.AVAILABLE,
        "counts_as": str(reason.counts_as),
        "position": reason.position,
        "is_enabled": reason.is_enabled,
    }
