"""A round of routing: what routing/assignment.py plans from a glance is stored in slices, under locks.

Only the leader of an organisation does this (lease `routing:<organisation>`): agents and priorities are common to
queues that share agents. The lease is checked, and held fast, inside each slice's transaction. What changed between
glance and lock (an agent went on a break, somebody took the conversation) is left out and planned again.

A queue that accepts by itself gives: the conversation is the agent's at once. Any other offers: it rings at him
(routing/offers.py), stays in its queue, and counts in his load.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from common.clock import database_now
from common.ids import uuid7
from conversations.events import ConversationAssigned, MessageAdded
from conversations.models import Author, Message, MessageKind
from jobs.leases import HeldLease
from measures.intervals import interval, record_intervals
from measures.models import IntervalKind
from realtime.log import Changes, record_changes
from routing.assignment import Assignment, plan_round
from routing.events import AgentStateChanged, OfferMade
from routing.glance import DEEPER, Glance, look
from routing.hours import hours_of_places
from routing.models import Offer

SLICE = 20  # conversations of one transaction: a few milliseconds, so that texts and clicks get in between

# For share: while this transaction lasts, the lease can neither be renewed nor taken over.
_LEASE_HELD = """
select from jobs_lease
where name = %s and owner = %s and epoch = %s and expires_at > clock_timestamp() for share
"""
# In the order of the intake statement; what somebody else holds just now is left for the next slice.
_LOCK_CONVERSATIONS = """
select id, queue_id from conversations_conversation where id = any(%s) and status = 'queued'
order by line_id, contact_id, thread_key for update skip locked
"""
_RINGING = "select conversation_id from routing_offer where conversation_id = any(%s) and state = 'pending'"
_LOCK_AGENTS = """
select user_id, capacity - load from routing_agentstate
where user_id = any(%s) and state = 'available' order by user_id for update
"""
# A medium's row changes only under its agent's, which is locked by now.
_ROOM = "select user_id, medium, capacity - load from routing_agentmedium where user_id = any(%s)"
_ASSIGN = """
update conversations_conversation c
set status = 'open', owner_id = a.agent_id, assigned_at = %(now)s, weight = a.weight,
    preferred_id = null, preferred_until = null,
    last_seq = c.last_seq + 1, revision = c.revision + 1
from unnest(%(conversations)s::uuid[], %(agents)s::uuid[], %(weights)s::int[]) a (id, agent_id, weight)
where c.id = a.id
returning c.id, c.line_id, c.queue_id, greatest(old.queued_at, old.assigned_at), c.last_seq, c.owner_id
"""
_LOAD = """
update routing_agentstate s set load = s.load + a.weight, last_assigned_at = %(now)s
from (select id, sum(weight)::int as weight
      from unnest(%(agents)s::uuid[], %(weights)s::int[]) given (id, weight) group by id) a
where s.user_id = a.id
"""
_LOAD_MEDIA = """
update routing_agentmedium m set load = m.load + a.weight
from (select id, medium, sum(weight)::int as weight
      from unnest(%(agents)s::uuid[], %(media)s::text[], %(weights)s::int[]) given (id, medium, weight)
      group by id, medium) a
where m.user_id = a.id and m.medium = a.medium
"""


class LostLease(Exception):
    """Another process leads this organisation's routing now, or may."""


def assign_waiting(*, organisation_id: UUID, lease: HeldLease | None, now: datetime | None = None) -> int:
    """Slices until nobody waits whom an available agent with room may take; returns how many were given or offered.

    Raises LostLease. `lease` None: the caller knows that nobody else does this (a test).
    """
    given, depth = 0, None
    while True:
        seen = look(organisation_id, depth=depth, now=now)
        plan = plan_round(seen.waiting.values(), seen.agents, seen.rules, seen.now)
        certain = seen.certain(plan)
        stored = _store_all(organisation_id, lease, seen, certain, now)
        given += stored
        if seen.horizon is None and stored == len(plan):
            return given  # everybody was read, and the plan was whole: what comes later rings
        if stored:
            # The kinds go unevenly when the plan was cut: as deep once more, not as deep as the lesser room says.
            depth = seen.depth if len(certain) < len(plan) else None
        elif seen.horizon is not None:
            depth = seen.depth * DEEPER  # given back by the only free agents, or held by somebody: look behind them
        else:
            return given


def _store_all(
    organisation_id: UUID, lease: HeldLease | None, seen: Glance, plan: list[Assignment], now: datetime | None
) -> int:
    stored = 0
    for start in range(0, len(plan), SLICE):
        with record_changes(organisation_id) as changes:
            if lease is not None:
                _hold_fast(lease)
            true = _still_true(seen, plan[start : start + SLICE])
            if true:
                _store(changes, seen, true, now or database_now())
        stored += len(true)
    return stored


def _hold_fast(lease: HeldLease) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LEASE_HELD, [lease.name, lease.owner, lease.epoch])
        if cursor.fetchone() is None:
            raise LostLease(lease.name)


def _still_true(seen: Glance, plan: list[Assignment]) -> list[Assignment]:
    """Lock what the plan is about; the part of it that still holds."""
    ids = [one.conversation_id for one in plan]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_CONVERSATIONS, [ids])
        queue_of = dict(cursor.fetchall())
        cursor.execute(_RINGING, [ids])
        for (id_,) in cursor.fetchall():
            queue_of.pop(id_, None)
        plan = [one for one in plan if queue_of.get(one.conversation_id) == _waits_in(seen, one)]
        agents = list({one.agent_id for one in plan})
        cursor.execute(_LOCK_AGENTS, [agents])
        room = dict(cursor.fetchall())
        cursor.execute(_ROOM, [agents])
        of_medium = {(user_id, medium): left for user_id, medium, left in cursor.fetchall()}
    true = []
    for one in plan:
        weight, medium = _weight(seen, one), (one.agent_id, _medium(seen, one))
        if room.get(one.agent_id, 0) >= weight and of_medium.get(medium, weight) >= weight:
            room[one.agent_id] -= weight
            if medium in of_medium:
                of_medium[medium] -= weight
            true.append(one)
    return true


def _waits_in(seen: Glance, one: Assignment) -> UUID:
    return seen.waiting[one.conversation_id].queue_ids[0]


def _weight(seen: Glance, one: Assignment) -> int:
    return seen.waiting[one.conversation_id].weight


def _medium(seen: Glance, one: Assignment) -> str:
    return seen.waiting[one.conversation_id].medium


def _store(changes: Changes, seen: Glance, plan: list[Assignment], now: datetime) -> None:
    loads: dict[str, Any] = {
        "agents": [one.agent_id for one in plan],
        "media": [_medium(seen, one) for one in plan],
        "weights": [_weight(seen, one) for one in plan],
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, loads)
        cursor.execute(_LOAD_MEDIA, loads)
    give = [one for one in plan if seen.queues[one.queue_id].auto_accept]
    offer = [one for one in plan if not seen.queues[one.queue_id].auto_accept]
    if give:
        _give(changes, {one.conversation_id: (one.agent_id, _weight(seen, one)) for one in give}, seen.names, now)
    if offer:
        _offer(changes, seen, offer, now)
    for agent_id in sorted({one.agent_id for one in plan}):
        changes.add(AgentStateChanged(agent_id=agent_id, state="available"))


def _give(changes: Changes, plan: Mapping[UUID, tuple[UUID, int]], names: Mapping[UUID, str], now: datetime) -> None:
    """`plan`: agent and weight by conversation."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ASSIGN,
            {
                "conversations": list(plan),
                "agents": [agent_id for agent_id, _ in plan.values()],
                "weights": [weight for _, weight in plan.values()],
                "now": now,
            },
        )
        rows = cursor.fetchall()
    lines, waits, hours = [], [], hours_of_places({(row[1], row[2]) for row in rows})
    for id_, line_id, queue_id, waits_since, seq, owner_id in rows:
        line = Message(
            id=uuid7(),
            organisation_id=changes.organisation_id,
            conversation_id=id_,
            seq=seq,
            kind=MessageKind.EVENT,
            author=Author.SYSTEM,
            body="",
            facts={
                "type": "assigned",
                "owner_id": str(owner_id),
                "owner_name": names.get(owner_id, ""),
                "by": "routing",
            },
        )
        lines.append(line)
        waits.append(
            interval(
                organisation_id=changes.organisation_id,
                kind=IntervalKind.WAIT,
                started_at=waits_since,
                ended_at=now,
                conversation_id=id_,
                line_id=line_id,
                queue_id=queue_id,
                agent_id=owner_id,
                label="assigned",
                hours=hours.get((line_id, queue_id)),
            )
        )
        changes.add(
            MessageAdded(
                line_id=line_id,
                conversation_id=id_,
                message_id=line.id,
                seq=seq,
                kind=MessageKind.EVENT,
                author=Author.SYSTEM,
            )
        )
        changes.add(ConversationAssigned(line_id=line_id, conversation_id=id_, owner_id=owner_id, by="routing"))
    Message.objects.bulk_create(lines)
    record_intervals(waits)


def _offer(changes: Changes, seen: Glance, plan: list[Assignment], now: datetime) -> None:
    offers = [
        Offer(
            organisation_id=changes.organisation_id,
            conversation_id=one.conversation_id,
            line_id=seen.waiting[one.conversation_id].line_id,
            queue_id=one.queue_id,
            user_id=one.agent_id,
            medium=_medium(seen, one),
            weight=_weight(seen, one),
            made_at=now,
            expires_at=now + timedelta(seconds=seen.queues[one.queue_id].ring_s),
        )
        for one in plan
    ]
    Offer.objects.bulk_create(offers)
    for one in offers:
        changes.add(OfferMade(agent_id=one.user_id, offer_id=one.id))
