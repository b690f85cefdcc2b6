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
from routing.filter_models import PassagesCounted

MOST_DAYS = 92
PAGE = 50
SETTLED = timedelta(hours=1)  # what was judged before is committed by now

Which = Literal["all", "passed", "refused"]
PASSED = ("admit",)
REFUSED = ("queue", "answer", "bot")
_OUTCOMES: Mapping[Which, tuple[str, ...]] = {"all": PASSED + REFUSED, "passed": PASSED, "refused": REFUSED}

# The key bounds what is read; a conversation opens a moment before it is judged.
_LIVE = """
select (at at time zone %(zone)s)::date, check_id, outcome, count(*)
from routing_passage
where organisation_id = %(organisation)s and line_id = any(%(lines)s) and at >= %(since)s and at < %(until)s
  and conversation_id >= uuid_floor(%(since)s - interval '1 day')
group by 1, 2, 3
"""
_KEPT = """
select day, check_id, outcome, count from routing_passageday
where organisation_id = %(organisation)s and line_id = %(line)s and day >= %(first)s and day < %(end)s
"""
_COUNT = """
insert into routing_passageday as d (id, organisation_id, line_id, day, check_id, outcome, count)
select uuidv7(), organisation_id, line_id, (at at time zone %(zone)s)::date, check_id, outcome, count(*)
from routing_passage
where organisation_id = %(organisation)s and at >= %(since)s and at < %(until)s
  and conversation_id >= uuid_floor(%(since)s - interval '1 day')
group by organisation_id, line_id, 4, check_id, outcome
on conflict (organisation_id, line_id, day, check_id, outcome) do update set count = excluded.count
"""
_PAGE = """
select p.conversation_id, p.at, p.check_id, p.place, p.outcome, p.silence, a.value
from routing_passage p
join conversations_conversation c on c.id = p.conversation_id
join contacts_address a on a.id = c.address_id
where p.organisation_id = %(organisation)s and p.line_id = %(line)s and p.outcome = any(%(outcomes)s)
  and (%(below)s::uuid is null or p.conversation_id < %(below)s::uuid)
order by p.conversation_id desc limit %(limit)s
"""
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


@dataclass(frozen=True, slots=True)
class Page:
    items: list[PassageView]
    next: str | None


def days_of(organisation: Organisation, line_id: UUID, days: int, now: datetime) -> list[DayCount]:
    """The last `days` days, today included, newest first. Raises NotFound."""
    _visible(organisation.id, line_id)
    zone = ZoneInfo(organisation.time_zone)
    today = now.astimezone(zone).date()
    first = today - timedelta(days=min(max(days, 1), MOST_DAYS) - 1)
    counted = PassagesCounted.objects.filter(organisation=organisation).values_list("until", flat=True).first()
    live_from = max(first, counted) if counted else first
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, {"organisation": organisation.id, "line": line_id, "first": first, "end": live_from})
        rows = cursor.fetchall()
        cursor.execute(
            _LIVE,
            {
                "organisation": organisation.id, "lines": [line_id], "zone": str(zone),
                "since": _midnight(live_from, zone), "until": _midnight(today + timedelta(days=1), zone),
            },
        )  # fmt: skip
        rows += cursor.fetchall()
    rows.sort(key=lambda row: (row[0], str(row[1]), row[2]), reverse=True)
    return [
        {"day": day.isoformat(), "check_id": str(check) if check else None, "outcome": outcome, "count": count}
        for day, check, outcome, count in rows
    ]


def passages_of(audience: Audience, line_id: UUID, which: Which, after: str | None) -> Page:
    """Newest first. Raises NotFound, Invalid("cursor")."""
    _visible(audience.organisation_id, line_id)
    try:
        below = UUID(after) if after else None
    except ValueError:
        raise Invalid("cursor", "this is no place in the list", field="after") from None
    with connection.cursor() as cursor:
        cursor.execute(
            _PAGE,
            {
                "organisation": audience.organisation_id, "line": line_id, "outcomes": list(_OUTCOMES[which]),
                "below": below, "limit": PAGE + 1,
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
    return Page(items, items[-1]["conversation_id"] if len(rows) > PAGE else None)


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
