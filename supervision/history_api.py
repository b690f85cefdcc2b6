"""The history of texts, and files of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from accounts.models import User
from accounts.permissions import May, caller
from common.errors import NotAllowed
from common.schemas import Day, as_json, schema_of
from conversations.models import Link
from conversations.rendering import iso
from conversations.visibility import audience_of
from realtime.audience import Audience
from supervision.exports import ExportView, File, ask_for_export, exports_shown, fetch_export
from supervision.filters import LONGEST_NUMBER, LONGEST_REFERENCE, LONGEST_WORDS, Asked, Direction, Result
from supervision.history import count, find
from supervision.history_rows import HistoryRow, history_rows
from supervision.models import Form

router = Router(tags=["history"])

RowSchema: Any = schema_of(HistoryRow)
ExportSchema: Any = schema_of(ExportView)

Number = Annotated[str, Field(max_length=LONGEST_NUMBER)]
Words = Annotated[str, Field(max_length=LONGEST_WORDS)]
Reference = Annotated[str, Field(max_length=LONGEST_REFERENCE)]


class Filters(Schema):
    """Days of the organisation's time zone, both included; what supervision.filters.Asked says of the rest."""

    start: Day | None = None
    end: Day | None = None
    direction: Direction = "all"
    state: Result = "all"
    number: Number = ""
    line: UUID | None = None
    link: UUID | None = None
    text: Words = ""
    reference: Reference = ""

    def asked(self) -> Asked:
        return Asked.cleaned(**{name: getattr(self, name) for name in Filters.model_fields})


class LinkNamed(Schema):
    id: UUID
    name: str


class HistoryPage(Schema):
    """`next`: where the next page begins; null: there is none. `searched_to`: how far back this one looked.

    `links`: those that can be asked for.
    """

    items: list[RowSchema]
    links: list[LinkNamed]
    next: str | None
    searched_to: str | None


class HistoryTotal(Schema):
    """`total` is exact, or at least that many, or null: not counted in time."""

    total: int | None
    exact: bool


class ExportGiven(Filters):
    form: Form


class ExportsShown(Schema):
    items: list[ExportSchema]


@router.get("", auth=May("history.read"), response=HistoryPage)
def read_history(
    request: HttpRequest,
    filters: Query[Filters],
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> HttpResponse:
    """One page, newest first. It may hold fewer texts than `limit` and still have a next one: `searched_to`."""
    user = caller(request)
    audience, organisation = _audience(user), user.organisation
    found = find(
        audience, filters.asked(), zone=organisation.time_zone, region=organisation.region, after=after, limit=limit
    )
    return as_json(
        {
            "items": history_rows(audience.organisation_id, found.ids, audience.kind),
            "links": [
                {"id": str(id_), "name": name}
                for id_, name in Link.objects.filter(organisation_id=audience.organisation_id)
                .order_by("name")
                .values_list("id", "name")
            ],
            "next": found.next.hex if found.next else None,
            "searched_to": iso(found.searched_to) if found.searched_to else None,
        }
    )


@router.get("/total", auth=May("history.read"), response=HistoryTotal)
def read_total(request: HttpRequest, filters: Query[Filters], exact: bool = False) -> dict[str, Any]:
    """How many texts match. Without `exact` it counts for a moment and no further than some thousands."""
    user = caller(request)
    organisation = user.organisation
    found = count(
        _audience(user), filters.asked(), zone=organisation.time_zone, region=organisation.region, exact=exact
    )
    return {"total": found.total, "exact": found.exact}


@router.get("/exports", auth=May("history.export"), response=ExportsShown)
def list_exports(request: HttpRequest) -> HttpResponse:
    """The caller's own files."""
    return as_json({"items": exports_shown(caller(request))})


@router.post("/exports", auth=May("history.export"), response={201: ExportSchema})
def add_export(request: HttpRequest, given: ExportGiven) -> Status[Any]:
    return Status(201, ask_for_export(actor=caller(request), asked=given.asked(), form=given.form))


@router.get("/exports/{uuid:export_id}/file", auth=May("history.export"))
def read_export(request: HttpRequest, export_id: UUID) -> StreamingHttpResponse:
    """The file, piece by piece."""
    file = fetch_export(actor=caller(request), export_id=export_id)
    pieces = _pieces_beside(file) if isinstance(request, ASGIRequest) else _pieces(file)
    answer = StreamingHttpResponse(pieces, content_type=file.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{file.name}"'
    answer["Content-Length"] = str(file.octets)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _pieces(file: File) -> Iterator[bytes]:
    return (file.piece(number) for number in range(file.pieces))


async def _pieces_beside(file: File) -> AsyncIterator[bytes]:
    """Each is read on a thread, which gives its connection back: whoever loads slowly keeps none."""

    def piece(number: int) -> bytes:
        try:
            return file.piece(number)
        finally:
            connections.close_all()

    for number in range(file.pieces):
        yield await sync_to_async(piece, thread_sensitive=False)(number)


def _audience(user: User) -> Audience:
    audience = audience_of(user)
    if audience is None:  # switched off a moment ago
        raise NotAllowed("role", "your role does not include this")
    return audience
