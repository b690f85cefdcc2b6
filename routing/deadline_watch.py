"""Telling what comes near and what was missed, once; and looking after deadlines that were left behind.

Any number of dispatchers do this: a deadline is claimed row by row (SKIP LOCKED), by the database's clock, and what
is told of it is stored in the same transaction. No conversation is locked here, so nobody waits for it.
"""

from __future__ import annotations

import logging
import time
from uuid import UUID

from django.db import connection

from common.ids import uuid7
from common.places import place_of
from conversations.models import Conversation
from realtime.log import record_changes
from routing.deadlines import anybody, renew_all
from routing.events import TargetTold
from routing.held import raise_if_away, wait_briefly

log = logging.getLogger(__name__)

SLICE = 100
AT_ONCE = 300  # conversations of one look: 10,000 are through in 34 looks, of which each takes up to half a second
ROUND_S = 60.0  # between two looks at everything that is open: what a crash or a change of settings left behind

_WHO = """
select distinct organisation_id from routing_deadline where tell_at <= clock_timestamp()
"""
# What came near and was missed while nobody looked is told as missed alone.
_CLAIM = """
with due as materialized (
    select id from routing_deadline where organisation_id = %s and tell_at <= clock_timestamp()
    order by tell_at limit SLICE for update skip locked
)
update routing_deadline d set tell_at = case when d.due_at > clock_timestamp() then d.due_at end
from due where d.id = due.id
returning d.conversation_id, d.line_id, d.queue_id, d.kind, d.since, d.due_at, d.tell_at is null
""".replace("SLICE", str(SLICE))
_TELL = """
insert into routing_targetevent (
    id, organisation_id, conversation_id, line_id, queue_id, agent_id, kind, what, since, due_at
) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing
"""
_OPEN = """
select id from conversations_conversation where organisation_id = %(id)s and status = 'queued'
union all
select id from conversations_conversation where organisation_id = %(id)s and status in ('open', 'snoozed')
"""
# What deadlines depend on besides their conversation: a few dozen rows. Another answer than before: look at once.
_SET = """
select md5(concat_ws('/',
    (select string_agg(t::text, ' ' order by t.id) from routing_targets t),
    (select string_agg(concat(s.id, s.revision), ' ' order by s.id) from accounts_schedule s),
    (select string_agg(concat(l.id, l.schedule_id), ' ' order by l.id) from conversations_line l
     where l.schedule_id is not null),
    (select string_agg(concat(q.id, q.schedule_id), ' ' order by q.id) from routing_queue q
     where q.schedule_id is not null),
    (select string_agg(concat(o.id, o.time_zone), ' ' order by o.id) from accounts_organisation o)
))
"""


def tell_deadlines() -> int:
    """Tell all that is due; returns how much was told."""
    told = 0
    with connection.cursor() as cursor:
        cursor.execute(_WHO)
        organisations = sorted(row[0] for row in cursor.fetchall())
    for organisation_id in organisations:
        try:
            while True:
                claimed, new = _tell(organisation_id)
                told += new
                if claimed < SLICE:
                    break
        except Exception as error:
            _later(organisation_id, error)
    return told


def _later(organisation_id: UUID, error: Exception) -> None:
    """What one organisation's rows, hours or counter cost is not the others'. Raises when the database is away."""
    raise_if_away(error)
    log.error("targets of %s come later: %s at %s", organisation_id, type(error).__name__, place_of(error))


def _tell(organisation_id: UUID) -> tuple[int, int]:
    """(deadlines claimed, events told)."""
    with record_changes(organisation_id) as changes:
        wait_briefly()
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [organisation_id])
            due = cursor.fetchall()
        owners = dict(Conversation.objects.filter(id__in=[row[0] for row in due]).values_list("id", "owner_id"))
        for conversation_id, line_id, queue_id, kind, since, due_at, missed in due:
            what = "missed" if missed else "near"
            with connection.cursor() as cursor:
                cursor.execute(
                    _TELL,
                    [
                        uuid7(), organisation_id, conversation_id, line_id, queue_id, owners.get(conversation_id),
                        kind, what, since, due_at,
                    ],
                )  # fmt: skip
                if cursor.rowcount:
                    changes.add(
                        TargetTold(
                            line_id=line_id, conversation_id=conversation_id, queue_id=queue_id, kind=kind, what=what
                        )
                    )
    return len(due), len(changes.items)


class DeadlineWatch:
    """Remembers how far its present round is; two at once do each other no harm."""

    def __init__(self) -> None:
        self._left: list[tuple[UUID, UUID]] = []
        self._set = ""
        self._next_round = 0.0

    def look(self) -> None:
        """Each second: what is due, then a slice of everything that is open."""
        if not anybody():
            self._left = []
            return
        tell_deadlines()
        now_set = _now_set()
        if now_set != self._set or (not self._left and time.monotonic() >= self._next_round):
            self._set, self._next_round = now_set, time.monotonic() + ROUND_S
            self._left = _everything_open()
        slice_, self._left = self._left[:AT_ONCE], self._left[AT_ONCE:]
        for organisation_id in sorted({owner for owner, _ in slice_}):
            try:
                renew_all(organisation_id, [id_ for owner, id_ in slice_ if owner == organisation_id])
            except Exception as error:
                _later(organisation_id, error)


def _now_set() -> str:
    with connection.cursor() as cursor:
        cursor.execute(_SET)
        return cursor.fetchone()[0]


def _everything_open() -> list[tuple[UUID, UUID]]:
    found: list[tuple[UUID, UUID]] = []
    with connection.cursor() as cursor:
        # Whoever had targets and has none any more still has deadlines that run.
        cursor.execute("select organisation_id from routing_targets union select organisation_id from routing_deadline")
        for (organisation_id,) in cursor.fetchall():
            cursor.execute(_OPEN, {"id": organisation_id})
            found += [(organisation_id, row[0]) for row in cursor.fetchall()]
    return found
