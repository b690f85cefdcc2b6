"""A round of assignment: what routing/assignment.py plans from a glance is stored in slices, under locks.

Only the leader of an organisation does this (lease `routing:<organisation>`): agents and priorities are common to
queues that share agents. The lease is checked, and held fast, inside each slice's transaction. What changed between
glance and lock (an agent went on a break, somebody took the conversation) is left out and planned again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from common.clock import database_now
from common.ids import uuid7
from conversations.events import ConversationAssigned, MessageAdded
from conversations.line_hours import hours_of_lines
from conversations.models import Author, Message, MessageKind
from conversations.visibility import audiences_of
from jobs.leases import HeldLease
from measures.intervals import interval
from measures.models import Interval, IntervalKind
from realtime.log import Changes, record_changes
from routing.assignment import Agent, Assignment, Waiting, plan_round
from routing.events import AgentStateChanged

SLICE = 20  # conversations of one transaction: a few milliseconds, so that texts and clicks get in between

_AGENTS = """
select s.user_id, s.load, s.capacity, coalesce(s.last_assigned_at, s.since), u.name
from routing_agentstate s join accounts_user u on u.id = s.user_id
where s.organisation_id = %(organisation)s and s.state = 'available' and s.load < s.capacity and u.is_active
  and u.role in ('agent', 'supervisor', 'administrator')
"""
# Queue by queue, because that is how the index is ordered. `back`: who gave it back last, by its event line.
_WAITING = """
select c.id, c.line_id, c.priority, c.queued_at, back.author_user_id
from routing_queue q
cross join lateral (
    select id, line_id, priority, queued_at, assigned_at from conversations_conversation
    where organisation_id = %(organisation)s and queue_id = q.id and status = 'queued'
      and (%(lines)s::uuid[] is null or line_id = any(%(lines)s))
    order by priority desc, queued_at limit %(upto)s
) c
left join lateral (
    select author_user_id from conversations_message m
    where c.assigned_at is not null and m.conversation_id = c.id and m.kind = 'event'
      and m.id >= uuid_floor(c.queued_at - interval '1 hour')
    order by seq desc limit 1
) back on true
where q.organisation_id = %(organisation)s
order by c.priority desc, c.queued_at, c.id
offset %(skipped)s limit 20
"""
# For share: while this transaction lasts, the lease can neither be renewed nor taken over.
_LEASE_HELD = """
select from jobs_lease
where name = %s and owner = %s and epoch = %s and expires_at > clock_timestamp() for share
"""
# In the order of the intake statement; what somebody else holds just now is left for the next slice.
_LOCK_CONVERSATIONS = """
select id from conversations_conversation where id = any(%s) and status = 'queued'
order by line_id, contact_id, thread_key for update skip locked
"""
_LOCK_AGENTS = """
select user_id, capacity - load from routing_agentstate
where user_id = any(%s) and state = 'available' order by user_id for update
"""
_ASSIGN = """
update conversations_conversation c
set status = 'open', owner_id = a.agent_id, assigned_at = %(now)s, last_seq = c.last_seq + 1, revision = c.revision + 1
from unnest(%(conversations)s::uuid[], %(agents)s::uuid[]) a (id, agent_id)
where c.id = a.id
returning c.id, c.line_id, c.queue_id, c.queued_at, c.last_seq, c.owner_id
"""
_LOAD = """
update routing_agentstate s set load = s.load + a.number, last_assigned_at = %(now)s
from unnest(%(agents)s::uuid[], %(numbers)s::int[]) a (id, number)
where s.user_id = a.id
"""


class LostLease(Exception):
    """Another process leads this organisation's routing now, or may."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice did: how many were given, and how many candidates it looked at in vain."""

    given: int
    in_vain: int


def assign_waiting(*, organisation_id: UUID, lease: HeldLease | None, now: datetime | None = None) -> int:
    """Slices until nobody waits whom an available agent with room may take; returns how many were given.

    Raises LostLease. `lease` None: the caller knows that nobody else does this (a test).
    """
    given, skipped = 0, 0
    while True:
        one = assign_slice(organisation_id=organisation_id, lease=lease, skipped=skipped, now=now)
        given += one.given
        if one.given:
            skipped = 0
        elif one.in_vain:
            skipped += one.in_vain  # given back by the only free agents, or held by somebody: look behind them
        else:
            return given


def assign_slice(
    *, organisation_id: UUID, lease: HeldLease | None, skipped: int = 0, now: datetime | None = None
) -> Slice:
    names, agents = _free_agents(organisation_id)
    if not agents:
        return Slice(0, 0)
    waiting = _first_waiting(organisation_id, agents, skipped)
    plan = plan_round(waiting, agents)
    if not plan:
        return Slice(0, len(waiting))
    with record_changes(organisation_id) as changes:
        if lease is not None:
            _hold_fast(lease)
        plan = _still_true(plan)
        if plan:
            _store(changes, plan, names, now or database_now())
    return Slice(len(plan), 0 if plan else len(waiting))


def _free_agents(organisation_id: UUID) -> tuple[dict[UUID, str], list[Agent]]:
    with connection.cursor() as cursor:
        cursor.execute(_AGENTS, {"organisation": organisation_id})
        rows = cursor.fetchall()
    if not rows:
        return {}, []
    seen = audiences_of([row[0] for row in rows])
    agents = [
        Agent(user_id, load, capacity, idle_since, seen[user_id].line_ids)
        for user_id, load, capacity, idle_since, _ in rows
        if user_id in seen
    ]
    return {row[0]: row[4] for row in rows}, agents


def _first_waiting(organisation_id: UUID, agents: list[Agent], skipped: int) -> list[Waiting]:
    # Only lines that somebody free may see: otherwise a crowd nobody can take would hide the others.
    lines: set[UUID] | None = set()
    for agent in agents:
        lines = None if lines is None or agent.lines is None else lines | agent.lines
    with connection.cursor() as cursor:
        cursor.execute(
            _WAITING,
            {
                "organisation": organisation_id,
                "lines": None if lines is None else list(lines),
                "skipped": skipped,
                "upto": skipped + SLICE,
            },
        )
        return [Waiting(*row) for row in cursor.fetchall()]


def _hold_fast(lease: HeldLease) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LEASE_HELD, [lease.name, lease.owner, lease.epoch])
        if cursor.fetchone() is None:
            raise LostLease(lease.name)


def _still_true(plan: list[Assignment]) -> list[Assignment]:
    """Lock what the plan is about; the part of it that still holds."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_CONVERSATIONS, [[one.conversation_id for one in plan]])
        waiting = {row[0] for row in cursor.fetchall()}
        plan = [one for one in plan if one.conversation_id in waiting]
        cursor.execute(_LOCK_AGENTS, [list({one.agent_id for one in plan})])
        room = dict(cursor.fetchall())
    true = []
    for one in plan:
        if room.get(one.agent_id, 0) > 0:
            room[one.agent_id] -= 1
            true.append(one)
    return true


def _store(changes: Changes, plan: list[Assignment], names: dict[UUID, str], now: datetime) -> None:
    agents = [one.agent_id for one in plan]
    with connection.cursor() as cursor:
        cursor.execute(_ASSIGN, {"conversations": [one.conversation_id for one in plan], "agents": agents, "now": now})
        rows = cursor.fetchall()
        each = sorted(set(agents))
        cursor.execute(_LOAD, {"agents": each, "numbers": [agents.count(id_) for id_ in each], "now": now})
    lines, waits, hours = [], [], hours_of_lines({row[1] for row in rows})
    for id_, line_id, queue_id, queued_at, seq, owner_id in rows:
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
                started_at=queued_at,
                ended_at=now,
                conversation_id=id_,
                line_id=line_id,
                queue_id=queue_id,
                agent_id=owner_id,
                label="assigned",
                hours=hours.get(line_id),
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
    Interval.objects.bulk_create(waits)
    for agent_id in each:
        changes.add(AgentStateChanged(agent_id=agent_id, state="available"))
