"""The audit log: a line for each administrative deed, in the transaction of the deed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts.models import Audit, User

SET = "set"  # what stands in the log for a secret


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """{field: [before, after]} of the fields of `after` that differ. Nested mappings are compared field by field."""
    changes: dict[str, list[Any]] = {}
    for field, new in after.items():
        old = before.get(field)
        if old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            gone = {name: None for name in old if name not in new}
            for name, pair in difference(old, {**new, **gone}).items():
                changes[f"{field}.{name}"] = pair
        else:
            changes[field] = [old, new]
    return changes


def record(
    *, actor: User | None, organisation_id: UUID, action: str, kind: str, object_id: UUID, name: str,
    changes: Mapping[str, list[Any]],
) -> None:  # fmt: skip
    """Store one line. `changes` must hold JSON values, and SET in the place of any secret."""
    Audit.objects.create(
        organisation_id=organisation_id,
        actor=actor,
        action=action,
        object_kind=kind,
        object_id=object_id,
        object_name=name[:200],
        changes=dict(changes),
    )


def newest(organisation_id: UUID, limit: int) -> list[dict[str, Any]]:
    """The last `limit` lines, newest first."""
    return [
        {"id": id_, "at": at, "actor": actor, "action": action, "object": name, "kind": kind, "changes": changes}
        for id_, at, actor, action, kind, name, changes in Audit.objects.filter(organisation_id=organisation_id)
        .order_by("-id")
        .values_list("id", "at", "actor__name", "action", "object_kind", "object_name", "changes")[:limit]
    ]
