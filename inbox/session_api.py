"""Who is signed in, and what his screens need before anything else."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from ninja import Router, Schema

from accounts.models import User
from accounts.people import change_own
from accounts.permissions import May, caller
from common.clock import database_now
from common.schemas import Words, as_json, schema_of
from conversations.counts import Counts
from conversations.rendering import iso
from inbox import desk
from inbox.choices import desk_view
from routing.disposition_admin import dispositions_of
from routing.reasons import reasons_of
from routing.rendering import AgentView

router = Router(tags=["session"])


class Preferences(Schema):
    language: Words | None = None
    theme: Words | None = None
    density: Words | None = None
    single_keys: bool | None = None


SessionSchema: Any = schema_of(desk.Session)
CountsSchema: Any = schema_of(Counts)
AgentSchema: Any = schema_of(AgentView)


@router.get("/session", auth=May("session.read"), response=SessionSchema)
def read_session(request: HttpRequest) -> HttpResponse:
    return as_json(_session(request, caller(request)))


@router.patch("/session", auth=May("session.change"), response=SessionSchema)
def change_session(request: HttpRequest, given: Preferences) -> HttpResponse:
    user = change_own(user=caller(request), **given.dict())
    return as_json(_session(request, user))


@router.get("/counts", auth=May("counts.read"), response=CountsSchema)
def read_counts(request: HttpRequest) -> HttpResponse:
    return as_json(desk.counts_of(caller(request)))


class Presence(Schema):
    """`reason_id`: one of the organisation's states, which brings its own `state` and words."""

    state: Words | None = None
    reason: Words | None = None
    reason_id: UUID | None = None


@router.put("/presence", auth=May("presence.set"), response=AgentSchema)
def set_presence(request: HttpRequest, given: Presence) -> HttpResponse:
    """A state that takes no work withdraws the caller's offers; available ends his wrap-ups."""
    user = caller(request)
    return as_json(desk.set_presence(user, state=given.state, reason=given.reason or "", reason_id=given.reason_id))


def _session(request: HttpRequest, user: User) -> desk.Session:
    head = desk.head_of(user.organisation_id)  # before the rest, which is then at least as new
    organisation, audience = user.organisation, desk.audience(user)
    return {
        "user": {
            "id": str(user.id),
            "name": user.name,
            "email": user.email,
            "role": user.role,
            "language": user.language,
            "theme": user.theme,
            "density": user.density,
            "single_keys": user.single_keys,
        },
        "organisation": {
            "id": str(organisation.id),
            "name": organisation.name,
            "time_zone": organisation.time_zone,
            "languages": organisation.languages,
            "brand": organisation.brand,
        },
        "lines": desk.lines_of(user),
        "queues": desk.queues_of(user),
        "agents": desk.agents_of(organisation.id),
        "presence": desk.presence_of(user),
        "reasons": reasons_of(organisation.id, enabled=True),
        "dispositions": dispositions_of(organisation.id),
        "tags": desk.tags_shown(audience),
        "teams": desk.teams_of(audience),
        "desk": desk_view(user, audience),
        "mode": settings.MODE,
        "head": head["head"],
        "epoch": head["epoch"],
        "at": iso(database_now()),
        "csrf": get_token(request),
        "phone_page": phone_page(request),
    }


def phone_page(request: HttpRequest) -> str | None:
    """Where the simulator's phone is, as seen from the browser; only a demonstration has one."""
    if settings.MODE != "demo":
        return None
    host = urlsplit(f"//{request.get_host()}").hostname or "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.SIMULATOR_HTTP_PORT}/"
