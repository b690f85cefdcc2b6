"""Saved views, and how one has his desk."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import AwareDatetime, Field

from accounts.permissions import May, caller
from common.clock import database_now
from common.schemas import Words, as_json, schema_of
from inbox import choices, desk, views
from inbox.filters import LONGEST_WAIT_S, MOST_OF_A_KIND, Filter

router = Router(tags=["views"])

ViewSchema: Any = schema_of(views.ViewView)
DeskSchema: Any = schema_of(choices.DeskView)
Ids = Annotated[list[UUID], Field(max_length=MOST_OF_A_KIND)]
Word = Annotated[Words, Field(max_length=20)]


class ListAsked(Schema):
    """What a list is narrowed to; all that is given must hold, of several lines, media or tags any one.

    `waiting_over`: seconds that somebody waits for an answer. `since`, `until`: of the last activity. `priority`: at
    least.
    """

    line: Ids = []
    medium: Annotated[list[Word], Field(max_length=MOST_OF_A_KIND)] = []
    tag: Ids = []
    status: Word | None = None
    queue: UUID | None = None
    team: UUID | None = None
    agent: UUID | None = None
    language: Word | None = None
    waiting_over: Annotated[int, Field(ge=0, le=LONGEST_WAIT_S)] | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    unread: bool = False
    failed: bool = False
    priority: Annotated[int, Field(ge=-32768, le=32767)] | None = None

    def asked(self) -> Filter:
        given: dict[str, Any] = {name: getattr(self, name) for name in ListAsked.model_fields}
        for name in ("line", "medium", "tag"):
            given[name] = tuple(given[name])
        return Filter(**given)


class ViewGiven(Schema):
    """`team_id`: with `sharing` "team". `filter`: what the view is narrowed to."""

    name: Words
    sharing: Literal["personal", "team", "everybody"] = "personal"
    team_id: UUID | None = None
    view: Literal["mine", "snoozed", "queue", "all"] = "all"
    order: Literal["waiting", "deadline"] = "waiting"
    filter: ListAsked = ListAsked()
    columns: Annotated[list[Literal["tags", "owner", "line"]], Field(max_length=3)] = ["tags", "owner", "line"]

    def fields(self) -> views.ViewFields:
        return views.ViewFields(
            name=self.name, sharing=self.sharing, team_id=self.team_id, view=self.view, order=self.order,
            asked=self.filter.asked(), columns=self.columns,
        )  # fmt: skip


class Arrangement(Schema):
    """Ids of views in one's own order, and of those that stand open."""

    views: Annotated[list[UUID], Field(max_length=choices.MOST_VIEWS)]
    pinned: Annotated[list[UUID], Field(max_length=choices.MOST_VIEWS)]


class LinesGiven(Schema):
    """null: all that one may see."""

    line_ids: Annotated[list[UUID], Field(max_length=1000)] | None


class Views(Schema):
    items: list[ViewSchema]


@router.get("/views", auth=May("views.read"), response=Views)
def list_views(request: HttpRequest) -> HttpResponse:
    """With how many conversations each holds now. Ask at the start, after a reset, and when something has changed; not
    in between."""
    user = caller(request)
    return as_json({"items": views.views_of(user, desk.audience(user), database_now())})


@router.post("/views", auth=May("views.keep"), response=Views)
def create_view(request: HttpRequest, given: ViewGiven) -> HttpResponse:
    """`sharing` other than personal is a supervisor's."""
    user = caller(request)
    views.save_view(user=user, audience=desk.audience(user), given=given.fields())
    return list_views(request)


@router.put("/views/arrangement", auth=May("views.arrange"), response=Views)
def arrange_views(request: HttpRequest, given: Arrangement) -> HttpResponse:
    choices.arrange_views(user=caller(request), views=given.views, pinned=given.pinned)
    return list_views(request)


@router.put("/views/{uuid:view_id}", auth=May("views.keep"), response=Views)
def change_view(request: HttpRequest, view_id: UUID, given: ViewGiven) -> HttpResponse:
    user = caller(request)
    views.save_view(user=user, audience=desk.audience(user), given=given.fields(), view_id=view_id)
    return list_views(request)


@router.delete("/views/{uuid:view_id}", auth=May("views.keep"), response=Views)
def delete_view(request: HttpRequest, view_id: UUID) -> HttpResponse:
    user = caller(request)
    views.delete_view(user=user, audience=desk.audience(user), view_id=view_id)
    return list_views(request)


@router.put("/desk/lines", auth=May("desk.arrange"), response=DeskSchema)
def choose_lines(request: HttpRequest, given: LinesGiven) -> HttpResponse:
    """Which lines the caller's lists show, of those that he may see. What is offered to him stays as it is."""
    user = caller(request)
    audience = desk.audience(user)
    choices.choose_lines(user=user, audience=audience, line_ids=given.line_ids)
    return as_json(choices.desk_view(user, audience))
