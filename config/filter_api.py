"""The front filter of a line: its checks, trying a number, who passed and who was refused."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from accounts.permissions import May, caller
from common.clock import database_now
from common.errors import NotAllowed
from common.schemas import Words, as_json, schema_of
from conversations.visibility import audience_of
from routing.filter_admin import CheckGiven, FilterGiven, Tried, WayGiven, filter_shown, save_filter, try_number
from routing.passages import DayCount, FilteredLine, PassageView, Which, days_of, overview, passages_of

router = Router(tags=["administration"])
watch_router = Router(tags=["supervision"])

DaySchema: Any = schema_of(DayCount)
PassageSchema: Any = schema_of(PassageView)
FilteredLineSchema: Any = schema_of(FilteredLine)


class WayShown(Schema):
    """What becomes of who writes. `outcome`: admit, queue, answer or bot. `queue_id` null: the line's own."""

    outcome: str
    queue_id: UUID | None
    priority: int
    reply: str
    bot_first: bool


class FilterCheckShown(Schema):
    """`kind`: in_list, not_in_list, tag, attribute, language, hours or keyword. `thing_id`: list, tag or attribute."""

    id: UUID
    name: str
    kind: str
    thing_id: UUID | None
    compare: str
    value: str
    words: list[str]
    way: WayShown


class FilterShown(Schema):
    """`way`: of whom no check holds for. `revision`: to be sent back with a change."""

    revision: str
    line_id: UUID
    is_enabled: bool
    way: WayShown
    checks: list[FilterCheckShown]


class WayIn(Schema):
    model_config = ConfigDict(extra="forbid")

    outcome: Words = "admit"
    queue_id: UUID | None = None
    priority: int = 0
    reply: Words = ""
    bot_first: bool = False


class FilterCheckIn(Schema):
    """`id` null: a new check."""

    id: UUID | None = None
    name: Words = ""
    kind: Words
    thing_id: UUID | None = None
    compare: Words = "is"
    value: Words = ""
    words: list[Words] = []
    way: WayIn


class FilterIn(Schema):
    """`revision`: of the filter that was read; where it is another by now, the change is refused (409). Null: whatever
    it is."""

    revision: Words | None = None
    is_enabled: bool = False
    way: WayIn
    checks: list[FilterCheckIn] = []

    def given(self) -> FilterGiven:
        checks = [CheckGiven(**{**one.dict(), "way": WayGiven(**one.way.dict())}) for one in self.checks]
        return FilterGiven(self.is_enabled, WayGiven(**self.way.dict()), checks, self.revision)


class TryGiven(Schema):
    """`filter` null: the one that is stored."""

    number: Annotated[Words, Field(max_length=60)]
    text: Words = ""
    filter: FilterIn | None = None


class FilterStepShown(Schema):
    """`seen`: in, out, has, none, open, closed, a language, a value or a word; "": there was none."""

    place: int
    passed: bool
    seen: str


class TriedShown(Schema):
    """`place` 0: no check held. `said`: opt_out, opt_in, help or hint: a text of these words goes before every filter,
    and what follows would be of another text; "": it does not."""

    number: str
    is_known: bool
    place: int
    steps: list[FilterStepShown]
    way: WayShown
    said: str


class PassagesShown(Schema):
    items: list[PassageSchema]
    next: str | None


class FilterNamed(Schema):
    """A check, as counts and lists call it."""

    id: UUID
    place: int
    name: str
    kind: str


class DaysShown(Schema):
    items: list[DaySchema]
    checks: list[FilterNamed]


class FilteredLines(Schema):
    items: list[FilteredLineSchema]


@router.get("/lines/{uuid:line_id}/filter", auth=May("filters.administer"), response=FilterShown)
def show_filter(request: HttpRequest, line_id: UUID) -> dict[str, Any]:
    return filter_shown(caller(request).organisation_id, line_id)


@router.put("/lines/{uuid:line_id}/filter", auth=May("filters.administer"), response=FilterShown)
def change_filter(request: HttpRequest, line_id: UUID, given: FilterIn) -> dict[str, Any]:
    """The whole of it: the next text is judged by it."""
    return save_filter(actor=caller(request), line_id=line_id, given=given.given())


@router.post("/lines/{uuid:line_id}/filter/try", auth=May("filters.try"), response=TriedShown)
def try_filter(request: HttpRequest, line_id: UUID, given: TryGiven) -> dict[str, Any]:
    """What the filter would say of a text from this number now. Nothing is stored or sent."""
    tried = try_number(
        actor=caller(request), line_id=line_id, number=given.number, text=given.text,
        given=given.filter.given() if given.filter else None,
    )  # fmt: skip
    return _tried(tried)


@watch_router.get("", auth=May("filters.watch"), response=FilteredLines)
def show_filtered_lines(request: HttpRequest) -> HttpResponse:
    """Lines with a front filter: how many were let in and refused today and in seven days, by check and outcome."""
    return as_json({"items": overview(caller(request).organisation, database_now())})


@watch_router.get("/{uuid:line_id}/days", auth=May("filters.watch"), response=DaysShown)
def show_days(request: HttpRequest, line_id: UUID, days: Annotated[int, Query(ge=1, le=92)] = 14) -> HttpResponse:
    """How many were let in and refused, by day of the organisation's time zone, check and outcome."""
    organisation = caller(request).organisation
    items = days_of(organisation, line_id, days, database_now())
    checks = filter_shown(organisation.id, line_id)["checks"]
    named = [
        {**{name: str(one[name]) for name in ("id", "name", "kind")}, "place": n} for n, one in enumerate(checks, 1)
    ]
    return as_json({"items": items, "checks": named})


@watch_router.get("/{uuid:line_id}/passages", auth=May("filters.watch"), response=PassagesShown)
def show_passages(request: HttpRequest, line_id: UUID, which: Which = "all", after: str | None = None) -> HttpResponse:
    """Who came, newest first; kept for a month."""
    audience = audience_of(caller(request))
    if audience is None:  # switched off a moment ago
        raise NotAllowed("role", "your role does not include this")
    page = passages_of(audience, line_id, which, after)
    return as_json({"items": page.items, "next": page.next})


def _tried(tried: Tried) -> dict[str, Any]:
    way = tried.decision.way
    return {
        "number": tried.number,
        "is_known": tried.is_known,
        "said": tried.said,
        "place": tried.decision.place,
        "steps": [{"place": one.place, "passed": one.passed, "seen": one.seen} for one in tried.decision.trace],
        "way": {
            "outcome": way.outcome.value,
            "queue_id": way.queue_id,
            "priority": way.priority,
            "reply": way.reply,
            "bot_first": way.bot_first,
        },
    }
