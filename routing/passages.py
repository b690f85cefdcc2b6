"""Who came to a line's front filter, and how many a day were let in and refused.

A text costs one row of `Passage` in the transaction of its decision, and no lock that another text waits for. Days
that are over are counted at night, into `PassageDay`, which stays; the days since then are counted when somebody looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from accounts.models import Organisation
from common.errors import Invalid, NotFound
from contacts.numbers import display, masked
from conversations.models import Line
from conversations.rendering import iso
from jobs.forgetting import forget_in_slices
from jobs.kinds import RunningJob, job_kind
from realtime.audience import Audience, AudienceKind
from routing.filter_models import FrontFilter, PassagesCounted

MOST_DAYS = 92
PAGE = 50
SETTLED = timedelta(hours=1)  # what was judged before is committed by now

WEEK_DAYS = 7  # of the overview, today included

Which = Literal["all", "passed", "refused", "queue", "answer", "bot"]
PASSED = ("admit",)
REFUSED = ("queue", "answer", "bot")
_OUTCOMES: Mapping[Which, tuple[str, ...]] = {
    "all": PASSED + REFUSED, "passed": PASSED, "refused": REFUSED,
    "queue": ("queue",), "answer": ("answer",), "bot": ("bot",),
}  # fmt: skip

# By when it was judged, which is later than its key where no dispatcher was there.
_LIVE = """
select (at at time zone %(zone)s)::date, line_id, check_id, outcome, count(*)
from routing_passage
where organisation_id = %(organisation)s and line_id = any(%(lines)s) and outcome = any(%(outcomes)s)
  and at >= %(since)s and at < %(until)s
group by 1, 2, 3, 4
"""
_KEPT = """
select day, line_id, check_id, outcome, count from routing_passageday
where organisation_id = %(organisation)s and line_id = any(%(lines)s) and day >= %(first)s and day < %(end)s
"""
_COUNT = """
insert into routing_passageday as d (id, organisation_id, line_id, day, check_id, outcome, count)
select uuidv7(), organisation_id, line_id, (at at time zone %(zone)s)::date, check_id, outcome, count(*)
from routing_passage
where organisation_id = %(organisation)s and at >= %(since)s and at < %(until)s
group by organisation_id, line_id, 4, check_id, outcome
on conflict (organisation_id, line_id, day, check_id, outcome) do update set count = excluded.count
"""
_PAGE = """
select p.conversation_id, p.at, p.check_id, p.place, p.outcome, p.silence, a.value
from (
    -- A walk of the index for each outcome: the few that were refused among many who were let in cost no more.
    select one.* from unnest(%(outcomes)s::text[]) o (outcome)
    cross join lateral (
        select * from routing_passage
        where organisation_id = %(organisation)s and line_id = %(line)s and outcome = o.outcome
          and (at, conversation_id) < (%(at)s, %(below)s)
        order by at desc, conversation_id desc limit %(limit)s
    ) one
    order by at desc, conversation_id desc limit %(limit)s
) p
join conversations_conversation c on c.id = p.conversation_id
join contacts_address a on a.id = c.address_id
order by p.at desc, p.conversation_id desc
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEWEST = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))
_FIRST = "select min(at) from routing_passage where organisation_id = %s"
_FORGET = """
delete from routing_passage where conversation_id in (
    select p.conversation_id from routing_passage p
    where p.conversation_id < uuid_floor(clock_timestamp() - make_interval(days => %(days)s))
      -- What was said of one that goes on still holds: whom the bot alone may answer, which queue he waits in.
      and exists (select from conversations_conversation c where c.id = p.conversation_id and c.status = 'closed')
    order by p.conversation_id limit %(limit)s)
"""


class DayCount(TypedDict):
    """Of one day of the organisation's time zone. `check_id` None: no check held."""

    day: str
    check_id: str | None
    outcome: str
    count: int


class PassageView(TypedDict):
    """`number`: masked for whoever may not read it. `silence`: why nothing was answered, or ""."""

    conversation_id: str
    at: str
    number: str
    outcome: str
    check_id: str | None
    place: int
    silence: str


class CameCount(TypedDict):
    """How many of one check and outcome came today, and in WEEK_DAYS days. `check_id` None: no check held."""

    check_id: str | None
    outcome: str
    today: int
    week: int


class FilteredLine(TypedDict):
    """A line that has a filter, or had one."""

    id: str
    name: str
    address: str
    is_filtered: bool
    counts: list[CameCount]


@dataclass(frozen=True, slots=True)
class Page:
    items: list[PassageView]
    next: str | None


def days_of(organisation: Organisation, line_id: UUID, days: int, now: datetime) -> list[DayCount]:
    """The last `days` days, today included, newest first. Raises NotFound."""
    _visible(organisation.id, line_id)
    rows = _counts(organisation, [line_id], min(max(days, 1), MOST_DAYS), now)
    rows.sort(key=lambda row: (row[0], str(row[2]), row[3]), reverse=True)
    return [
        {"day": day.isoformat(), "check_id": str(check) if check else None, "outcome": outcome, "count": count}
        for day, _, check, outcome, count in rows
    ]


def overview(organisation: Organisation, now: datetime) -> list[FilteredLine]:
    """Each line that has a filter or had somebody come to one these days: how many came, by check and outcome."""
    lines = list(Line.objects.filter(organisation=organisation).order_by("address", "id"))
    having = set(FrontFilter.objects.filter(organisation=organisation).values_list("line_id", flat=True))
    rows = _counts(organisation, [one.id for one in lines], WEEK_DAYS, now)
    today = now.astimezone(ZoneInfo(organisation.time_zone)).date()
    counts: dict[UUID, dict[tuple[str | None, str], CameCount]] = {}
    for day, line_id, check, outcome, count in rows:
        check_id = str(check) if check else None
        fresh: CameCount = {"check_id": check_id, "outcome": outcome, "today": 0, "week": 0}
        one = counts.setdefault(line_id, {}).setdefault((check_id, outcome), fresh)
        one["week"] += count
        one["today"] += count if day == today else 0
    return [
        {
            "id": str(line.id), "name": line.name, "address": line.address, "is_filtered": line.is_filtered,
            "counts": sorted(counts.get(line.id, {}).values(), key=lambda one: (-one["week"], str(one["check_id"]))),
        }
        for line in lines
        if line.id in having or line.id in counts
    ]  # fmt: skip


def _counts(
    organisation: Organisation, line_ids: list[UUID], days: int, now: datetime
) -> list[tuple[date, UUID, UUID | None, str, int]]:
    """(day, line, check, outcome, how many), of the last `days` days: what is counted already, and what is not."""
    zone = ZoneInfo(organisation.time_zone)
    today = now.astimezone(zone).date()
    first = today - timedelta(days=days - 1)
    counted = PassagesCounted.objects.filter(organisation=organisation).values_list("until", flat=True).first()
    live_from = max(first, counted) if counted else first
    given: dict[str, Any] = {"organisation": organisation.id, "lines": line_ids}
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, {**given, "first": first, "end": live_from})
        rows = cursor.fetchall()
        cursor.execute(
            _LIVE,
            {
                **given, "zone": str(zone), "outcomes": list(_OUTCOMES["all"]),
                "since": _midnight(live_from, zone), "until": _midnight(today + timedelta(days=1), zone),
            },
        )  # fmt: skip
        return rows + cursor.fetchall()


def passages_of(audience: Audience, line_id: UUID, which: Which, after: str | None) -> Page:
    """Newest first. Raises NotFound, Invalid("cursor")."""
    _visible(audience.organisation_id, line_id)
    at, below = _place(after) if after else _NEWEST
    with connection.cursor() as cursor:
        cursor.execute(
            _PAGE,
            {
                "organisation": audience.organisation_id, "line": line_id, "outcomes": list(_OUTCOMES[which]),
                "at": at, "below": below, "limit": PAGE + 1,
            },
        )  # fmt: skip
        rows = cursor.fetchall()
    whole = audience.kind == AudienceKind.FULL
    items: list[PassageView] = [
        {
            "conversation_id": str(id_),
            "at": iso(at),
            "number": display(number) if whole else masked(number),
            "outcome": outcome,
            "check_id": str(check) if check else None,
            "place": place,
            "silence": silence,
        }
        for id_, at, check, place, outcome, silence, number in rows[:PAGE]
    ]
    return Page(items, _cursor(rows[PAGE - 1][1], rows[PAGE - 1][0]) if len(rows) > PAGE else None)


def _cursor(at: datetime, id_: UUID) -> str:
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}.{id_}"


def _place(after: str) -> tuple[datetime, UUID]:
    """Raises Invalid("cursor")."""
    micros, _, id_ = after.partition(".")
    try:
        return _EPOCH + timedelta(microseconds=int(micros)), UUID(id_)
    except (ValueError, OverflowError):
        raise Invalid("cursor", "this is no place in the list", field="after") from None


def _visible(organisation_id: UUID, line_id: UUID) -> None:
    if not Line.objects.filter(organisation_id=organisation_id, id=line_id).exists():
        raise NotFound("no_line", "there is no such line")


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def count_days(organisation: Organisation, now: datetime) -> None:
    """Count the days that are over and not counted yet. Again is no harm: a day is counted whole."""
    zone = ZoneInfo(organisation.time_zone)
    today = (now - SETTLED).astimezone(zone).date()
    with transaction.atomic(), connection.cursor() as cursor:
        known = PassagesCounted.objects.select_for_update().filter(organisation=organisation).first()
        if known is None:
            cursor.execute(_FIRST, [organisation.id])
            (first,) = cursor.fetchone()
            if first is None:
                return
            since = first.astimezone(zone).date()
        else:
            since = known.until
        if since >= today:
            return
        cursor.execute(
            _COUNT,
            {
                "organisation": organisation.id, "zone": str(zone),
                "since": _midnight(since, zone), "until": _midnight(today, zone),
            },
        )  # fmt: skip
        PassagesCounted.objects.update_or_create(organisation=organisation, defaults={"until": today})


@job_kind("routing.count_passages", every=timedelta(days=1), at=time(3, 20))
def count_passages(job: RunningJob, **_later: object) -> dict[str, Any]:
    """Count what is over, then forget who came more than PASSAGES_KEPT_DAYS ago."""
    for organisation in Organisation.objects.order_by("id"):
        count_days(organisation, datetime.now(UTC))
        job.progress(0.1)
    return {"forgotten": forget_in_slices(job, _FORGET, days=settings.PASSAGES_KEPT_DAYS)}
