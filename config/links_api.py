"""Links at work: how they are, starting and stopping them, trying one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from accounts.permissions import May, caller
from common.clock import database_now
from conversations.link_admin import links_live
from conversations.link_control import Deed, ask_for_test, control_link, shown_test

control_router = Router(tags=["administration"])
watch_router = Router(tags=["supervision"])


class LinkAtWork(Schema):
    id: UUID
    name: str
    operator: str
    lines: list[str]
    state: str
    since: datetime | None
    error: str | None
    queued: int
    facts: dict[str, Any]


class LinksAtWork(Schema):
    at: datetime
    items: list[LinkAtWork]


class StepShown(Schema):
    step: str
    result: Literal["ok", "failed", "skipped"]
    code: str
    facts: dict[str, Any]


class LinkTestShown(Schema):
    state: Literal["never", "waiting", "running", "ended", "abandoned"]
    asked_at: datetime | None
    ended_at: datetime | None
    steps: list[StepShown]


class DeedGiven(Schema):
    deed: Deed


class SteeredShown(Schema):
    state: Literal["started", "draining", "stopped"]  # as asked for


@watch_router.get("/live", auth=May("links.watch"), response=LinksAtWork)
def watch_links(request: HttpRequest) -> dict[str, Any]:
    """How each link is; what the facts mean is told in docs/watching.md."""
    return {"at": database_now(), "items": links_live(caller(request).organisation_id)}


@control_router.post("/links/{uuid:link_id}/control", auth=May("links.administer"), response=SteeredShown)
def steer_link(request: HttpRequest, link_id: UUID, given: DeedGiven) -> dict[str, Any]:
    return {"state": control_link(actor=caller(request), link_id=link_id, deed=given.deed)}


@control_router.post("/links/{uuid:link_id}/test", auth=May("links.administer"), response={201: LinkTestShown})
def try_link(request: HttpRequest, link_id: UUID) -> Status[dict[str, Any]]:
    """A gateway tries the link step by step; what it finds is read by GET."""
    return Status(201, ask_for_test(actor=caller(request), link_id=link_id))


@control_router.get("/links/{uuid:link_id}/test", auth=May("links.administer"), response=LinkTestShown)
def show_test(request: HttpRequest, link_id: UUID) -> dict[str, Any]:
    return shown_test(actor=caller(request), link_id=link_id)
