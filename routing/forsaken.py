"""Conversations whose owner can no longer work on them go back to their queue, to others.

He was switched off, became an observer, or left the team of the line: he does not see them, so nobody would answer.
What an agent may see is conversations.visibility's.
"""

from __future__ import annotations

import logging
import math
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.models import Role, User
from common.clock import database_now
from conversations.events import ConversationReturned
from conversations.messages import add_event_line
from conversations.models import Conversation, Status
from conversations.visibility import audiences_of
from realtime import doorbell
from realtime.log import Changes, record_changes
from routing import deadlines, stretches
from routing.assignment import POINTS
from routing.loads import lose
from routing.models import Queue
from routing.queues import queue_for
from routing.rows import set_fields

log = logging.getLogger(__name__)

SLICE = 20  # conversations of one transaction
MOST_STEPS, MOST_PRIORITY = 10, 100  # of priority, for what somebody has waited in vain
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


def return_to_queue(
    changes: Changes, conversation: Conversation, previous: UUID, name: str, now: datetime, *, by: str
) -> None:
    """A locked conversation leaves its owner, who is not there to give it back. `by`: what found that."""
    lose(changes=changes, user_id=previous, weight=conversation.weight, medium=conversation.line.medium)
    stretches.end_handle(conversation, now=now, how="returned_queue")
    queue_id = conversation.queue_id or queue_for(conversation.line).id
    priority = _as_if_he_had_waited_there(conversation, queue_id, now)
    set_fields(conversation, status=Status.QUEUED, owner_id=None, queue_id=queue_id, queued_at=now, priority=priority)
    deadlines.renew([conversation])
    # Nobody is its author: routing keeps it from nobody (routing/rounds.py).
    add_event_line(
        changes=changes,
        conversation=conversation,
        facts={
            "type": "returned",
            "to": "queue",
            "owner_id": str(previous),
            "owner_name": name,
            "by": by,
            "at": now.isoformat(),
        },
    )
    changes.add(
        ConversationReturned(
            line_id=conversation.line_id, conversation_id=conversation.id, to="queue", previous_owner_id=previous
        )
    )


def _as_if_he_had_waited_there(conversation: Conversation, queue_id: UUID, now: datetime) -> int:
    """Its priority: who has waited for an agent who was not there does not begin at the end. As many steps as the
    points that he would have by now, at least one, and not so many that his turn comes before all that is urgent."""
    if conversation.waiting_since is None:
        return conversation.priority
    least, pace = Queue.objects.values_list("priority", "points_per_minute").get(id=queue_id)
    waited_min = max((now - conversation.waiting_since).total_seconds(), 0.0) / 60
    steps = min(max(math.ceil(pace * waited_min / POINTS), 1), MOST_STEPS)
    return max(conversation.priority, min(max(conversation.priority, least) + steps, MOST_PRIORITY))
