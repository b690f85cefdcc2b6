"""What a screen missed while it was away."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from accounts.permissions import May, caller
from common.errors import Invalid
from common.schemas import as_json
from inbox import desk
from realtime.gap import events_after

router = Router(tags=["events"])
MOST_WATCHED = 200


@router.get("/events", auth=May("events.read"))
def read_events(request: HttpRequest, after: str, epoch: str, conversations: str = "") -> HttpResponse:
    """`conversations`: ids separated by commas. Answers as realtime.gap says."""
    words = [word for word in conversations.split(",") if word.strip()]
    if len(words) > MOST_WATCHED:
        raise Invalid("too_many", f"at most {MOST_WATCHED} conversations", field="conversations")
    try:
        watched = [UUID(word.strip()) for word in words]
    except ValueError:
        raise Invalid("not_an_id", "ids separated by commas", field="conversations") from None
    return as_json(events_after(desk.audience(caller(request)), after, epoch, watched))
