"""The search box of the desk."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from accounts.permissions import May, caller
from common.schemas import as_json, schema_of
from inbox import desk
from inbox.search import SearchView, search

router = Router(tags=["search"])

SearchSchema: Any = schema_of(SearchView)


@router.get("/search", auth=May("search.use"), response=SearchSchema)
def find(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=400)],
    group: Literal["people", "conversations", "texts"] | None = None,
    after: UUID | None = None,
) -> HttpResponse:
    """The beginning of each group; with `group`, a page of it after the id that `next` was. How `q` is written stands
    in docs/search.md."""
    user = caller(request)
    return as_json(search(user, desk.audience(user), q, group=group, after=after))
