"""Whose hours count: those of the line, or of the queue where a conversation waits, if it keeps some of its own.

What subscribers know is the line: its hours say whether it is open, to filters and rules, and whether its bot rests. A
queue's own say when its people work: of a conversation that waits in it, or that somebody has from it, they count in
place of the line's for targets, measured seconds, what is told to who waits, promised callbacks and silence.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.hours import Hours, is_open
from accounts.models import Schedule
from accounts.schedules import hours_of, hours_of_all
from common.errors import Invalid
from conversations.line_hours import closed_lines, hours_of_lines
from conversations.models import Conversation, Line
from routing.models import Queue

FRESH_S = 1.0
_KEEPING = "select id, schedule_id from routing_queue where schedule_id is not null"

# By line and by queue: the hours of those that are closed; None: a queue that keeps hours of its own and is open.
Closed = Mapping[UUID, Hours | None]
Place = tuple[UUID, UUID | None]  # line and queue

_keeping: tuple[float, dict[UUID, UUID]] = (-FRESH_S, {})


def open_now(line: Line, now: datetime) -> bool:
    """A line without hours of its own is always open: the one question that filters and rules ask."""
    hours = hours_of(line.schedule_id)
    return hours is None or is_open(hours, now)


def keeping() -> dict[UUID, UUID]:
    """The queues that keep hours of their own, of every organisation, with their schedules; at most a second old: every
    measured interval asks."""
    global _keeping  # noqa: PLW0603
    if time.monotonic() - _keeping[0] >= FRESH_S:
        with connection.cursor() as cursor:
            cursor.execute(_KEEPING)
            _keeping = (time.monotonic(), dict(cursor.fetchall()))
    return _keeping[1]


def hours_at(conversation: Conversation) -> Hours | None:
    """Of a conversation where it is now, with its line; None: always open."""
    own = None if conversation.queue_id is None else keeping().get(conversation.queue_id)
    return hours_of(own or conversation.line.schedule_id)


def hours_of_places(places: Collection[Place]) -> dict[Place, Hours]:
    """As `hours_at` of many lines and queues; those that never close are left out."""
    own = keeping()
    schedules = {place: own[place[1]] for place in places if place[1] is not None and place[1] in own}
    lines = hours_of_lines({line_id for line_id, _ in places if (line_id, _) not in schedules})
    hours = hours_of_all(schedules.values())
    found = {place: lines[place[0]] for place in places if place not in schedules and place[0] in lines}
    return found | {place: hours[id_] for place, id_ in schedules.items() if id_ in hours}


def closed_places(now: datetime) -> Closed:
    """Of every organisation: some dozens of lines and queues."""
    own = keeping()
    found: dict[UUID, Hours | None] = dict(closed_lines(now))
    hours = hours_of_all(own.values())
    for queue_id, schedule_id in own.items():
        kept = hours.get(schedule_id)
        found[queue_id] = None if kept is None or is_open(kept, now) else kept
    return found


def closed_at(closed: Closed, place: Place) -> Hours | None:
    """The hours by which who waits there finds nobody; None: it is open."""
    line_id, queue_id = place
    return closed[queue_id] if queue_id is not None and queue_id in closed else closed.get(line_id)


def choose_schedule(queue: Queue, schedule_id: UUID | str | None) -> None:
    """None leaves it; "": none of its own. Raises Invalid("unknown_choice")."""
    if schedule_id is None:
        return
    found = None
    if schedule_id:
        # Held against deletion until COMMIT, not against other references.
        mine = Schedule.objects.select_for_update(no_key=True).filter(organisation_id=queue.organisation_id)
        found = mine.filter(id=schedule_id).first()
        if found is None:
            raise Invalid("unknown_choice", "there is no such schedule", field="schedule_id")
    queue.schedule = found
