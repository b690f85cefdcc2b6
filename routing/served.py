"""Queues, the languages among the skills, and the media of lines, as a round of routing needs them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection

from routing.assignment import QueueRule, Strategy, Want
from routing.ladder import Ladder, from_text, team_first, without

NO_LADDER = Ladder()

_QUEUES = """
select q.id, q.strategy, q.points_per_minute, q.priority, q.weight, q.auto_accept, q.ring_s, q.language_level,
       array(select t.team_id from routing_queue_teams t where t.queue_id = q.id), q.ladder::text, q.is_enabled,
       q.preferred_team_id, q.preferred_team_s
from routing_queue q where q.organisation_id = %s
"""
# Who of these teams is at work, with all of their teams. Member by member: as one condition on the queues, joined as
# the planner likes, it cost a round 800 ms with 50 queues and 1,000 agents.
_AT_WORK = """
select m.team_id, m.user_id, array(select own.team_id from accounts_team_members own where own.user_id = m.user_id)
from accounts_team_members m
where m.team_id = any(%s)
  and (select s.state in ('available', 'wrap_up') from routing_agentstate s where s.user_id = m.user_id)
  and (select u.is_active from accounts_user u where u.id = m.user_id)
"""
_LEVELS = "select user_id, skill_id, level from routing_agentskill where user_id = any(%s) and skill_id = any(%s)"
_NEEDS = """
select need.queue_id, need.skill_id, need.least, need.preferred
from routing_queueskill need
join routing_queue q on q.id = need.queue_id and q.organisation_id = %s
join routing_skill skill on skill.id = need.skill_id and skill.is_enabled
order by need.queue_id, need.skill_id
"""
_LANGUAGES = "select language, id from routing_skill where organisation_id = %s and language <> '' and is_enabled"
_LINES = "select id, medium from conversations_line where organisation_id = %s"


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
    ladder: Ladder = NO_LADDER
    is_enabled: bool = True
    # Asked first, alone, for so many seconds; None: none, or nobody of it could be free within them. What that means
    # stands in `wants` and `ladder` already.
    team: UUID | None = None
    team_s: int = 0

    def with_team(self, ladder: Ladder) -> Ladder:
        """Another ladder (a rule's own), with the end of the team's time."""
        return ladder if self.team is None else team_first(ladder, self.team, self.team_s)[1]


def queues_of(organisation_id: UUID) -> tuple[dict[UUID, Served], dict[str, UUID], dict[UUID, str]]:
    """The organisation's queues; the skills that are languages, by code; the lines' media. Nothing overflows into a
    queue that is off; who waits there himself is served."""
    with connection.cursor() as cursor:
        cursor.execute(_NEEDS, [organisation_id])
        wants: dict[UUID, list[Want]] = {}
        for queue_id, skill_id, least, preferred in cursor.fetchall():
            wants.setdefault(queue_id, []).append(Want(skill_id, least, preferred))
        cursor.execute(_QUEUES, [organisation_id])
        rows = cursor.fetchall()
        off = frozenset(row[0] for row in rows if not row[10])
        queues = {row[0]: _served(row, tuple(wants.get(row[0], ())), without(from_text(row[9]), off)) for row in rows}
        languages: dict[str, UUID] = {}
        if any(one.language_level for one in queues.values()):
            cursor.execute(_LANGUAGES, [organisation_id])
            languages = dict(cursor.fetchall())
        cursor.execute(_LINES, [organisation_id])
        return _with_teams(queues), languages, dict(cursor.fetchall())


def _served(row: tuple[Any, ...], wants: tuple[Want, ...], ladder: Ladder) -> Served:
    id_, strategy, pace, priority, weight, auto, ring_s, level, teams, _, is_enabled, team, team_s = row
    return Served(
        QueueRule(id_, Strategy(strategy), pace), priority, weight, auto, ring_s, level, frozenset(teams), wants,
        ladder, is_enabled, team, team_s,
    )  # fmt: skip


def _with_teams(queues: dict[UUID, Served]) -> dict[UUID, Served]:
    """Each preferred team asked first, or forgotten: it is waited for while somebody of it is at work who serves the
    queue and has its minimum levels, which a ladder may lower in time."""
    prefer = {one.team for one in queues.values() if one.team is not None}
    if not prefer:
        return queues
    at_work: dict[UUID, list[tuple[UUID, frozenset[UUID]]]] = {}
    levels: dict[tuple[UUID, UUID], int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_AT_WORK, [list(prefer)])
        for team_id, user_id, own in cursor.fetchall():
            at_work.setdefault(team_id, []).append((user_id, frozenset(own)))
        asked = {want.skill_id for one in queues.values() if one.team in at_work for want in one.wants}
        if asked:
            cursor.execute(_LEVELS, [list({user for of in at_work.values() for user, _ in of}), list(asked)])
            levels = {(user_id, skill_id): level for user_id, skill_id, level in cursor.fetchall()}

    def first(one: Served, team: UUID) -> Served:
        for user_id, own in at_work.get(team, ()):
            if one.teams and one.teams.isdisjoint(own):
                continue
            if one.ladder.steps or all(levels.get((user_id, want.skill_id), 0) >= want.least for want in one.wants):
                of_team, ladder = team_first(one.ladder, team, one.team_s)
                return replace(one, wants=(*one.wants, of_team), ladder=ladder)
        return replace(one, team=None)

    return {id_: one if one.team is None else first(one, one.team) for id_, one in queues.items()}
