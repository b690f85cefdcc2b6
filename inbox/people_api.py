"""People: what is known of one, changed field by field; notes, blocks, merges."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import AwareDatetime, Field

from accounts.permissions import May, caller
from common.schemas import Object, Words, as_json, schema_of
from contacts import record_link
from contacts.record_link import RecordSettings
from inbox import desk, people
from inbox.person_panel import AlikeView, PersonPanel, alike_view, person_panel

router = Router(tags=["people"])

PanelSchema: Any = schema_of(PersonPanel)
AlikeSchema: Any = schema_of(AlikeView)
RecordSchema: Any = schema_of(RecordSettings)
Side = Literal["kept", "gone"]


class PersonChange(Schema):
    """What is left out stays as it is. `values` by the attribute's key; null takes one away."""

    name: Annotated[Words, Field(max_length=400)] | None = None
    language: Literal["", "fr", "en"] | None = None
    tag_ids: Annotated[list[UUID], Field(max_length=200)] | None = None
    values: Annotated[dict[Words, Annotated[Words, Field(max_length=400)] | None], Field(max_length=100)] | None = None


class NoteGiven(Schema):
    body: Annotated[Words, Field(max_length=2000)]


class BlockGiven(Schema):
    """`until` null: for ever."""

    reason: Annotated[Words, Field(max_length=300)]
    until: AwareDatetime | None = None


class MergeGiven(Schema):
    """The person of the address stays ("kept"), `other_id` becomes a part of it ("gone"). What is not chosen: what
    "kept" has, and where it has nothing, what "gone" has. `values` by the attribute's key."""

    other_id: UUID
    name: Side | None = None
    language: Side | None = None
    values: Annotated[dict[Words, Side], Field(max_length=100)] = {}


class SplitGiven(Schema):
    merge_id: UUID


class RecordGiven(Schema):
    name: Annotated[Words, Field(max_length=60)] = ""
    template: Annotated[Words, Field(max_length=500)] = ""


class AlikeShown(Schema):
    items: list[AlikeSchema]


@router.get("/people/{uuid:contact_id}", auth=May("people.read"), response=PanelSchema)
def read_person(request: HttpRequest, contact_id: UUID) -> HttpResponse:
    return _panel(request, contact_id)


@router.patch("/people/{uuid:contact_id}", auth=May("people.change"), response=PanelSchema)
def change_person(request: HttpRequest, contact_id: UUID, given: Annotated[PersonChange, Object]) -> HttpResponse:
    _seen(request, contact_id)
    people.change_person(
        user=caller(request), contact_id=contact_id, name=given.name, language=given.language, tag_ids=given.tag_ids,
        values=given.values,
    )  # fmt: skip
    return _panel(request, contact_id)


@router.post("/people/{uuid:contact_id}/notes", auth=May("people.change"), response=PanelSchema)
def write_note(request: HttpRequest, contact_id: UUID, given: NoteGiven) -> HttpResponse:
    _seen(request, contact_id)
    people.write_note(user=caller(request), contact_id=contact_id, body=given.body)
    return _panel(request, contact_id)


@router.put("/people/{uuid:contact_id}/notes/{uuid:note_id}", auth=May("people.change"), response=PanelSchema)
def edit_note(request: HttpRequest, contact_id: UUID, note_id: UUID, given: NoteGiven) -> HttpResponse:
    """Its author's alone (403 not_author). An empty body forgets it."""
    _seen(request, contact_id)
    people.edit_note(user=caller(request), contact_id=contact_id, note_id=note_id, body=given.body)
    return _panel(request, contact_id)


@router.put("/people/{uuid:contact_id}/block", auth=May("people.block"), response=PanelSchema)
def block(request: HttpRequest, contact_id: UUID, given: BlockGiven) -> HttpResponse:
    """What the person writes is stored and shown, and neither answered nor routed. STOP and START are obeyed."""
    _seen(request, contact_id)
    people.block_person(user=caller(request), contact_id=contact_id, reason=given.reason, until=given.until)
    return _panel(request, contact_id)


@router.delete("/people/{uuid:contact_id}/block", auth=May("people.block"), response=PanelSchema)
def unblock(request: HttpRequest, contact_id: UUID) -> HttpResponse:
    _seen(request, contact_id)
    people.unblock_person(user=caller(request), contact_id=contact_id)
    return _panel(request, contact_id)


@router.get("/people/{uuid:contact_id}/alike", auth=May("people.merge"), response=AlikeShown)
def read_alike(request: HttpRequest, contact_id: UUID) -> HttpResponse:
    """Who may be the same person, and why one may think so."""
    return as_json({"items": alike_view(desk.audience(caller(request)), contact_id)})


@router.post("/people/{uuid:contact_id}/merge", auth=May("people.merge"), response=PanelSchema)
def merge(request: HttpRequest, contact_id: UUID, given: MergeGiven) -> HttpResponse:
    """409 same_person. Each number keeps its conversations and what was said about texting it."""
    _seen(request, contact_id)
    _seen(request, given.other_id)
    people.merge_people(
        user=caller(request), kept_id=contact_id, gone_id=given.other_id, name=given.name, language=given.language,
        values=given.values,
    )  # fmt: skip
    return _panel(request, contact_id)


@router.post("/people/{uuid:contact_id}/split", auth=May("people.merge"), response=PanelSchema)
def split(request: HttpRequest, contact_id: UUID, given: SplitGiven) -> HttpResponse:
    """Take a merge back. 409 split_already."""
    _seen(request, contact_id)
    people.split_people(user=caller(request), contact_id=contact_id, merge_id=given.merge_id)
    return _panel(request, contact_id)


@router.get("/admin/record-link", auth=May("contacts.administer"), response=RecordSchema)
def read_record_link(request: HttpRequest) -> HttpResponse:
    return as_json(record_link.settings_of(caller(request).organisation_id))


@router.put("/admin/record-link", auth=May("contacts.administer"), response=RecordSchema)
def save_record_link(request: HttpRequest, given: Annotated[RecordGiven, Object]) -> HttpResponse:
    """The client's own record of a person: https only; {number}, {digits} and the keys of attributes stand for theirs.
    An empty template takes it away."""
    return as_json(record_link.save(actor=caller(request), name=given.name, template=given.template))


def _seen(request: HttpRequest, contact_id: UUID) -> None:
    people.seen_person(desk.audience(caller(request)), contact_id)


def _panel(request: HttpRequest, contact_id: UUID) -> HttpResponse:
    user = caller(request)
    return as_json(person_panel(desk.audience(user), user, contact_id))
