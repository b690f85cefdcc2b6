"""How much an agent holds, kept in step with what he owns.

The load is the number of open and snoozed conversations that the agent owns. It changes in the transaction that
gives or takes one, and a CHECK constraint keeps it within the capacity whatever races. Lock order: conversations
first, then agents' states, each by key.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from common.errors import Conflict
from realtime.log import Changes
from routing.events import AgentStateChanged

log = logging.getLogger(__name__)

# The row is made on first need: an account is older than its first day at the desk.
_GAIN = """
insert into routing_agentstate as s (user_id, organisation_id, state, reason, capacity, load, last_assigned_at)
values (%(user)s, %(organisation)s, 'offline', '', 5, 1, %(now)s)
on conflict (user_id) do update set load = s.load + 1, last_assigned_at = %(now)s
    where s.load < s.capacity
returning state
"""
_LOSE = """
update routing_agentstate set load = greatest(load - 1, 0) where user_id = %s returning state, old.load
"""
_WRONG = """
select s.user_id, s.load, coalesce(held.number, 0)
from routing_agentstate s
left join (select owner_id, count(*) as number from conversations_conversation
           where organisation_id = %(organisation)s and status in ('open', 'snoozed') group by owner_id) held
    on held.owner_id = s.user_id
where s.organisation_id = %(organisation)s and s.load <> coalesce(held.number, 0)
union all
select c.owner_id, 0, count(*)
from conversations_conversation c
where c.organisation_id = %(organisation)s and c.status in ('open', 'snoozed')
  and not exists (select from routing_agentstate s where s.user_id = c.owner_id)
group by c.owner_id
"""


def gain(*, changes: Changes, user_id: UUID, now: datetime) -> None:
    """Count one conversation more. Raises Conflict("at_capacity")."""
    with connection.cursor() as cursor:
        cursor.execute(_GAIN, {"user": user_id, "organisation": changes.organisation_id, "now": now})
        row = cursor.fetchone()
    if row is None:
        raise Conflict("at_capacity", "you hold as many conversations as you may; close or give back one first")
    changes.add(AgentStateChanged(agent_id=user_id, state=row[0]))


def lose(*, changes: Changes, user_id: UUID) -> None:
    """Count one conversation less."""
    with connection.cursor() as cursor:
        cursor.execute(_LOSE, [user_id])
        row = cursor.fetchone()
    if row is None or row[1] < 1:
        # Nobody may be kept from closing by a wrong count; the checker names the agent.
        log.error("agent %s gives up a conversation that was not counted", user_id)
    if row is not None:
        changes.add(AgentStateChanged(agent_id=user_id, state=row[0]))


@dataclass(frozen=True, slots=True)
class WrongLoad:
    user_id: UUID
    load: int  # what the agent's row says
    held: int  # what he owns


def wrong_loads(organisation_id: UUID) -> list[WrongLoad]:
    """The agents whose load is not the number of open and snoozed conversations they own: none, ever."""
    with connection.cursor() as cursor:
        cursor.execute(_WRONG, {"organisation": organisation_id})
        return [WrongLoad(*row) for row in cursor.fetchall()]
