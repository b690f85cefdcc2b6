"""Schedules as the administration shows them: each with whether it is open now, and the holidays to confirm."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.hours import is_open, next_closing, next_opening
from accounts.models import HolidayDate, Organisation, Schedule, SpecialDays
from accounts.public_holidays import COUNTRIES, holidays_of
from accounts.schedules import built
from common.clock import database_now

BEHIND_DAYS, AHEAD_DAYS = 15, 400  # of today: the holidays that are shown


class SpecialView(TypedDict):
    id: UUID
    first: date
    last: date
    spans: list[list[int]]
    reason: str
    says_fr: str
    says_en: str


class ScheduleView(TypedDict):
    """`changes_at`: when it closes, if it is open now, else when it opens; None: never."""

    id: UUID
    name: str
    week: list[list[list[int]]]
    country: str
    revision: int
    special_days: list[SpecialView]
    is_open: bool
    changes_at: datetime | None


class HolidayView(TypedDict):
    """`state`: "certain"; of one that follows the moon "to_confirm", "confirmed", "moved", "dropped". `day`: on which
    lines are closed, or would be; `estimate`: what the calendar says."""

    country: str
    year: int
    key: str
    name_fr: str
    name_en: str
    estimate: date
    day: date | None
    state: str


class SchedulesView(TypedDict):
    items: list[ScheduleView]
    holidays: list[HolidayView]
    countries: list[str]
    time_zone: str


def schedules_shown(organisation_id: UUID, now: datetime | None = None) -> SchedulesView:
    now = now or database_now()
    zone = Organisation.objects.values_list("time_zone", flat=True).get(id=organisation_id)
    schedules = list(
        Schedule.objects.filter(organisation_id=organisation_id).prefetch_related("special_days").order_by("name")
    )
    countries = sorted({one.country for one in schedules if one.country})
    return {
        "items": [_shown(one, zone, now) for one in schedules],
        "holidays": _holidays(organisation_id, countries, now.astimezone(ZoneInfo(zone)).date()),
        "countries": list(COUNTRIES),
        "time_zone": zone,
    }


def _shown(schedule: Schedule, zone: str, now: datetime) -> ScheduleView:
    special = sorted(schedule.special_days.all(), key=lambda one: one.first)
    hours = built(schedule, zone, special=special)
    works = is_open(hours, now)
    return {
        "id": schedule.id,
        "name": schedule.name,
        "week": schedule.week,
        "country": schedule.country,
        "revision": schedule.revision,
        "special_days": [special_view(one) for one in special],
        "is_open": works,
        "changes_at": next_closing(hours, now) if works else next_opening(hours, now),
    }


def special_view(one: SpecialDays) -> SpecialView:
    return {
        "id": one.id, "first": one.first, "last": one.last, "spans": one.spans, "reason": one.reason,
        "says_fr": one.says_fr, "says_en": one.says_en,
    }  # fmt: skip


def _holidays(organisation_id: UUID, countries: list[str], today: date) -> list[HolidayView]:
    said = {
        (one.country, one.year, one.key): one
        for one in HolidayDate.objects.filter(organisation_id=organisation_id, country__in=countries)
    }
    first, last = today - timedelta(days=BEHIND_DAYS), today + timedelta(days=AHEAD_DAYS)
    found: list[HolidayView] = []
    for country in countries:
        for year in range(first.year, last.year + 1):
            for one in holidays_of(country, year):
                if not first <= one.day <= last:
                    continue
                known = said.get((country, year, one.key))
                day: date | None = one.day if known is None else known.day
                if not one.estimated:
                    state = "certain"
                elif known is None:
                    state = "to_confirm"
                elif known.day is None:
                    state = "dropped"
                else:
                    state = "confirmed" if known.day == one.day else "moved"
                found.append(
                    {
                        "country": country, "year": year, "key": one.key, "name_fr": one.name_fr,
                        "name_en": one.name_en, "estimate": one.day, "day": day, "state": state,
                    }
                )  # fmt: skip
    return sorted(found, key=lambda one: (one["day"] or one["estimate"], one["country"], one["key"]))
