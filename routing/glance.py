"""What routing's core decides about, read in a handful of queries: queues, free agents, the first who wait.

Of ten thousand who wait only the first of each kind are read: those of one queue and one priority go in the order of
their waiting, and the index hands them out in it. What an agent may not do anyway (no free agent serves the queue, or
sees the line, or has room for its medium) is not read at all. When nobody among the first can be given to anybody, the
next glance looks deeper. Where nobody waits, agents are not read: each close and each change of state rings the bell.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from common.clock import database_now
from conversations.visibility import audiences_of
from routing.assignment import Agent, Assignment, QueueRule, Waiting, score
from routing.first_waiting import first_waiting
from routing.routes import Asking, asking
from routing.served import Served, queues_of

SHALLOW, DEEP = 5, 100  # of each kind: its share of what there is room for, between these
DEEPER = 4  # times, after a glance in vain

_AGENTS = """
select s.user_id, s.load, s.capacity, greatest(s.last_assigned_at, s.since), u.name
from routing_agentstate s join accounts_user u on u.id = s.user_id
where s.organisation_id = %s and s.state = 'available' and s.load < s.capacity and u.is_active
  and u.role in ('agent', 'supervisor', 'administrator')
"""
# By their places in the two lists: six thousand ids to read would take as long as all else.
_SKILLS = """
select u.place, wanted.place, has.level
from unnest(%s::uuid[]) with ordinality u (id, place)
join routing_agentskill has on has.user_id = u.id
join unnest(%s::uuid[]) with ordinality wanted (id, place) on wanted.id = has.skill_id
join routing_skill skill on skill.id = has.skill_id and skill.is_enabled
"""
_ROOM = """
select m.user_id, m.medium, m.capacity - m.load
from routing_agentmedium m join routing_agentstate s on s.user_id = m.user_id
where s.organisation_id = %s and s.state = 'available'
"""
_MEMBERS = "select user_id, team_id from accounts_team_members where user_id = any(%s) and team_id = any(%s)"

# The priorities that occur in each queue, found by jumping through the index from one to the next lower. What rings is
# always a hash: the partial index of what rings counts as empty when it was last analyzed at an idle moment, and a join
# would then read it whole for each row (docs/decisions/0015-plans-and-empty-queues.md).
_KINDS = """
with recursive ringing as materialized (
    select conversation_id from routing_offer where organisation_id = %(organisation)s and state = 'pending'
), level as (
    select q.id,
           (select c.priority from conversations_conversation c
            where c.organisation_id = %(organisation)s and c.queue_id = q.id and c.status = 'queued'
              and c.id not in (select conversation_id from ringing)
            order by c.priority desc limit 1) as priority
    from routing_queue q where q.organisation_id = %(organisation)s
    union all
    select level.id,
           (select c.priority from conversations_conversation c
            where c.organisation_id = %(organisation)s and c.queue_id = level.id and c.status = 'queued'
              and c.priority < level.priority and c.id not in (select conversation_id from ringing)
            order by c.priority desc limit 1)
    from level where level.priority is not null
)
select id, priority from level where priority is not null
"""


@dataclass(frozen=True, slots=True)
class Glance:
    now: datetime
    queues: Mapping[UUID, Served]
    agents: list[Agent]
    names: Mapping[UUID, str]
    media: Mapping[UUID, str]  # of the lines
    waiting: Mapping[UUID, Waiting] = field(default_factory=dict)
    depth: int = SHALLOW
    # The score of the last that was read of a kind of which there are more: what comes after it may not be its turn.
    horizon: float | None = None

    @property
    def rules(self) -> dict[UUID, QueueRule]:
        return {id_: served.rule for id_, served in self.queues.items()}

    def certain(self, plan: list[Assignment]) -> list[Assignment]:
        """The beginning of `plan` in which nobody is given before somebody whom this glance did not reach."""
        if self.horizon is None:
            return plan
        for number, one in enumerate(plan):
            waiting = self.waiting[one.conversation_id]
            if score(waiting, self.queues[waiting.queue_ids[0]].rule, self.now) < self.horizon:
                return plan[:number]
        return plan


def look(organisation_id: UUID, *, depth: int | None = None, now: datetime | None = None) -> Glance:
    """`depth`: how many of each kind; None: as many as there is room for, within bounds. Where nobody waits, or no
    agent is free, nothing else is read. `now`: the database's clock, unless a test gives another."""
    with connection.cursor() as cursor:
        cursor.execute(_KINDS, {"organisation": organisation_id})
        kinds = cursor.fetchall()
        free = []
        if kinds:
            cursor.execute(_AGENTS, [organisation_id])
            free = cursor.fetchall()
    now = now or database_now()
    if not free:
        return Glance(now, {}, [], {}, {})
    queues, languages, media = queues_of(organisation_id)
    asked = {id_: queues[id_] for id_, _ in kinds}
    off = frozenset(id_ for id_, one in queues.items() if not one.is_enabled)
    rules = {id_: _of_team(one, queues) for id_, one in asking(organisation_id, off).items()}
    wants = [one.wants for one in asked.values()] + [one.wants for one in rules.values()]
    wanted = {want.skill_id for some in wants for want in some}
    if any(one.language_level for one in asked.values()):
        wanted |= set(languages.values())
    agents = _agents(organisation_id, free, queues, wanted, set(media.values()))
    room = sum(agent.capacity - agent.load for agent in agents)
    depth = depth or min(max(math.ceil(room / len(kinds)), SHALLOW), DEEP)
    waiting, cut = first_waiting(organisation_id, kinds, agents, asked, languages, media, rules, depth, now)
    horizon = max((score(one, queues[one.queue_ids[0]].rule, now) for one in cut), default=None)
    return Glance(
        now, queues, agents, {row[0]: row[4] for row in free}, media, {one.id: one for one in waiting}, depth, horizon
    )


def _of_team(rule: Asking, queues: Mapping[UUID, Served]) -> Asking:
    """A rule's own ladder ends the time of its queue's team, too."""
    served = queues.get(rule.queue_id)
    return rule if served is None or rule.ladder is None else replace(rule, ladder=served.with_team(rule.ladder))


def _agents(
    organisation_id: UUID,
    free: list[Any],
    queues: Mapping[UUID, Served],
    wanted: Collection[UUID],
    media: Collection[str],
) -> list[Agent]:
    """`wanted`: the skills that anybody who waits asks for; no others are read."""
    ids = [row[0] for row in free]
    skills: dict[UUID, dict[UUID, int]] = {}
    room: dict[UUID, dict[str, int]] = {}
    teams: dict[UUID, set[UUID]] = {}
    asked = frozenset[UUID]().union(*(one.teams for one in queues.values()))
    first = {one.team for one in queues.values() if one.team is not None}
    with connection.cursor() as cursor:
        if wanted:
            asked_for = list(wanted)
            cursor.execute(_SKILLS, [ids, asked_for])
            of: list[dict[UUID, int]] = [{} for _ in ids]
            for user, skill, level in cursor.fetchall():
                of[user - 1][asked_for[skill - 1]] = level
            skills = dict(zip(ids, of, strict=True))
        cursor.execute(_ROOM, [organisation_id])
        for user_id, medium, left in cursor.fetchall():
            room.setdefault(user_id, {})[medium] = left
        if asked or first:
            cursor.execute(_MEMBERS, [ids, list(asked | first)])
            for user_id, team_id in cursor.fetchall():
                teams.setdefault(user_id, set()).add(team_id)
                if team_id in first:  # to be of it is like a skill (routing.ladder.team_first)
                    skills.setdefault(user_id, {})[team_id] = 1
    seen = audiences_of(ids)

    def served_by(user_id: UUID) -> frozenset[UUID] | None:
        if not asked:
            return None
        mine = teams.get(user_id, set())
        return frozenset(id_ for id_, one in queues.items() if not one.teams or one.teams & mine)

    agents = [
        Agent(
            id=user_id, load=load, capacity=capacity, idle_since=idle_since, skills=skills.get(user_id, {}),
            room=room.get(user_id), lines=seen[user_id].line_ids, queues=served_by(user_id),
        )
        for user_id, load, capacity, idle_since, _ in free
        if user_id in seen
    ]  # fmt: skip
    # Who is full of every medium that there is would have all who wait be looked at for nobody.
    return [one for one in agents if one.room is None or any(one.room.get(medium, 1) > 0 for medium in media)]
