"""The same agent again: who had this person last is asked first, for some seconds, if he is free.

Remembered at each close, one row a person. Looked up once, when a conversation enters its queue, and written into its
row: a round reads two columns more, and no other table. A queue says how long it remembers: days, or minutes after a
close on the same line (who writes "and another thing" just after it). Is he not free, or not to be asked (he gave it
back, he declined), it is anybody's at once; so is it when the seconds are over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from conversations.models import Conversation
from routing.assignment import Agent, Want
from routing.rows import set_fields

_REMEMBER = """
insert into routing_lastagent as l (contact_id, organisation_id, user_id, line_id, at)
values (%(contact)s, %(organisation)s, %(user)s, %(line)s, %(at)s)
on conflict (contact_id) do update set user_id = excluded.user_id, line_id = excluded.line_id, at = excluded.at
    where l.at <= excluded.at
"""
_LAST = """
select l.user_id, q.sticky_s
from routing_queue q join routing_lastagent l on l.organisation_id = q.organisation_id and l.contact_id in (
    -- A person may be several contacts (contacts/merging.py).
    select alike.id from contacts_contact own
    join contacts_contact alike on alike.id = coalesce(own.merged_into_id, own.id)
        or alike.merged_into_id = coalesce(own.merged_into_id, own.id)
    where own.id = %(contact)s)
where q.id = %(queue)s
  and (l.at > %(now)s - make_interval(days => q.sticky_days)
       or (l.line_id = %(line)s and l.at > %(now)s - make_interval(mins => q.reopen_min)))
order by l.at desc limit 1
"""


def remember(conversation: Conversation, user_id: UUID, *, now: datetime) -> None:
    """He had this person until now. In the transaction that closes; after all locks of conversations and states."""
    with connection.cursor() as cursor:
        cursor.execute(
            _REMEMBER,
            {
                "contact": conversation.contact_id, "organisation": conversation.organisation_id, "user": user_id,
                "line": conversation.line_id, "at": now,
            },
        )  # fmt: skip


def prefer_last(conversation: Conversation, *, now: datetime) -> None:
    """Keep a locked conversation that has just entered its queue for who had this person last."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LAST,
            {
                "contact": conversation.contact_id, "queue": conversation.queue_id, "line": conversation.line_id,
                "now": now,
            },
        )  # fmt: skip
        row = cursor.fetchone()
    if row is not None:
        set_fields(conversation, preferred_id=row[0], preferred_until=now + timedelta(seconds=row[1]))
    elif conversation.preferred_id is not None:
        set_fields(conversation, preferred_id=None, preferred_until=None)


def may_take(agent: Agent, *, line_id: UUID, queue_id: UUID, medium: str, weight: int, wants: Sequence[Want]) -> bool:
    """Whether routing's core could give it to him now (routing/assignment.py): else nobody waits for him."""
    return (
        (agent.lines is None or line_id in agent.lines)
        and (agent.queues is None or queue_id in agent.queues)
        and agent.capacity - agent.load >= max(weight, 1)
        and (agent.room is None or agent.room.get(medium, weight) >= max(weight, 1))
        and all(agent.skills.get(want.skill_id, 0) >= want.least for want in wants)
    )
