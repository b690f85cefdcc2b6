"""Lists of numbers and the files that fill them; tags and typed attributes of people."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from itertools import islice
from typing import Annotated, Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from accounts.permissions import May, caller
from common.schemas import Words, schema_of
from contacts import people, uploads
from contacts.lists import (
    ListFields,
    change_numbers,
    delete_list,
    is_member,
    lists_of,
    save_list,
)
from contacts.models import Attribute, ContactList, ListProblem, Tag
from contacts.people import AttributeFields
from contacts.uploads import UploadView

router = Router(tags=["administration"])

UploadSchema: Any = schema_of(UploadView)


class ListShown(Schema):
    id: UUID
    name: str
    kind: str
    size: int
    changed_at: datetime


class ListsShown(Schema):
    items: list[ListShown]


class ListGiven(Schema):
    name: Words | None = None
    kind: Words | None = None


class MemberShown(Schema):
    number: str
    is_in: bool


class ListNumbersGiven(Schema):
    add: list[Words] = []
    remove: list[Words] = []


class UploadGiven(Schema):
    """`octets`: how large the file is. `replaces`: it takes the list's place; else its numbers are added."""

    name: Words
    octets: int
    replaces: bool = False


class PieceGiven(Schema):
    """`number` from 0; `content` in base64: each piece but the last has uploads.PIECE octets."""

    number: int
    content: Annotated[Words, Field(max_length=800_000)]


class UploadsShown(Schema):
    """`piece`: octets of each piece but the last. `largest`: of a file."""

    items: list[UploadSchema]
    piece: int
    largest: int


class Gone(Schema):
    id: UUID


@router.get("/lists", auth=May("lists.administer"), response=ListsShown)
def show_lists(request: HttpRequest) -> dict[str, Any]:
    return {"items": lists_of(caller(request).organisation_id)}


@router.post("/lists", auth=May("lists.administer"), response={201: ListShown})
def add_list(request: HttpRequest, given: ListGiven) -> Status[ContactList]:
    return Status(201, save_list(actor=caller(request), fields=ListFields(**given.dict())))


@router.patch("/lists/{uuid:list_id}", auth=May("lists.administer"), response=ListShown)
def edit_list(request: HttpRequest, list_id: UUID, given: ListGiven) -> ContactList:
    return save_list(actor=caller(request), fields=ListFields(**given.dict()), list_id=list_id)


@router.delete("/lists/{uuid:list_id}", auth=May("lists.administer"), response=Gone)
def remove_list(request: HttpRequest, list_id: UUID) -> dict[str, Any]:
    delete_list(actor=caller(request), list_id=list_id)
    return {"id": list_id}


@router.get("/lists/{uuid:list_id}/numbers", auth=May("lists.administer"), response=MemberShown)
def ask_list(request: HttpRequest, list_id: UUID, number: str) -> dict[str, Any]:
    """Whether the list has a number, in any spelling."""
    found, inside = is_member(caller(request).organisation_id, list_id, number)
    return {"number": found, "is_in": inside}


@router.post("/lists/{uuid:list_id}/numbers", auth=May("lists.administer"), response=ListShown)
def edit_numbers(request: HttpRequest, list_id: UUID, given: ListNumbersGiven) -> ContactList:
    """Some by hand, at most 100 at once; more are a file."""
    return change_numbers(actor=caller(request), list_id=list_id, add=given.add, remove=given.remove)


@router.get("/lists/{uuid:list_id}/uploads", auth=May("lists.administer"), response=UploadsShown)
def show_uploads(request: HttpRequest, list_id: UUID) -> dict[str, Any]:
    items = uploads.uploads_shown(caller(request).organisation_id, list_id)
    return {"items": items, "piece": uploads.PIECE, "largest": uploads.LARGEST}


@router.post("/lists/{uuid:list_id}/uploads", auth=May("lists.administer"), response={201: UploadSchema})
def add_upload(request: HttpRequest, list_id: UUID, given: UploadGiven) -> Status[Any]:
    """Announce a file; its pieces follow, then its end."""
    actor = caller(request)
    upload = uploads.ask_for_upload(
        actor=actor, list_id=list_id, name=given.name, octets=given.octets, replaces=given.replaces
    )
    return Status(201, uploads.upload_of(actor, upload.id))


@router.get("/uploads/{uuid:upload_id}", auth=May("lists.administer"), response=UploadSchema)
def show_upload(request: HttpRequest, upload_id: UUID) -> Any:
    return uploads.upload_of(caller(request), upload_id)


@router.put("/uploads/{uuid:upload_id}/pieces", auth=May("lists.fill"), response=Gone)
def add_piece(request: HttpRequest, upload_id: UUID, given: PieceGiven) -> dict[str, Any]:
    """In any order, and again as often as wanted until the file is finished."""
    uploads.take_piece(actor=caller(request), upload_id=upload_id, number=given.number, content=given.content)
    return {"id": upload_id}


@router.post("/uploads/{uuid:upload_id}/finish", auth=May("lists.administer"), response=UploadSchema)
def finish_upload(request: HttpRequest, upload_id: UUID) -> Any:
    """All pieces have come: the list is filled from them by a job."""
    actor = caller(request)
    uploads.finish(actor=actor, upload_id=upload_id)
    return uploads.upload_of(actor, upload_id)


@router.get("/uploads/{uuid:upload_id}/problems", auth=May("lists.administer"))
def read_problems(request: HttpRequest, upload_id: UUID) -> StreamingHttpResponse:
    """The lines that are no numbers, as CSV."""
    upload, problems = uploads.problems_of(caller(request), upload_id)
    french = caller(request).language.startswith("fr")
    pieces = _pieces(problems, french)
    answer = StreamingHttpResponse(
        _beside(pieces) if isinstance(request, ASGIRequest) else pieces, content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="palabre-list-{upload.id}.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer


REASONS = {
    "empty": ("vide", "empty"),
    "columns": ("colonne absente", "column missing"),
    "line_too_long": ("ligne trop longue", "line too long"),
    "quotation": ("guillemet resté ouvert", "quotation mark left open"),
    "not_a_number": ("pas un numéro", "no phone number"),
    "no_such_number": ("ce numéro n’existe pas", "there is no such number"),
    "too_long": ("trop long", "too long"),
    "too_short": ("trop court", "too short"),
    "extension": ("poste derrière un standard", "desk behind a switchboard"),
    "refused": ("refusé par la base de données", "refused by the database"),
}


def _pieces(problems: Iterator[ListProblem], french: bool) -> Iterator[bytes]:
    page = io.StringIO()
    writer = csv.writer(page, delimiter=";" if french else ",", quoting=csv.QUOTE_ALL)
    writer.writerow(("Ligne", "Motif", "Valeur") if french else ("Line", "Reason", "Value"))
    yield page.getvalue().encode("utf-8-sig")
    while rows := list(islice(problems, 1000)):
        page.seek(0)
        page.truncate()
        for one in rows:
            words = REASONS.get(one.reason, (one.reason, one.reason))[0 if french else 1]
            # A spreadsheet would take what begins so for a formula.
            value = f"'{one.value}" if one.value.startswith(("=", "+", "-", "@", "\t")) else one.value
            writer.writerow((one.line, words, value))
        yield page.getvalue().encode()


async def _beside(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each is read on a thread, which gives its connection back: whoever loads slowly keeps none."""

    def piece() -> bytes | None:
        try:
            return next(pieces, None)
        finally:
            connections.close_all()

    while (found := await sync_to_async(piece, thread_sensitive=False)()) is not None:
        yield found


# --- Tags, attributes, one person ------------------------------------------------------------------------------------


class TagShown(Schema):
    id: UUID
    name: str


class TagsShown(Schema):
    items: list[TagShown]


class TagGiven(Schema):
    name: Words = ""


class AttributeShown(Schema):
    id: UUID
    key: str
    name: str
    type: str
    choices: list[str]


class AttributesShown(Schema):
    items: list[AttributeShown]


class AttributeGiven(Schema):
    """`key` and `type` (text, number, date, choice, boolean) are of the beginning and stay."""

    name: Words | None = None
    choices: list[Words] | None = None
    key: Words = ""
    type: Words = ""


class PersonKnown(Schema):
    """`is_known`: somebody with this number has written or been written to. `values`: by the attribute's key."""

    number: str
    is_known: bool
    name: str
    tag_ids: list[UUID]
    values: dict[str, str]


class KnownPersonGiven(Schema):
    """`tag_ids` null: as they are. A value of null is taken away."""

    number: Words
    tag_ids: list[UUID] | None = None
    values: dict[Words, Words | None] = {}


@router.get("/tags", auth=May("contacts.administer"), response=TagsShown)
def show_tags(request: HttpRequest) -> dict[str, Any]:
    return {"items": people.tags_of(caller(request).organisation_id)}


@router.post("/tags", auth=May("contacts.administer"), response={201: TagShown})
def add_tag(request: HttpRequest, given: TagGiven) -> Status[Tag]:
    return Status(201, people.save_tag(actor=caller(request), name=given.name))


@router.patch("/tags/{uuid:tag_id}", auth=May("contacts.administer"), response=TagShown)
def edit_tag(request: HttpRequest, tag_id: UUID, given: TagGiven) -> Tag:
    return people.save_tag(actor=caller(request), name=given.name, tag_id=tag_id)


@router.delete("/tags/{uuid:tag_id}", auth=May("contacts.administer"), response=Gone)
def remove_tag(request: HttpRequest, tag_id: UUID) -> dict[str, Any]:
    people.delete_tag(actor=caller(request), tag_id=tag_id)
    return {"id": tag_id}


@router.get("/attributes", auth=May("contacts.administer"), response=AttributesShown)
def show_attributes(request: HttpRequest) -> dict[str, Any]:
    return {"items": people.attributes_shown(caller(request).organisation_id)}


@router.post("/attributes", auth=May("contacts.administer"), response={201: AttributeShown})
def add_attribute(request: HttpRequest, given: AttributeGiven) -> Status[Attribute]:
    return Status(201, people.save_attribute(actor=caller(request), fields=AttributeFields(**given.dict())))


@router.patch("/attributes/{uuid:attribute_id}", auth=May("contacts.administer"), response=AttributeShown)
def edit_attribute(request: HttpRequest, attribute_id: UUID, given: AttributeGiven) -> Attribute:
    fields = AttributeFields(**given.dict())
    return people.save_attribute(actor=caller(request), fields=fields, attribute_id=attribute_id)


@router.delete("/attributes/{uuid:attribute_id}", auth=May("contacts.administer"), response=Gone)
def remove_attribute(request: HttpRequest, attribute_id: UUID) -> dict[str, Any]:
    """With everybody's values."""
    people.delete_attribute(actor=caller(request), attribute_id=attribute_id)
    return {"id": attribute_id}


@router.get("/person", auth=May("contacts.administer"), response=PersonKnown)
def show_person(request: HttpRequest, number: str) -> dict[str, Any]:
    return _known(people.known_of(caller(request).organisation_id, number))


@router.put("/person", auth=May("contacts.administer"), response=PersonKnown)
def edit_person(request: HttpRequest, given: KnownPersonGiven) -> dict[str, Any]:
    return _known(
        people.change_person(
            actor=caller(request), number=given.number, tag_ids=given.tag_ids, values=given.values
        )
    )  # fmt: skip


def _known(known: people.Known) -> dict[str, Any]:
    return {
        "number": known.number,
        "is_known": known.contact is not None,
        "name": known.contact.name if known.contact else "",
        "tag_ids": list(known.tags),
        "values": dict(known.values or {}),
    }
