"""Conversations whose owner can no longer work on them go back to their queue, to others.

He was switched off, became an observer, or left the team of the line: he does not see them, so nobody would answer.
What an agent may see is conversations.visibility's.
"""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.models import Role, User
from common.clock import database_now
from conversations.models import Conversation, Status
from conversations.visibility import audiences_of
from realtime import doorbell
from realtime.log import record_changes
from routing.handing import return_to_queue
from routing.offers import withdraw_all

log = logging.getLogger(__name__)

SLICE = 20  # conversations of one transaction
HELD = (Status.OPEN, Status.SNOOZED)

_HELD = """
select distinct owner_id, line_id from conversations_conversation
where organisation_id = %s and status in ('open', 'snoozed')
"""


def return_forsaken(*, organisation_id: UUID, now: datetime | None = None) -> int:
    """Give a slice of one owner's back (one, so that the locks of agents' states have no order); returns how many.

    Call it again until it returns 0. Two at once do each other no harm.
    """
    owner_id, lines = _first_forsaken(organisation_id)
    if owner_id is None:
        return 0
    with record_changes(organisation_id) as changes:
        # In the order of the intake statement. What was locked is looked at as it is now.
        found = list(
            Conversation.objects.select_for_update(of=("self",))
            .select_related("line")
            .filter(organisation_id=organisation_id, owner_id=owner_id, line_id__in=lines, status__in=HELD)
            .order_by("line_id", "contact_id", "thread_key")[:SLICE]
        )
        name, at = User.objects.values_list("name", flat=True).get(id=owner_id), now or database_now()
        withdraw_all(changes, found, now=at, why="gone", beside=[owner_id])
        for conversation in found:
            return_to_queue(changes, conversation, owner_id, name, at, by="routing")
        if found:
            log.info(
                "%d conversations of user %s, who cannot work on them, go back to their queue", len(found), owner_id
            )
            changes.ring(doorbell.WAITING)
    return len(found)


def _first_forsaken(organisation_id: UUID) -> tuple[UUID | None, list[UUID]]:
    """The first owner who has such conversations, and their lines."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [organisation_id])
        held: dict[UUID, list[UUID]] = {}
        for owner_id, line_id in cursor.fetchall():
            held.setdefault(owner_id, []).append(line_id)
    seen = audiences_of(held)
    for owner_id, lines in sorted(held.items()):
        audience = seen.get(owner_id)
        may = audience is not None and audience.role != Role.OBSERVER
        hidden = [line_id for line_id in lines if not (may and audience is not None and audience.sees_line(line_id))]
        if hidden:
            return owner_id, hidden
    return None, []
