"""Administration of lines and links. Here because a line names things of three packages: links, bots and queues."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from accounts.permissions import May, caller
from accounts.proof import require_fresh
from bots import catalogue
from common.schemas import Plain, Words
from conversations.line_admin import Known, LineFields, lines_shown, save_line
from conversations.link_admin import LinkFields, adapters, links_shown, save_link
from routing.filter_admin import lines_for_the_bot_only
from routing.models import Queue

router = Router(tags=["administration"])


class LineShown(Schema):
    answers_after_stop: bool
    id: UUID
    name: str
    address: str
    medium: str
    bot: str
    bot_engine: str
    queue_id: UUID | None
    language: str
    most_parts: int
    saver: str
    failover: str
    failover_after_s: int
    is_enabled: bool
    schedule_id: UUID | None
    bot_after_hours: bool
    promises_callback: bool
    link_ids: list[UUID]
    team_ids: list[UUID]


class LineGiven(Schema):
    answers_after_stop: bool | None = None
    name: Words | None = None
    address: Words | None = None
    bot: Words | None = None
    bot_engine: Words | None = None
    queue_id: UUID | None = None
    language: Words | None = None
    most_parts: int | None = None
    saver: Words | None = None
    failover: Words | None = None
    failover_after_s: int | None = None
    is_enabled: bool | None = None
    schedule_id: UUID | Literal[""] | None = None
    bot_after_hours: bool | None = None
    promises_callback: bool | None = None
    link_ids: list[UUID] | None = None
    team_ids: list[UUID] | None = None

    def fields(self) -> LineFields:
        return LineFields(**self.dict())


class LinesShown(Schema):
    items: list[LineShown]
    bots: list[str]
    engines: list[str]


class LinkLive(Schema):
    state: str
    bound: bool
    since: datetime | None
    error: str | None
    queued: int
    sent: int
    throttled: int


class MeaningShown(Schema):
    """What an operator's code means: conversations/reasons.py."""

    fr: str
    en: str
    final: bool
    wrong_number: bool


class MeaningGiven(Schema):
    fr: Words
    en: Words
    final: bool = True
    wrong_number: bool = False


class LinkShown(Schema):
    id: UUID
    name: str
    adapter: str
    settings: dict[str, Any]
    operator: str
    prefixes: list[str]
    meanings: dict[str, MeaningShown]
    is_enabled: bool
    is_draining: bool
    has_secret: bool
    webhooks: str | None = None
    line_ids: list[UUID]
    live: LinkLive


class LinkGiven(Schema):
    name: Words | None = None
    adapter: Words | None = None
    settings: dict[Words, Plain] | None = None
    secret: Words | None = None
    operator: Words | None = None
    prefixes: list[Words] | None = None
    meanings: dict[Words, MeaningGiven] | None = None
    is_enabled: bool | None = None

    def fields(self) -> LinkFields:
        return LinkFields(**self.dict())


class LinksShown(Schema):
    items: list[LinkShown]
    adapters: list[str]


@router.get("/lines", auth=May("lines.administer"), response=LinesShown)
def list_lines(request: HttpRequest) -> dict[str, Any]:
    return {
        "items": lines_shown(caller(request).organisation_id),
        "bots": catalogue.names(),
        "engines": list(catalogue.ENGINES),
    }


@router.post("/lines", auth=May("lines.administer"), response={201: LineShown})
def add_line(request: HttpRequest, given: LineGiven) -> Status[dict[str, Any]]:
    actor = caller(request)
    line = save_line(actor=actor, fields=given.fields(), known=_known(actor.organisation_id))
    return Status(201, lines_shown(actor.organisation_id, line.id)[0])


@router.patch("/lines/{uuid:line_id}", auth=May("lines.administer"), response=LineShown)
def edit_line(request: HttpRequest, line_id: UUID, given: LineGiven) -> dict[str, Any]:
    actor = caller(request)
    save_line(actor=actor, fields=given.fields(), known=_known(actor.organisation_id), line_id=line_id)
    return lines_shown(actor.organisation_id, line_id)[0]


@router.get("/links", auth=May("links.administer"), response=LinksShown)
def list_links(request: HttpRequest) -> dict[str, Any]:
    return {"items": links_shown(caller(request).organisation_id), "adapters": adapters()}


@router.post("/links", auth=May("links.administer"), response={201: LinkShown})
def add_link(request: HttpRequest, given: LinkGiven) -> Status[dict[str, Any]]:
    if given.secret is not None:
        require_fresh(request)
    actor = caller(request)
    link = save_link(actor=actor, fields=given.fields())
    return Status(201, links_shown(actor.organisation_id, link.id)[0])


@router.patch("/links/{uuid:link_id}", auth=May("links.administer"), response=LinkShown)
def edit_link(request: HttpRequest, link_id: UUID, given: LinkGiven) -> dict[str, Any]:
    if given.secret is not None:
        require_fresh(request)
    actor = caller(request)
    save_link(actor=actor, fields=given.fields(), link_id=link_id)
    return links_shown(actor.organisation_id, link_id)[0]


def _known(organisation_id: UUID) -> Known:
    queues = Queue.objects.filter(organisation_id=organisation_id, is_enabled=True).values_list("id", flat=True)
    return Known(
        catalogue.names(), set(queues), needs_bot=lines_for_the_bot_only(organisation_id), engines=catalogue.ENGINES
    )
