"""How the person on screen stands in his queue: what he would be told, and what he was."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from accounts.permissions import May, caller
from common.clock import database_now
from common.errors import NotFound
from common.schemas import as_json, schema_of
from conversations.visibility import conversations_of
from inbox import desk
from routing.waits import WaitView, wait_of

router = Router(tags=["conversations"])

WaitSchema: Any = schema_of(WaitView)


class WaitShown(Schema):
    """`wait` null: the conversation does not wait in a queue."""

    wait: WaitSchema | None


@router.get("/conversations/{uuid:conversation_id}/wait", auth=May("conversations.read"), response=WaitShown)
def read_wait(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Place and estimated wait of now. It changes with all who come and go: ask again after some seconds."""
    found = conversations_of(desk.audience(caller(request))).filter(id=conversation_id).first()
    if found is None:
        raise NotFound("no_conversation", "there is no such conversation")
    return as_json({"wait": wait_of(found, database_now())})
