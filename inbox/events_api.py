"""What a screen missed while it was away."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import WithJsonSchema

from accounts.permissions import May, caller
from common.errors import Invalid
from common.schemas import as_json, schema_of
from conversations.rendering import Row
from inbox import desk
from realtime.gap import events_after
from realtime.socket import MOST_WATCHED

router = Router(tags=["events"])
RowSchema: Any = schema_of(Row)


class Missed(Schema):
    """Each event has `seq`, `type`, `at`, and what its type brings (the browser's types are generated from those)."""

    epoch: int
    after: int
    upto: int
    head: int
    events: list[dict[str, Any]]
    rows: list[RowSchema]


class StartAfresh(Schema):
    """`after` is no place from which the rest can be read."""

    reset: bool


# "uuids": ids separated by commas. The gates try another organisation's wherever an id may stand.
_ID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
Ids = Annotated[str, WithJsonSchema({"type": "string", "format": "uuids", "pattern": f"^({_ID}(,{_ID})*)?$"})]


@router.get("/events", auth=May("events.read"), response=Missed | StartAfresh)
def read_events(request: HttpRequest, after: str, epoch: str, conversations: Ids = "") -> HttpResponse:
    """`conversations`: ids separated by commas. Answers as realtime.gap says."""
    words = [word for word in conversations.split(",") if word.strip()]
    if len(words) > MOST_WATCHED:
        raise Invalid("too_many", f"at most {MOST_WATCHED} conversations", field="conversations")
    try:
        watched = [UUID(word.strip()) for word in words]
    except ValueError:
        raise Invalid("not_an_id", "ids separated by commas", field="conversations") from None
    return as_json(events_after(desk.audience(caller(request)), after, epoch, watched))
