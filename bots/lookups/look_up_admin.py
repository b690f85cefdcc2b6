"""Making and changing look-ups: rules, audit line and event in one transaction."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import User
from bots.lookups import rest_text, sql_text
from bots.lookups.models import LEAST_MS, MOST_CACHED_S, MOST_MS, MOST_ROWS, Definition, Source, SourceKind
from bots.lookups.source_admin import sources_shown
from bots.lookups.values import FORMS, NUMBER, SLOT, TYPES
from common.errors import Conflict, Invalid, NotFound
from realtime.log import record_changes

MOST_LOOK_UPS, MOST_PARAMETERS = 200, 10
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
# What the query is of each kind of source; the rest is emptied.
_OF_KIND = {
    SourceKind.SQL: ("query",),
    SourceKind.REST: ("method", "path", "body", "rows_at", "columns"),
}
_PLAIN = ("name", "query", "method", "path", "body", "rows_at", "most_rows", "time_ms", "cached_s", "is_sensitive",
          "is_enabled")  # fmt: skip


@dataclass(frozen=True, slots=True)
class LookUpFields:
    """What is asked for; None leaves a field as it is."""

    name: str | None = None
    source_id: UUID | None = None
    parameters: Sequence[Mapping[str, Any]] | None = None
    query: str | None = None
    method: str | None = None
    path: str | None = None
    body: str | None = None
    rows_at: str | None = None
    columns: Sequence[Mapping[str, Any]] | None = None
    most_rows: int | None = None
    time_ms: int | None = None
    cached_s: int | None = None
    is_sensitive: bool | None = None
    is_enabled: bool | None = None


def save_look_up(*, actor: User, fields: LookUpFields, look_up_id: UUID | None = None) -> dict[str, Any]:
    """Make a look-up (`look_up_id` None) or change one of the actor's organisation; the next turn goes by it.

    Raises NotFound, Conflict, Invalid with the field: of a value "parameters.0.name", of a column "columns.0.path".
    """
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        if look_up_id is None:
            one, before = Definition(organisation_id=organisation_id, name=""), {}
            if Definition.objects.filter(organisation_id=organisation_id).count() >= MOST_LOOK_UPS:
                raise Conflict("lookup_too_many", f"at most {MOST_LOOK_UPS}")
        else:
            one = the_look_up(organisation_id, look_up_id, to_change=True)
            before = _described(one)
        _apply(one, fields)
        described = audit.difference(before, _described(one))
        if before and not described:
            return shown(one)
        if Definition.objects.filter(organisation_id=organisation_id, name=one.name).exclude(id=one.id).exists():
            raise Invalid("name_taken", "another one has this name", field="name")
        one.revision += 1 if before else 0
        one.save(force_insert=not before)
        audit.record(
            actor=actor, organisation_id=organisation_id, action="lookup.changed" if before else "lookup.created",
            kind="lookup", object_id=one.id, name=one.name, changes=described,
        )  # fmt: skip
        changes.add(SettingsChanged(kind="lookup", object_id=one.id))
    return shown(one)


def the_look_up(organisation_id: UUID, look_up_id: UUID, *, to_change: bool = False) -> Definition:
    """Raises NotFound."""
    mine = Definition.objects.select_related("source")
    if to_change:
        mine = mine.select_for_update(no_key=True, of=("self",))
    found = mine.filter(organisation_id=organisation_id, id=look_up_id).first()
    if found is None:
        raise NotFound("no_lookup", "there is no such look-up")
    return found


def _apply(one: Definition, fields: LookUpFields) -> None:
    if fields.source_id is not None:
        source = Source.objects.filter(organisation_id=one.organisation_id, id=fields.source_id).first()
        if source is None:
            raise NotFound("no_lookup_source", "there is no such source")
        one.source = source
    elif one.source_id is None:
        raise Invalid("required", "this field is required", field="source_id")
    for name in _PLAIN:
        if (value := getattr(fields, name)) is not None:
            setattr(one, name, value.strip() if isinstance(value, str) else value)
    if not _NAME.fullmatch(one.name):
        raise Invalid("lookup_name", "small letters, digits and _", field="name")
    if fields.parameters is not None:
        one.parameters = _parameters(fields.parameters)
    if fields.columns is not None:
        one.columns = [{"name": str(of["name"]), "path": str(of["path"])} for of in fields.columns]
    _check_bounds(one)
    known = [of["name"] for of in one.parameters]
    kind = SourceKind(one.source.kind)
    for names in (names for of, names in _OF_KIND.items() if of != kind):
        for name in names:
            setattr(one, name, {"method": "GET", "columns": []}.get(name, ""))
    if kind == SourceKind.SQL:
        sql_text.read(one.query, known)
    else:
        rest_text.check(
            method=one.method, path=one.path, body=one.body, rows_at=one.rows_at, columns=one.columns, known=known
        )
    if one.is_sensitive and not any(of["origin"] == NUMBER for of in one.parameters):
        raise Invalid("lookup_sensitive", "what is sensitive is asked of the number that writes", field="is_sensitive")
    if one.is_sensitive and one.cached_s:
        raise Invalid("lookup_sensitive_kept", "what is sensitive is not kept", field="cached_s")


def _check_bounds(one: Definition) -> None:
    bounds = (("most_rows", 1, MOST_ROWS), ("time_ms", LEAST_MS, MOST_MS), ("cached_s", 0, MOST_CACHED_S))
    for name, least, most in bounds:
        if not least <= getattr(one, name) <= most:
            raise Invalid("lookup_bounds", f"from {least} to {most}", field=name, least=least, most=most)


def _parameters(given: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    if len(given) > MOST_PARAMETERS:
        raise Invalid("lookup_parameters", f"at most {MOST_PARAMETERS}", field="parameters")
    found: list[dict[str, str]] = []
    for place, one in enumerate(given):
        where = f"parameters.{place}"
        name, origin, form, slot = (str(one.get(key) or "") for key in ("name", "origin", "form", "slot"))
        if not _NAME.fullmatch(name) or any(name == other["name"] for other in found):
            raise Invalid("lookup_name", "small letters, digits and _", field=f"{where}.name")
        if origin not in (NUMBER, SLOT):
            raise Invalid("unknown_choice", "one of number, slot", field=f"{where}.origin")
        if form not in (FORMS if origin == NUMBER else TYPES):
            raise Invalid("unknown_choice", "no such form", field=f"{where}.form")
        if origin == SLOT and not _NAME.fullmatch(slot):
            raise Invalid("lookup_name", "small letters, digits and _", field=f"{where}.slot")
        found.append({"name": name, "origin": origin, "form": form, "slot": slot if origin == SLOT else ""})
    return found


def _described(one: Definition) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in _PLAIN},
        "source_id": str(one.source_id),
        "parameters": one.parameters,
        "columns": one.columns,
    }


def shown(one: Definition) -> dict[str, Any]:
    return {"id": one.id, **_described(one)}


def look_ups_shown(organisation_id: UUID) -> dict[str, Any]:
    """Look-ups and the sources that they ask, as the administration shows them."""
    found = Definition.objects.filter(organisation_id=organisation_id).order_by("name")
    return {"items": [shown(one) for one in found], "sources": sources_shown(organisation_id)}
