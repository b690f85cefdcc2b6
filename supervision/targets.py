"""What became of response times: per queue and kind of target, over days of the organisation's time zone.

Met: answered (or closed) within its time, of the period in which it was answered: the measured interval says so, with
the target that ran then, whatever is set today. Missed: its time ran out in the period, whether an answer came later or
not. The share is met of met and missed. Warned: came near in the period; those stand among met, missed or neither yet.
What ended without an answer before its time, and what no target ran for, is none of these; the means are of all answers
(closes) of the period, also of those without a target.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Organisation
from common.errors import Invalid
from measures.models import IntervalKind
from routing.deadlines import LATE, MET
from routing.models import Queue, TargetKind
from supervision.filters import EARLIEST, LATEST

MOST_DAYS = 92
USUAL_DAYS = 7
KINDS = {
    IntervalKind.FIRST_RESPONSE: TargetKind.FIRST,
    IntervalKind.RESPONSE: TargetKind.NEXT,
    IntervalKind.RESOLUTION: TargetKind.RESOLUTION,
}
_ANSWERED = """
select queue_id, kind, count(*) filter (where label = %(met)s), count(*) filter (where label in (%(met)s, %(late)s)),
    count(*), avg(wall_seconds), avg(business_seconds)
from measures_interval
where organisation_id = %(organisation)s and kind = any(%(kinds)s) and ended_at >= %(since)s and ended_at < %(until)s
group by 1, 2
"""
# Told at `at`, which is later than `due_at` by as long as nobody was there to tell (a month at most, else it is left
# out): what ran out before midnight belongs to that day.
_TOLD = """
select queue_id, kind, count(*) filter (where what = 'near'), count(*) filter (where what = 'missed')
from routing_targetevent
where organisation_id = %(organisation)s and at >= %(since)s and at < %(until)s + interval '31 days'
  and case when what = 'missed' then due_at else at end >= %(since)s
  and case when what = 'missed' then due_at else at end < %(until)s
group by 1, 2
"""


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the organisation's time zone, both included."""

    start: date
    end: date


class TargetReport(TypedDict):
    """`kind`: first, next or resolution. `queue_id` None: of no queue. `share`: of met and missed, 0 to 1; None: there
    was none. `answered`: all answers (closes), with a target or without; their means in seconds, None: there was none.
    """

    queue_id: str | None
    queue: str
    kind: str
    met: int
    missed: int
    warned: int
    share: float | None
    answered: int
    wall_s: float | None
    business_s: float | None


class TargetsReport(TypedDict):
    start: str
    end: str
    time_zone: str
    items: list[TargetReport]


def period_of(organisation: Organisation, start: date | None, end: date | None, now: datetime) -> Period:
    """The last seven days where nothing is said. Raises Invalid: "days_backwards", "report_too_long"."""
    last = end or now.astimezone(ZoneInfo(organisation.time_zone)).date()
    last = min(max(last, EARLIEST + timedelta(days=USUAL_DAYS)), LATEST)
    first = min(max(start or last - timedelta(days=USUAL_DAYS - 1), EARLIEST), LATEST)
    if first > last:
        raise Invalid("days_backwards", "the last day must not lie before the first", field="end")
    if (last - first).days >= MOST_DAYS:
        raise Invalid("report_too_long", f"at most {MOST_DAYS} days", field="start")
    return Period(first, last)


def report(organisation: Organisation, period: Period) -> TargetsReport:
    """By queue's name and kind; what was never measured nor told has no row."""
    zone = ZoneInfo(organisation.time_zone)
    asked: dict[str, Any] = {
        "organisation": organisation.id, "met": MET, "late": LATE, "kinds": list(KINDS),
        "since": _midnight(period.start, zone), "until": _midnight(period.end + timedelta(days=1), zone),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED, asked)
        answered = {(row[0], str(KINDS[IntervalKind(row[1])])): row[2:] for row in cursor.fetchall()}
        cursor.execute(_TOLD, asked)
        told = {(row[0], row[1]): row[2:] for row in cursor.fetchall()}
    names = dict(Queue.objects.filter(organisation=organisation).values_list("id", "name"))
    items = list(_rows(answered, told, names))
    order = [str(one) for one in TargetKind]
    items.sort(key=lambda one: (one["queue"] == "", one["queue"].casefold(), one["queue"], order.index(one["kind"])))
    return {
        "start": period.start.isoformat(), "end": period.end.isoformat(), "time_zone": organisation.time_zone,
        "items": items,
    }  # fmt: skip


Key = tuple[UUID | None, str]


def _rows(
    answered: dict[Key, tuple[Any, ...]], told: dict[Key, tuple[Any, ...]], names: dict[UUID, str]
) -> Iterator[TargetReport]:
    for key in answered.keys() | told.keys():
        met, aimed, number, wall, business = answered.get(key, (0, 0, 0, None, None))
        warned, missed = told.get(key, (0, 0))
        if not (aimed or warned or missed):  # no target ran
            continue
        queue_id, kind = key
        yield {
            "queue_id": str(queue_id) if queue_id else None,
            "queue": names.get(queue_id, "") if queue_id else "",
            "kind": kind,
            "met": met,
            "missed": missed,
            "warned": warned,
            "share": met / (met + missed) if met + missed else None,
            "answered": number,
            "wall_s": wall,
            "business_s": business,
        }


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
