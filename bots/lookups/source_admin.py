"""Making and changing sources: rules, audit line and event in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import User
from bots.lookups.models import Source, SourceKind
from bots.lookups.source_settings import check_secret, read_rest, read_sql
from common.errors import Conflict, Invalid, NotFound
from common.secrets import seal
from common.text import name_of
from realtime.log import record_changes

LEAST_CONNECT_MS, MOST_CONNECT_MS = 100, 1000
MOST_SOURCES = 50
# Where any of these changes, the stored secret would be sent to somebody who has not been given it.
_WHOM = ("host", "port", "user", "url", "auth", "auth_name", "sslmode", "authority")


@dataclass(frozen=True, slots=True)
class SourceFields:
    """What is asked for; None leaves a field as it is. `settings` are merged by name, null takes a name away. `secret`
    can be written and never read."""

    name: str | None = None
    kind: str | None = None
    settings: Mapping[str, Any] | None = None
    secret: str | None = field(default=None, repr=False)
    connect_ms: int | None = None
    is_enabled: bool | None = None


def save_source(*, actor: User, fields: SourceFields, source_id: UUID | None = None) -> dict[str, Any]:
    """Make a source (`source_id` None) or change one of the actor's organisation. Raises NotFound, Conflict, Invalid
    with the field: a setting's is "settings.<name>"."""
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        if source_id is None:
            source, before = Source(organisation_id=organisation_id, kind="", settings={}), {}
            if Source.objects.filter(organisation_id=organisation_id).count() >= MOST_SOURCES:
                raise Conflict("lookup_too_many", f"at most {MOST_SOURCES}")
        else:
            mine = Source.objects.select_for_update(no_key=True)
            found = mine.filter(organisation_id=organisation_id, id=source_id).first()
            if found is None:
                raise NotFound("no_lookup_source", "there is no such source")
            source, before = found, _described(found)
        _apply(source, fields, had=before)
        described = audit.difference(before, _described(source))
        if fields.secret:
            described["secret"] = [audit.SET if before.get("has_secret") else None, audit.SET]
        described.pop("has_secret", None)
        if before and not described:
            return shown(source)
        taken = Source.objects.filter(organisation_id=organisation_id, name=source.name).exclude(id=source.id)
        if taken.exists():
            raise Invalid("name_taken", "another one has this name", field="name")
        source.revision += 1 if before else 0
        source.save(force_insert=not before)
        audit.record(
            actor=actor, organisation_id=organisation_id,
            action="lookup_source.changed" if before else "lookup_source.created", kind="lookup_source",
            object_id=source.id, name=source.name, changes=described,
        )  # fmt: skip
        changes.add(SettingsChanged(kind="lookup_source", object_id=source.id))
    return shown(source)


def _apply(source: Source, fields: SourceFields, *, had: Mapping[str, Any]) -> None:
    if fields.kind is not None and fields.kind != source.kind:
        if had:
            raise Conflict("lookup_kind_fixed", "a source keeps its kind: make another one")
        source.kind = fields.kind
    if source.kind not in SourceKind.values:
        raise Invalid("unknown_choice", f"one of {', '.join(SourceKind.values)}", field="kind")
    source.name = name_of(source.name if fields.name is None else fields.name, longest=80, field="name")
    if fields.settings is not None:
        merged = {**source.settings, **fields.settings}
        source.settings = {name: value for name, value in merged.items() if value not in (None, "")}
    (read_sql if source.kind == SourceKind.SQL else read_rest)(source.settings)
    if fields.connect_ms is not None:
        if not LEAST_CONNECT_MS <= fields.connect_ms <= MOST_CONNECT_MS:
            raise Invalid("lookup_connect", f"{LEAST_CONNECT_MS} to {MOST_CONNECT_MS} ms", field="connect_ms")
        source.connect_ms = fields.connect_ms
    if fields.is_enabled is not None:
        source.is_enabled = fields.is_enabled
    if fields.secret:
        check_secret(fields.secret)
        source.secret = seal(fields.secret)
    elif had.get("has_secret") and any(had["settings"].get(one) != source.settings.get(one) for one in _WHOM):
        raise Invalid("lookup_secret_again", "enter the secret again: it would go to another place", field="secret")
    if not source.secret and (source.kind == SourceKind.SQL or source.settings.get("auth", "none") != "none"):
        raise Invalid("required", "this field is required", field="secret")


def _described(source: Source) -> dict[str, Any]:
    return {
        "name": source.name,
        "kind": source.kind,
        "settings": dict(source.settings),
        "connect_ms": source.connect_ms,
        "is_enabled": source.is_enabled,
        "has_secret": bool(source.secret),
    }


def shown(source: Source) -> dict[str, Any]:
    """As the administration shows it; never the secret."""
    return {"id": source.id, **_described(source)}


def sources_shown(organisation_id: UUID) -> list[dict[str, Any]]:
    return [shown(one) for one in Source.objects.filter(organisation_id=organisation_id).order_by("name", "id")]
