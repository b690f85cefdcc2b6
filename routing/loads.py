"""How much an agent holds, kept in step with what he owns, is offered, and wraps up.

The load is the sum of the weights of the open conversations that the agent owns (those that sleep hold nothing), of the
offers that wait for his answer, and of his wrap-ups. It changes in the transaction that gives or takes one, and CHECK
constraints keep it within his capacity, and within that of each medium that has one of its own, whatever races. Lock
order: conversations first (in the order of the intake statement), then agents' states by key, then what hangs on them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from common.errors import Conflict
from realtime.log import Changes
from routing.events import AgentStateChanged

log = logging.getLogger(__name__)

_GAIN = """
update routing_agentstate set load = load + %(weight)s, last_assigned_at = %(now)s
where user_id = %(user)s and load + %(weight)s <= capacity
returning state
"""
# The row is made on first need: an account is older than its first day at the desk. In one statement with what is
# gained, the CHECK would judge the row that it proposes before it finds the one that is there.
_MAKE = """
insert into routing_agentstate (user_id, organisation_id, state, reason, capacity, load)
values (%(user)s, %(organisation)s, 'offline', '', 5, 0) on conflict (user_id) do nothing returning true
"""
# After the agent's row, which the statement before has locked: two cannot meet here in another order.
_GAIN_MEDIUM = """
update routing_agentmedium set load = load + %(weight)s
where user_id = %(user)s and medium = %(medium)s and load + %(weight)s <= capacity
returning true
"""
_HAS_MEDIUM = "select from routing_agentmedium where user_id = %(user)s and medium = %(medium)s"
_LOSE = """
update routing_agentstate set load = greatest(load - %s, 0) where user_id = %s returning state, old.load
"""
_LOSE_MEDIUM = """
update routing_agentmedium set load = greatest(load - %s, 0) where user_id = %s and medium = %s
"""
# What each agent holds, by medium.
_HELD = """
select user_id, medium, sum(weight) as weight from (
    select c.owner_id as user_id, line.medium, c.weight
    from conversations_conversation c join conversations_line line on line.id = c.line_id
    where c.organisation_id = %(organisation)s and c.status = 'open'
    union all
    select user_id, medium, weight from routing_offer
    where organisation_id = %(organisation)s and state = 'pending'
    union all
    select user_id, medium, weight from routing_wrapup where organisation_id = %(organisation)s
) held
where %(user)s::uuid is null or user_id = %(user)s
group by user_id, medium
"""
# What is held, and what is counted of it: one statement, hence one moment. Two would see what was given in between as a
# wrong count.
_COMPARED = f"""
with held as materialized ({_HELD})
select 'held', user_id, medium, weight from held
union all
select 'all', s.user_id, '', s.load from routing_agentstate s where s.organisation_id = %(organisation)s
union all
select 'medium', m.user_id, m.medium, m.load
from routing_agentmedium m join accounts_user u on u.id = m.user_id where u.organisation_id = %(organisation)s
"""  # noqa: S608 - constants of this file


def gain(*, changes: Changes, user_id: UUID, now: datetime, weight: int = 1, medium: str = "sms") -> None:
    """Count one conversation more. Raises Conflict("at_capacity")."""
    asked: dict[str, Any] = {
        "user": user_id, "organisation": changes.organisation_id, "now": now, "weight": weight, "medium": medium,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_GAIN, asked)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(_MAKE, asked)
            if cursor.fetchone() is not None:
                cursor.execute(_GAIN, asked)
                row = cursor.fetchone()
        room = row is not None
        if room:
            cursor.execute(_GAIN_MEDIUM, asked)
            if cursor.fetchone() is None:
                cursor.execute(_HAS_MEDIUM, asked)
                room = cursor.fetchone() is None
                if not room:  # the caller may go on without it
                    cursor.execute(_LOSE, [weight, user_id])
    if row is None or not room:
        raise Conflict("at_capacity", "the agent already holds as many conversations as he may")
    changes.add(AgentStateChanged(agent_id=user_id, state=row[0]))


def lose(*, changes: Changes, user_id: UUID, weight: int = 1, medium: str = "sms") -> None:
    """Count one conversation less."""
    with connection.cursor() as cursor:
        cursor.execute(_LOSE, [weight, user_id])
        row = cursor.fetchone()
        cursor.execute(_LOSE_MEDIUM, [weight, user_id, medium])
    if row is None or row[1] < weight:
        # Nobody may be kept from closing by a wrong count; the checker names the agent.
        log.error("agent %s gives up a conversation that was not counted", user_id)
    if row is not None:
        changes.add(AgentStateChanged(agent_id=user_id, state=row[0]))


def held_by(organisation_id: UUID, user_id: UUID) -> dict[str, int]:
    """The weight of all that an agent holds, by medium, counted from the things themselves. Lock his state first."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"organisation": organisation_id, "user": user_id})
        return {medium: int(weight) for _, medium, weight in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class WrongLoad:
    user_id: UUID
    load: int  # what the agent's row says
    held: int  # what he owns, is offered and wraps up


def wrong_loads(organisation_id: UUID) -> list[WrongLoad]:
    """The agents whose load, in all or of a medium, is not the weight of what they hold: none, ever."""
    by_medium: dict[tuple[UUID, str], int] = {}
    counted: dict[UUID, int] = {}
    media: list[tuple[UUID, str, int]] = []
    with connection.cursor() as cursor:
        cursor.execute(_COMPARED, {"organisation": organisation_id, "user": None})
        for what, user_id, medium, weight in cursor.fetchall():
            if what == "held":
                by_medium[user_id, medium] = int(weight)
            elif what == "all":
                counted[user_id] = int(weight)
            else:
                media.append((user_id, medium, int(weight)))
    held: dict[UUID, int] = {}
    for (user_id, _), weight in by_medium.items():
        held[user_id] = held.get(user_id, 0) + weight
    wrong = [
        WrongLoad(user_id, counted.get(user_id, 0), held.get(user_id, 0))
        for user_id in sorted(counted.keys() | held.keys())
        if counted.get(user_id, 0) != held.get(user_id, 0)
    ]
    for user_id, medium, load in media:
        if load != by_medium.get((user_id, medium), 0):
            wrong.append(WrongLoad(user_id, load, by_medium.get((user_id, medium), 0)))
    return wrong
