"""Whether a line is open: the one question that filters, rules and queues ask of its hours."""

from __future__ import annotations

from datetime import datetime

from accounts.hours import is_open
from accounts.schedules import hours_of
from conversations.models import Line


def open_now(line: Line, now: datetime) -> bool:
    """A line without hours of its own is always open."""
    hours = hours_of(line.schedule_id)
    return hours is None or is_open(hours, now)
