"""Telling what comes near and what was missed, once; and looking after deadlines that were left behind.

Any number of dispatchers do this: a deadline is claimed row by row (SKIP LOCKED), by the database's clock, and what
is told of it is stored in the same transaction. No conversation is locked here, so nobody waits for it.
"""

from __future__ import annotations

import time
from uuid import UUID

from django.db import connection

from common.ids import uuid7
from conversations.models import Conversation
from realtime.log import record_changes
from routing.deadlines import anybody, renew_all
from routing.events import TargetTold

SLICE = 100
ROUND_S = 60.0  # between two looks at everything that is open: what a crash or a change of settings left behind

_WHO = """
select distinct organisation_id from (
    select organisation_id from routing_deadline where tell_at <= clock_timestamp() order by tell_at limit 1000
) due
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


def tell_deadlines() -> int:
    """Tell all that is due; returns how much was told."""
    told = 0
    with connection.cursor() as cursor:
        cursor.execute(_WHO)
        organisations = sorted(row[0] for row in cursor.fetchall())
    for organisation_id in organisations:
        while True:
            claimed, new = _tell(organisation_id)
            told += new
            if claimed < SLICE:
                break
    return told


def _tell(organisation_id: UUID) -> tuple[int, int]:
    """(deadlines claimed, events told)."""
    with record_changes(organisation_id) as changes:
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
        self._next_round = 0.0

    def look(self) -> None:
        """Each second: what is due, then a slice of everything that is open."""
        if not anybody():
            self._left = []
            return
        tell_deadlines()
        if not self._left and time.monotonic() >= self._next_round:
            self._next_round = time.monotonic() + ROUND_S
            self._left = _everything_open()
        slice_, self._left = self._left[:SLICE], self._left[SLICE:]
        for organisation_id in sorted({owner for owner, _ in slice_}):
            renew_all(organisation_id, [id_ for owner, id_ in slice_ if owner == organisation_id])


def _everything_open() -> list[tuple[UUID, UUID]]:
    found: list[tuple[UUID, UUID]] = []
    with connection.cursor() as cursor:
        # Whoever had targets and has none any more still has deadlines that run.
        cursor.execute("select organisation_id from routing_targets union select organisation_id from routing_deadline")
        for (organisation_id,) in cursor.fetchall():
            cursor.execute(_OPEN, {"id": organisation_id})
            found += [(organisation_id, row[0]) for row in cursor.fetchall()]
    return found
