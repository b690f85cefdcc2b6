"""Finding whose ladder has something to do now. Any number of dispatchers look, each second, by the database's clock.

A look asks for those whose step has come within the last half minute, which is a short stretch of an index. Once a
minute, when a ladder was changed, and while there is more than one look may do, it asks for all who wait longer than
that and were not served: what a crash, a held row or a closed line left behind.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from common.clock import database_now
from common.places import place_of
from conversations.line_hours import closed_lines
from routing.callback_answers import look_at_answers
from routing.ladder import Step, deeds, kept
from routing.ladder_deeds import Standing, do_what_is_due
from routing.models import Queue
from routing.waits import last_waits, places

log = logging.getLogger(__name__)

MOST = 100  # conversations of one look: half a second
LATELY = timedelta(seconds=30)
ROUND_S = 60.0

# Outside the hours of its line nobody is told how long he waits, nor given to a bot that rests.
_DUE = """
select c.id from conversations_conversation c
where c.organisation_id = %(organisation)s and c.queue_id = %(queue)s and c.status = 'queued'
  and c.queued_at <= %(until)s and c.queued_at > %(after)s
  and c.waiting_since is not null and c.line_id <> all(%(closed)s::uuid[])
  and not exists (select from routing_laddertold told where told.conversation_id = c.id and told.key = %(key)s)
order by c.queued_at limit %(most)s
"""


class LadderWatch:
    """Remembers when it last asked for all; two at once do each other no harm."""

    def __init__(self) -> None:
        self._known: dict[UUID, Sequence[Step]] = {}  # the deeds that each queue had at the last look
        self._whole: set[UUID] = set()  # queues of which more is due than a look could do
        self._next_round = 0.0

    def look(self, now: datetime | None = None) -> int:
        """Do what is due; returns for how many something was done or settled. Raises when the database is away."""
        now = now or database_now()
        queues = [queue for queue in Queue.objects.exclude(ladder=[]).order_by("id") if deeds(kept(queue.ladder))]
        look_at_answers(now)
        everybody = time.monotonic() >= self._next_round
        if everybody:
            self._next_round = time.monotonic() + ROUND_S
            self._whole = {queue.id for queue in queues}
        closed = list(closed_lines(now)) if queues else []
        done = 0
        for queue in queues:
            steps = deeds(kept(queue.ladder))
            whole = queue.id in self._whole or self._known.get(queue.id) != steps
            self._known[queue.id] = steps
            found = _due(queue, steps, closed, now, MOST - done, whole=whole)
            served = _serve(queue, found, now) if found else 0
            (self._whole.discard if served == len(found) < MOST - done else self._whole.add)(queue.id)
            done += served
        return done


def _due(
    queue: Queue, steps: Sequence[Step], closed: Sequence[UUID], now: datetime, most: int, *, whole: bool
) -> list[UUID]:
    """Each once, whoever waits longest first within a step."""
    found: dict[UUID, None] = {}
    for step in steps:
        if len(found) >= most:
            break
        until = now - timedelta(seconds=step.after_s)
        with connection.cursor() as cursor:
            cursor.execute(
                _DUE,
                {
                    "organisation": queue.organisation_id,
                    "queue": queue.id,
                    "until": until,
                    "after": "-infinity" if whole else until - LATELY,
                    "closed": list(closed),
                    "key": step.key,
                    "most": most - len(found),
                },
            )
            found |= dict.fromkeys(id_ for (id_,) in cursor.fetchall())
    return list(found)


def _serve(queue: Queue, found: Sequence[UUID], now: datetime) -> int:
    waits = last_waits(queue.organisation_id, now, queue.id).get(queue.id, [])
    standing = Standing(places(queue, found, now), waits)
    return sum(_done(id_, queue, standing, now) for id_ in found)


def _done(conversation_id: UUID, queue: Queue, standing: Standing, now: datetime) -> bool:
    try:
        return do_what_is_due(conversation_id, queue, standing, now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # one that cannot be served costs its neighbours nothing
        log.error("conversation %s: its ladder waits: %s at %s", conversation_id, type(error).__name__, place_of(error))
        return False
