"""Hours for stories: a schedule that is open and closed when the story wants it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from accounts.models import Schedule
from conversations.models import Line
from tests.cast import Cast

OFFICE = [[[480, 750], [840, 1080]]] * 5 + [[], []]  # 08:00-12:30, 14:00-18:00, Monday to Friday, in Porto-Novo


def at(*moment: int) -> datetime:
    """A moment in Porto-Novo, which is one hour before Greenwich all year."""
    return datetime(*moment, tzinfo=ZoneInfo("Africa/Porto-Novo")).astimezone(UTC)


# In the week of 23 November 2026, a Monday.
MONDAY_OPEN, MONDAY_NIGHT, MONDAY_LATER = at(2026, 11, 23, 10), at(2026, 11, 23, 19), at(2026, 11, 23, 22)
TUESDAY_OPEN, TUESDAY_NIGHT = at(2026, 11, 24, 9), at(2026, 11, 24, 20)


def keeps_hours(cast: Cast, *lines: Line, country: str = "", week: list | None = None, **policy: object) -> Schedule:
    """These lines keep office hours from now on."""
    schedule = Schedule.objects.create(
        organisation=cast.organisation, name=f"Bureau {Schedule.objects.count()}", week=week or OFFICE, country=country
    )
    for line in lines or (cast.line_1919, cast.line_3334):
        Line.objects.filter(id=line.id).update(schedule=schedule, **policy)
        line.refresh_from_db()
    return schedule
