"""Queues, the languages among the skills, and the media of lines, as a round of routing needs them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from routing.assignment import QueueRule, Strategy, Want
from routing.ladder import Ladder, from_text

NO_LADDER = Ladder()

_QUEUES = """
select q.id, q.strategy, q.points_per_minute, q.priority, q.weight, q.auto_accept, q.ring_s, q.language_level,
       array(select t.team_id from routing_queue_teams t where t.queue_id = q.id), q.ladder::text
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


def queues_of(organisation_id: UUID) -> tuple[dict[UUID, Served], dict[str, UUID], dict[UUID, str]]:
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
                tuple(wants.get(id_, ())), from_text(ladder),
            )
            for id_, strategy, pace, priority, weight, auto, ring_s, level, teams, ladder in cursor.fetchall()
        }  # fmt: skip
        languages: dict[str, UUID] = {}
        if any(one.language_level for one in queues.values()):
            cursor.execute(_LANGUAGES, [organisation_id])
            languages = dict(cursor.fetchall())
        cursor.execute(_LINES, [organisation_id])
        return queues, languages, dict(cursor.fetchall())
