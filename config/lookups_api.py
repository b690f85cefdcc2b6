"""What bots may look up in the installation's own systems: sources, look-ups, and trying both."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from accounts.permissions import May, caller
from accounts.proof import require_fresh
from bots.lookups.look_up_admin import LookUpFields, look_ups_shown, save_look_up
from bots.lookups.source_admin import SourceFields, save_source
from bots.lookups.trying import try_look_up, try_source
from common.schemas import Plain, Words

router = Router(tags=["administration"])


class LookUpSourceShown(Schema):
    """`kind`: sql or rest. `settings`: its address; the secret is never shown."""

    id: UUID
    name: str
    kind: str
    settings: dict[str, Any]
    connect_ms: int
    is_enabled: bool
    has_secret: bool


class LookUpParameterShown(Schema):
    """`origin`: number (the conversation's own) or slot (gathered by the dialogue). `form`: e164, digits or national of
    a number; text, digits, integer, decimal or date of a slot."""

    name: str
    origin: str
    form: str
    slot: str


class LookUpColumnShown(Schema):
    name: str
    path: str


class LookUpShown(Schema):
    id: UUID
    name: str
    source_id: UUID
    parameters: list[LookUpParameterShown]
    query: str
    method: str
    path: str
    body: str
    rows_at: str
    columns: list[LookUpColumnShown]
    most_rows: int
    time_ms: int
    cached_s: int
    is_sensitive: bool
    is_enabled: bool


class LookUpsShown(Schema):
    items: list[LookUpShown]
    sources: list[LookUpSourceShown]


class LookUpSourceGiven(Schema):
    """What is left out stays as it is. `secret`: written, never read."""

    name: Words | None = None
    kind: Words | None = None
    settings: dict[Words, Plain] | None = None
    secret: Words | None = None
    connect_ms: int | None = None
    is_enabled: bool | None = None

    def fields(self) -> SourceFields:
        return SourceFields(**self.dict())


class LookUpParameterGiven(Schema):
    name: Words
    origin: Words
    form: Words
    slot: Words = ""


class LookUpColumnGiven(Schema):
    name: Words
    path: Words


class LookUpGiven(Schema):
    """What is left out stays as it is."""

    name: Words | None = None
    source_id: UUID | None = None
    parameters: list[LookUpParameterGiven] | None = None
    query: Annotated[Words, Field(max_length=8000)] | None = None
    method: Words | None = None
    path: Annotated[Words, Field(max_length=500)] | None = None
    body: Annotated[Words, Field(max_length=8000)] | None = None
    rows_at: Annotated[Words, Field(max_length=120)] | None = None
    columns: list[LookUpColumnGiven] | None = None
    most_rows: int | None = None
    time_ms: int | None = None
    cached_s: int | None = None
    is_sensitive: bool | None = None
    is_enabled: bool | None = None

    def fields(self) -> LookUpFields:
        return LookUpFields(**self.dict())


class LookUpTryGiven(Schema):
    """`values`: by slot, as the dialogue would have gathered them."""

    number: Annotated[Words, Field(max_length=60)] = ""
    values: dict[Words, Annotated[Words, Field(max_length=400)]] = {}


class LookUpTriedShown(Schema):
    """`outcome`: found, none, timeout or failed. `why`: one word of bots/lookups/failures.py; "": nothing is wrong."""

    outcome: str
    why: str
    hint: str
    rows: list[dict[str, str]]
    ms: int


class LookUpSourceTriedShown(Schema):
    """`result`: ok, or one word of bots/lookups/failures.py. `may_write`: tables that its role may change."""

    result: str
    hint: str
    ms: int
    may_write: int


@router.get("/lookups", auth=May("lookups.administer"), response=LookUpsShown)
def list_look_ups(request: HttpRequest) -> dict[str, Any]:
    return look_ups_shown(caller(request).organisation_id)


@router.post("/lookups", auth=May("lookups.administer"), response={201: LookUpShown})
def add_look_up(request: HttpRequest, given: LookUpGiven) -> Status[dict[str, Any]]:
    return Status(201, save_look_up(actor=caller(request), fields=given.fields()))


@router.patch("/lookups/{uuid:look_up_id}", auth=May("lookups.administer"), response=LookUpShown)
def change_look_up(request: HttpRequest, look_up_id: UUID, given: LookUpGiven) -> dict[str, Any]:
    return save_look_up(actor=caller(request), fields=given.fields(), look_up_id=look_up_id)


@router.post("/lookups/{uuid:look_up_id}/try", auth=May("lookups.administer"), response=LookUpTriedShown)
def try_one(request: HttpRequest, look_up_id: UUID, given: LookUpTryGiven) -> dict[str, Any]:
    """Without the one-time code, switched on or not; written in the audit log."""
    return try_look_up(actor=caller(request), look_up_id=look_up_id, number=given.number, values=given.values)


@router.post("/lookup-sources", auth=May("lookups.administer"), response={201: LookUpSourceShown})
def add_source(request: HttpRequest, given: LookUpSourceGiven) -> Status[dict[str, Any]]:
    if given.secret is not None:
        require_fresh(request)
    return Status(201, save_source(actor=caller(request), fields=given.fields()))


@router.patch("/lookup-sources/{uuid:source_id}", auth=May("lookups.administer"), response=LookUpSourceShown)
def change_source(request: HttpRequest, source_id: UUID, given: LookUpSourceGiven) -> dict[str, Any]:
    if given.secret is not None:
        require_fresh(request)
    return save_source(actor=caller(request), fields=given.fields(), source_id=source_id)


@router.post("/lookup-sources/{uuid:source_id}/test", auth=May("lookups.administer"), response=LookUpSourceTriedShown)
def test_source(request: HttpRequest, source_id: UUID) -> dict[str, Any]:
    """Connects anew; written in the audit log."""
    return try_source(actor=caller(request), source_id=source_id)
