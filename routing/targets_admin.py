"""Setting the targets of queues and lines: rules, audit line and event in one transaction."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypedDict
from uuid import UUID

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import User
from common.errors import Conflict, Invalid, NotFound
from conversations.models import SHORT_CODES_FIRST, Line
from realtime.log import record_changes
from routing.models import Queue, Targets

LONGEST_S = 90 * 86_400


class TargetsView(TypedDict):
    """`kind`: "queue" or "line". Seconds; None: no such target."""

    kind: str
    id: UUID
    name: str
    first_s: int | None
    next_s: int | None
    resolution_s: int | None
    is_business: bool
    warn_percent: int


@dataclass(frozen=True, slots=True)
class TargetsFields:
    """All of them at once; with no target left, the queue or line has none of its own."""

    first_s: int | None
    next_s: int | None
    resolution_s: int | None
    is_business: bool
    warn_percent: int


def targets_shown(organisation_id: UUID) -> list[TargetsView]:
    """Each queue, then each line, with its own targets."""
    own = list(Targets.objects.filter(organisation_id=organisation_id))
    of_queues, of_lines = {one.queue_id: one for one in own}, {one.line_id: one for one in own}
    queues = Queue.objects.filter(organisation_id=organisation_id).order_by("name").values_list("id", "name")
    lines = Line.objects.filter(organisation_id=organisation_id).order_by(*SHORT_CODES_FIRST)
    return [_view("queue", id_, name, of_queues.get(id_)) for id_, name in queues] + [
        _view("line", line.id, f"{line.address} · {line.name}", of_lines.get(line.id)) for line in lines
    ]


def _view(kind: str, id_: UUID, name: str, found: Targets | None) -> TargetsView:
    one = found or Targets()
    return {
        "kind": kind, "id": id_, "name": name, "first_s": one.first_s, "next_s": one.next_s,
        "resolution_s": one.resolution_s, "is_business": one.is_business, "warn_percent": one.warn_percent,
    }  # fmt: skip


def save_targets(
    *, actor: User, kind: Literal["queue", "line"], id_: UUID, fields: TargetsFields, was: TargetsFields | None = None
) -> list[TargetsView]:
    """Of a queue or a line. What runs already follows within a minute, with up to 10,000 open conversations
    (routing/deadline_watch.py).

    `was`: what the caller has seen. Raises NotFound, Conflict("targets_changed") when they are others by now, Invalid:
    "target_range", "warn_percent".
    """
    for name in ("first_s", "next_s", "resolution_s"):
        value = getattr(fields, name)
        if value is not None and not 1 <= value <= LONGEST_S:
            raise Invalid("target_range", "from 1 second to 90 days", field=name)
    if not 1 <= fields.warn_percent <= 99:
        raise Invalid("warn_percent", "from 1 to 99 percent", field="warn_percent")
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        name = _name_of(organisation_id, kind, id_)
        mine: dict[str, Any] = {f"{kind}_id": id_}
        found = Targets.objects.select_for_update().filter(organisation_id=organisation_id, **mine).first()
        before = _facts(found)
        if was is not None and asdict(was) != _facts(found or Targets()):
            raise Conflict("targets_changed", "somebody has changed these targets since you opened them")
        if fields.first_s is None and fields.next_s is None and fields.resolution_s is None:
            if found is not None:
                found.delete()
            found = None
        else:
            found = found or Targets(organisation_id=organisation_id, **mine)
            for field in ("first_s", "next_s", "resolution_s", "is_business", "warn_percent"):
                setattr(found, field, getattr(fields, field))
            found.save()
        changed = audit.difference(before, _facts(found)) if found is not None or before else {}
        if found is None and before:
            changed = {field: [value, None] for field, value in before.items()}
        if changed:
            audit.record(
                actor=actor, organisation_id=organisation_id, action=f"{kind}.targets", kind=kind, object_id=id_,
                name=name, changes=changed,
            )  # fmt: skip
            changes.add(SettingsChanged(kind="targets", object_id=id_))
    return targets_shown(organisation_id)


def _name_of(organisation_id: UUID, kind: str, id_: UUID) -> str:
    # Held until COMMIT, so that two who set the first targets of one thing come one after the other.
    if kind == "queue":
        queue = Queue.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id, id=id_).first()
        if queue is None:
            raise NotFound("no_queue", "there is no such queue")
        return queue.name
    line = Line.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id, id=id_).first()
    if line is None:
        raise NotFound("no_line", "there is no such line")
    return str(line)


def _facts(found: Targets | None) -> dict[str, Any]:
    if found is None:
        return {}
    names = ("first_s", "next_s", "resolution_s", "is_business", "warn_percent")
    return {name: getattr(found, name) for name in names}
