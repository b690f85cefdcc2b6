"""An organisation's schedules as accounts/hours.py asks them: read once, kept until something of them changes.

What is kept is valid for one revision and one time zone, which each question compares: one look-up by key, and none
where there is no schedule. So a change holds for the next question of every process.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from uuid import UUID

from django.db import DatabaseError, connection

from accounts.hours import Hours, SpecialDay, Week
from accounts.models import HolidayDate, Schedule, SpecialDays
from accounts.public_holidays import holidays_of
from common.places import place_of

log = logging.getLogger(__name__)

MOST_KEPT = 1000
_NOW = """
select s.id, s.revision, o.time_zone from accounts_schedule s
join accounts_organisation o on o.id = s.organisation_id where s.id = any(%s)
"""
_kept: dict[UUID, tuple[int, str, Hours]] = {}


def hours_of(schedule_id: UUID | None) -> Hours | None:
    """The schedule as it is now; None: always open."""
    return None if schedule_id is None else hours_of_all([schedule_id]).get(schedule_id)


def hours_of_all(schedule_ids: Iterable[UUID]) -> dict[UUID, Hours]:
    """As `hours_of`, in one query for all of them. One that cannot be read is left out, as if it never closed."""
    wanted = list(set(schedule_ids))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_NOW, [wanted])
        rows = cursor.fetchall()
    found = {}
    for id_, revision, zone in rows:
        kept = _kept.get(id_)
        if kept is None or kept[:2] != (revision, zone):
            # Its revision was read before its days: what is written in between is looked for again next time.
            hours = _built_or_none(id_, zone)
            if hours is None:
                continue
            kept = (revision, zone, hours)
            if len(_kept) >= MOST_KEPT:
                _kept.clear()
            _kept[id_] = kept
        found[id_] = kept[2]
    return found


def _built_or_none(schedule_id: UUID, zone: str) -> Hours | None:
    """No text may wait because of one organisation's hours. Raises when the database fails."""
    try:
        return built(Schedule.objects.get(id=schedule_id), zone)
    except DatabaseError:
        raise
    except Exception as error:  # a zone that this machine does not know, a week that was written by hand
        log.error("schedule %s cannot be read: %s at %s", schedule_id, type(error).__name__, place_of(error))
        return None


def built(schedule: Schedule, zone: str, *, special: Collection[SpecialDays] | None = None) -> Hours:
    """`special`: its special days, where they are known already."""
    days: dict[date, SpecialDay] = {}
    for one in schedule.special_days.all() if special is None else special:
        given = SpecialDay(spans_of(one.spans), {"fr": one.says_fr, "en": one.says_en})
        for number in range((one.last - one.first).days + 1):
            days[one.first + timedelta(days=number)] = given
    return Hours(zone=zone, week=week_of(schedule.week), special=days, holidays=_Holidays(schedule))


class _Holidays:
    """The days of a year on which a schedule keeps holiday: the certain ones, and what people have said of others."""

    def __init__(self, schedule: Schedule) -> None:
        self.country = schedule.country
        confirmed = HolidayDate.objects.filter(
            organisation_id=schedule.organisation_id, country=self.country, day__isnull=False
        )
        self.confirmed = frozenset(confirmed.values_list("day", flat=True)) if self.country else frozenset()

    def __call__(self, year: int) -> set[date]:
        if not self.country:
            return set()
        try:
            certain = {one.day for one in holidays_of(self.country, year) if not one.estimated}
        except Exception as error:  # asked wherever hours are: it would hold up everybody's texts
            log.error("holidays of %s %d are not known: %s", self.country, year, type(error).__name__)
            certain = set()
        return certain | {day for day in self.confirmed if day is not None and day.year == year}


def week_of(stored: list[list[list[int]]]) -> Week:
    return tuple(spans_of(spans) for spans in stored)


def spans_of(stored: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((int(opens), int(closes)) for opens, closes in stored)
