"""When lines are open: each by the schedule that it points to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.hours import Hours, is_open
from accounts.schedules import hours_of_all

_LINES = "select id, schedule_id from conversations_line where id = any(%s) and schedule_id is not null"
_KEEPING = "select id, schedule_id from conversations_line where schedule_id is not null"


def hours_of_lines(line_ids: Collection[UUID]) -> dict[UUID, Hours]:
    """The hours of those that have any; the others never close."""
    return _of(_LINES, [list(line_ids)])


def closed_lines(now: datetime) -> dict[UUID, Hours]:
    """The lines that are closed now, of every organisation: there are a few dozen lines with hours at most."""
    return {line_id: hours for line_id, hours in _of(_KEEPING, []).items() if not is_open(hours, now)}


def _of(statement: str, parameters: list[Any]) -> dict[UUID, Hours]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        scheduled = dict(cursor.fetchall())
    hours = hours_of_all(scheduled.values())
    return {line_id: hours[schedule_id] for line_id, schedule_id in scheduled.items() if schedule_id in hours}
