"""What routing's core decides about, read in a handful of queries: queues, free agents, the first who wait.

Of ten thousand who wait only the first of each kind are read: those of one queue and one priority go in the order of
their waiting, and the index hands them out in it. What an agent may not do anyway (no free agent serves the queue, or
sees the line) is not read at all. When nobody among the first can be given to anybody, the next glance looks deeper.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from common.clock import database_now
from conversations.visibility import audiences_of
from routing.assignment import Agent, Assignment, QueueRule, Strategy, Waiting, Want, score
from routing.offers import AVOID_S
from routing.sticky import may_take

SHALLOW, DEEP = 5, 100  # of each kind: as many as there is room for, between these
DEEPER = 4  # times, after a glance in vain

_QUEUES = """
select q.id, q.strategy, q.points_per_minute, q.priority, q.weight, q.auto_accept, q.ring_s, q.language_level,
       array(select t.team_id from routing_queue_teams t where t.queue_id = q.id)
from routing_queue q where q.organisation_id = %s
"""
_NEEDS = """
select need.queue_id, need.skill_id, need.least, need.preferred
from routing_queueskill need
join routing_queue q on q.id = need.queue_id and q.organisation_id = %s
join routing_skill skill on skill.id = need.skill_id and skill.is_enabled
order by need.queue_id, need.skill_id
"""
_LANGUAGES = "select language, id from routing_skill where organisation_id = %s and language <> '' and is_enabled"
_LINES = "select id, medium from conversations_line where organisation_id = %s"
_AGENTS = """
select s.user_id, s.load, s.capacity, coalesce(s.last_assigned_at, s.since), u.name
from routing_agentstate s join accounts_user u on u.id = s.user_id
where s.organisation_id = %s and s.state = 'available' and s.load < s.capacity and u.is_active
  and u.role in ('agent', 'supervisor', 'administrator')
"""
_SKILLS = """
select has.user_id, has.skill_id, has.level from routing_agentskill has
join routing_skill skill on skill.id = has.skill_id and skill.is_enabled where has.user_id = any(%s)
"""
_ROOM = "select user_id, medium, capacity - load from routing_agentmedium where user_id = any(%s)"
_MEMBERS = "select user_id, team_id from accounts_team_members where user_id = any(%s) and team_id = any(%s)"

# `level`: the priorities that occur in each queue, found by jumping through the index from one to the next lower.
# `back`: who gave it back last, by its event line. `avoid`: who declined or missed it lately.
_WAITING = """
with recursive asked as materialized (
    select * from unnest(%(queues)s::uuid[], %(everywhere)s::bool[]) q (id, everywhere)
), seen as materialized (
    select * from unnest(%(seen_queues)s::uuid[], %(seen_lines)s::uuid[]) s (queue_id, line_id)
), barred as materialized (
    select * from unnest(%(barred_queues)s::uuid[], %(barred_languages)s::text[]) b (queue_id, language)
), level as (
    select asked.id, asked.everywhere,
           (select c.priority from conversations_conversation c
            where c.organisation_id = %(organisation)s and c.queue_id = asked.id and c.status = 'queued'
            order by c.priority desc limit 1) as priority
    from asked
    union all
    select level.id, level.everywhere,
           (select c.priority from conversations_conversation c
            where c.organisation_id = %(organisation)s and c.queue_id = level.id and c.status = 'queued'
              and c.priority < level.priority
            order by c.priority desc limit 1)
    from level where level.priority is not null
)
select c.id, c.line_id, level.id, c.priority, c.queued_at, c.language, back.author_user_id, missed.avoid,
       c.preferred_id, c.preferred_until
from level
cross join lateral (
    select c.id, c.line_id, c.priority, c.queued_at, c.assigned_at, c.language, c.preferred_id, c.preferred_until
    from conversations_conversation c
    where c.organisation_id = %(organisation)s and c.queue_id = level.id and c.status = 'queued'
      and c.priority = level.priority
      and (level.everywhere or c.line_id in (select line_id from seen where seen.queue_id = level.id))
      and not exists (select from barred where barred.queue_id = level.id and barred.language = c.language)
      and not exists (select from routing_offer o where o.conversation_id = c.id and o.state = 'pending')
    order by c.queued_at limit %(depth)s
) c
left join lateral (
    select author_user_id from conversations_message m
    where c.assigned_at is not null and m.conversation_id = c.id and m.kind = 'event'
      and m.facts->>'type' in ('returned', 'transferred') and m.id >= uuid_floor(c.queued_at - interval '1 hour')
    order by seq desc limit 1
) back on true
cross join lateral (
    select array_agg(o.user_id) as avoid from routing_offer o
    where o.conversation_id = c.id and o.state in ('declined', 'timed_out')
      and o.ended_at > clock_timestamp() - make_interval(secs => %(avoid_s)s)
) missed
where level.priority is not null
"""


@dataclass(frozen=True, slots=True)
class Served:
    """A queue as a round needs it."""

    rule: QueueRule
    priority: int  # what waits here has at least this
    weight: int
    auto_accept: bool
    ring_s: int
    language_level: int
    teams: frozenset[UUID]
    wants: tuple[Want, ...] = ()


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

    def certain(self, plan: list[Assignment], least: int) -> list[Assignment]:
        """The beginning of `plan` in which nobody is given before somebody whom this glance did not reach."""
        if self.horizon is None:
            return plan
        for number, one in enumerate(plan):
            waiting = self.waiting[one.conversation_id]
            if score(waiting, self.queues[waiting.queue_ids[0]].rule, self.now) < self.horizon:
                return plan[: max(number, least)]
        return plan


def look(organisation_id: UUID, *, depth: int | None = None) -> Glance:
    """`depth`: how many of each kind; None: as many as there is room for, within bounds. Without free agents nothing
    else is read."""
    with connection.cursor() as cursor:
        cursor.execute(_AGENTS, [organisation_id])
        free = cursor.fetchall()
    now = database_now()
    if not free:
        return Glance(now, {}, [], {}, {})
    queues, languages, media = _queues(organisation_id)
    with_skills = any(one.wants or one.language_level for one in queues.values())
    agents = _agents(free, queues, set(media.values()), with_skills=with_skills)
    room = sum(agent.capacity - agent.load for agent in agents)
    depth = depth or min(max(room, SHALLOW), DEEP)
    waiting, cut = _waiting(organisation_id, agents, queues, languages, media, depth)
    horizon = max((score(one, queues[one.queue_ids[0]].rule, now) for one in cut), default=None)
    return Glance(
        now, queues, agents, {row[0]: row[4] for row in free}, media, {one.id: one for one in waiting}, depth, horizon
    )


def _queues(organisation_id: UUID) -> tuple[dict[UUID, Served], dict[str, UUID], dict[UUID, str]]:
    """The organisation's queues; the skills that are languages, by code; the lines' media."""
    with connection.cursor() as cursor:
        cursor.execute(_NEEDS, [organisation_id])
        wants: dict[UUID, list[Want]] = {}
        for queue_id, skill_id, least, preferred in cursor.fetchall():
            wants.setdefault(queue_id, []).append(Want(skill_id, least, preferred))
        cursor.execute(_QUEUES, [organisation_id])
        queues = {
            id_: Served(
                QueueRule(id_, Strategy(strategy), pace), priority, weight, auto, ring_s, level, frozenset(teams),
                tuple(wants.get(id_, ())),
            )
            for id_, strategy, pace, priority, weight, auto, ring_s, level, teams in cursor.fetchall()
        }  # fmt: skip
        languages: dict[str, UUID] = {}
        if any(one.language_level for one in queues.values()):
            cursor.execute(_LANGUAGES, [organisation_id])
            languages = dict(cursor.fetchall())
        cursor.execute(_LINES, [organisation_id])
        return queues, languages, dict(cursor.fetchall())


def _agents(
    free: list[Any], queues: Mapping[UUID, Served], media: Collection[str], *, with_skills: bool
) -> list[Agent]:
    ids = [row[0] for row in free]
    skills: dict[UUID, dict[UUID, int]] = {}
    room: dict[UUID, dict[str, int]] = {}
    teams: dict[UUID, set[UUID]] = {}
    asked = frozenset[UUID]().union(*(one.teams for one in queues.values()))
    with connection.cursor() as cursor:
        if with_skills:
            cursor.execute(_SKILLS, [ids])
            for user_id, skill_id, level in cursor.fetchall():
                skills.setdefault(user_id, {})[skill_id] = level
        cursor.execute(_ROOM, [ids])
        for user_id, medium, left in cursor.fetchall():
            room.setdefault(user_id, {})[medium] = left
        if asked:
            cursor.execute(_MEMBERS, [ids, list(asked)])
            for user_id, team_id in cursor.fetchall():
                teams.setdefault(user_id, set()).add(team_id)
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


def _waiting(
    organisation_id: UUID,
    agents: list[Agent],
    queues: Mapping[UUID, Served],
    languages: Mapping[str, UUID],
    media: Mapping[UUID, str],
    depth: int,
) -> tuple[list[Waiting], list[Waiting]]:
    """The first of each kind; and the last of each kind of which there may be more."""
    seen = _lines_seen(agents, queues)
    pairs = [(queue_id, line_id) for queue_id, lines in seen.items() for line_id in lines or ()]
    barred = _languages_barred(agents, {id_: queues[id_] for id_ in seen}, languages)
    with connection.cursor() as cursor:
        cursor.execute(
            _WAITING,
            {
                "organisation": organisation_id,
                "queues": list(seen),
                "everywhere": [lines is None for lines in seen.values()],
                "seen_queues": [queue_id for queue_id, _ in pairs],
                "seen_lines": [line_id for _, line_id in pairs],
                "barred_queues": [queue_id for queue_id, _ in barred],
                "barred_languages": [language for _, language in barred],
                "depth": depth,
                "avoid_s": AVOID_S,
            },
        )
        rows = cursor.fetchall()
    # The core is quicker when those of one kind share these very objects.
    own = {id_: (id_,) for id_ in queues}
    line_ids = {id_: id_ for id_ in media}
    wants: dict[tuple[UUID, str], tuple[Want, ...]] = {}
    found: list[Waiting] = []
    kinds: dict[tuple[UUID, int], list[Waiting]] = {}
    free = {agent.id: agent for agent in agents}
    for id_, line_id, queue_id, priority, queued_at, language, back, missed, preferred, until in rows:
        served = queues[queue_id]
        spoken = language if served.language_level and language in languages else ""
        if (queue_id, spoken) not in wants:
            tongue = (Want(languages[spoken], least=served.language_level),) if spoken else ()
            wants[queue_id, spoken] = (*served.wants, *tongue)
        one = Waiting(
            id=id_, line_id=line_ids.get(line_id, line_id), queue_ids=own[queue_id],
            medium=media.get(line_id, "sms"), weight=served.weight, priority=max(priority, served.priority),
            since=queued_at, wants=wants[queue_id, spoken], avoid=_avoided(back, missed),
        )  # fmt: skip
        if preferred in free and preferred not in one.avoid and until is not None:
            one = _kept_for(one, free[preferred], until)
        found.append(one)
        kinds.setdefault((queue_id, priority), []).append(one)
    cut = [max(kind, key=lambda one: one.since) for kind in kinds.values() if len(kind) >= depth]
    return found, cut


def _kept_for(one: Waiting, agent: Agent, until: datetime) -> Waiting:
    """For who had this person last, if he can take it now (routing/sticky.py)."""
    could = may_take(
        agent, line_id=one.line_id, queue_id=one.queue_ids[0], medium=one.medium, weight=one.weight, wants=one.wants
    )
    return replace(one, only_for=agent.id, only_until=until) if could else one


_NOBODY: frozenset[UUID] = frozenset()


def _avoided(back: UUID | None, missed: Collection[UUID] | None) -> frozenset[UUID]:
    if back is None and not missed:
        return _NOBODY
    return frozenset(missed or ()) | ({back} if back is not None else _NOBODY)


def _lines_seen(agents: list[Agent], queues: Mapping[UUID, Served]) -> dict[UUID, frozenset[UUID] | None]:
    """The queues that some free agent serves with the skills it needs, each with the lines that such agents see (None:
    all). Agents are few kinds by what they see and serve; skills are asked only where a queue needs some."""
    kinds: dict[tuple[frozenset[UUID] | None, frozenset[UUID] | None], list[Agent]] = {}
    for agent in agents:
        kinds.setdefault((agent.lines, agent.queues), []).append(agent)
    seen: dict[UUID, frozenset[UUID] | None] = {}
    for queue_id, served in queues.items():
        needs = [(want.skill_id, want.least) for want in served.wants if want.least]
        for (lines, serving), alike in kinds.items():
            if serving is not None and queue_id not in serving:
                continue
            if not any(
                agent.capacity - agent.load >= served.weight
                and all(agent.skills.get(skill_id, 0) >= least for skill_id, least in needs)
                for agent in alike
            ):
                continue
            before = seen.get(queue_id, _NOBODY)
            seen[queue_id] = None if before is None or lines is None else before | lines
    return seen


def _languages_barred(
    agents: list[Agent], queues: Mapping[UUID, Served], languages: Mapping[str, UUID]
) -> list[tuple[UUID, str]]:
    """By queue, the languages that no free agent speaks as well as it asks: a crowd of theirs would hide the others."""
    return [
        (queue_id, language)
        for queue_id, served in queues.items()
        if served.language_level
        for language, skill_id in languages.items()
        if not any(agent.skills.get(skill_id, 0) >= served.language_level for agent in agents)
    ]
