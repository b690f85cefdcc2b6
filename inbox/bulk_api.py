"""One thing done to many conversations."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field

from accounts.permissions import May, caller
from common.clock import database_now
from common.errors import NotFound
from common.schemas import Words, as_json, schema_of
from conversations.visibility import conversations_of
from inbox import bulk, desk
from inbox.choices import choice_of, shown_lines
from inbox.lists import list_ids
from inbox.views_api import ListAsked
from routing.unread import mark_unread as put_back

router = Router(tags=["conversations"])

BulkSchema: Any = schema_of(bulk.BulkView)


class AllOf(Schema):
    """A list as it is shown: its first 500."""

    view: Literal["mine", "snoozed", "queue", "all"] = "all"
    q: Annotated[Words, Field(max_length=200)] | None = None
    order: Literal["waiting", "deadline"] = "waiting"
    filter: ListAsked = ListAsked()


class BulkGiven(Schema):
    """`id`: made by who asks; the same again does nothing twice. `conversation_ids`, or `all_of` a list. `agent_id` or
    `queue_id` with assign, `tag_id` with tag and untag, `until` with snooze (null: until they write)."""

    id: UUID
    action: Literal["assign", "tag", "untag", "close", "snooze", "read", "unread"]
    conversation_ids: Annotated[list[UUID], Field(max_length=bulk.MOST)] = []
    all_of: AllOf | None = None
    agent_id: UUID | None = None
    queue_id: UUID | None = None
    tag_id: UUID | None = None
    until: AwareDatetime | None = None
    disposition_id: UUID | None = None


@router.post("/bulk", auth=May("conversations.bulk"), response=BulkSchema)
def begin(request: HttpRequest, given: BulkGiven) -> HttpResponse:
    """Up to 50 are done when this answers; more by a worker: settings.changed of the kind "bulk", with the asker's id,
    says that there is more to be read at GET /api/bulk/{id}."""
    user = caller(request)
    audience = desk.audience(user)
    ids = given.conversation_ids
    if given.all_of is not None:
        ids = list_ids(
            audience=audience, organisation_region=user.organisation.region, view=given.all_of.view,
            asked=given.all_of.filter.asked(), q=given.all_of.q, limit=bulk.MOST, now=database_now(),
            order=given.all_of.order, shown=shown_lines(choice_of(user), audience),
        )  # fmt: skip
    wanted = bulk.Given(
        action=given.action, conversation_ids=ids, agent_id=given.agent_id, queue_id=given.queue_id,
        tag_id=given.tag_id, until=given.until, disposition_id=given.disposition_id,
    )  # fmt: skip
    # His own name for it: the same one from somebody else is another deed, and tells nobody that this one exists.
    return as_json(bulk.begin(user=user, audience=audience, deed_id=uuid5(user.id, str(given.id)), given=wanted))


@router.get("/bulk/{uuid:deed_id}", auth=May("conversations.bulk"), response=BulkSchema)
def read(request: HttpRequest, deed_id: UUID) -> HttpResponse:
    return as_json(bulk.bulk_view(caller(request), deed_id))


@router.post("/bulk/{uuid:deed_id}/undo", auth=May("conversations.bulk"), response=BulkSchema)
def undo(request: HttpRequest, deed_id: UUID) -> HttpResponse:
    """assign, tag and untag, within a minute: 409 too_late after that, and for what cannot be taken back."""
    return as_json(bulk.undo(user=caller(request), deed_id=deed_id, now=database_now()))


@router.post("/conversations/{uuid:conversation_id}/unread", auth=May("conversations.mark_read"), response={204: None})
def mark_unread(request: HttpRequest, conversation_id: UUID) -> Status[None]:
    """One's own: it counts as unread until one looks at it again, in every browser."""
    user = caller(request)
    if not conversations_of(desk.audience(user)).filter(id=conversation_id).exists():
        raise NotFound("no_conversation", "there is no such conversation")
    put_back(user=user, conversation_id=conversation_id)
    return Status(204, None)
