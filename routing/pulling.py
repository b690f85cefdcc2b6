"""Taking the next by oneself, where a queue lets its agents do so."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import User
from common.clock import database_now
from common.errors import Conflict, NotFound
from conversations.messages import lock_conversation
from conversations.models import Conversation
from conversations.visibility import lines_visible_to
from realtime.log import record_changes
from routing.assignment import POINTS
from routing.climbing import own_ladders, raised
from routing.loads import gain
from routing.models import AgentSkill, Queue
from routing.owning import become_owner
from routing.routes import asking
from routing.served import queues_of

# By the rule of routing/assignment.py: score, then longest waiting, then id. What rings at somebody or is held just now
# is left out; the index bounds what is read to the first of each priority, and among them of each rule whose own ladder
# may raise them.
_NEXT = """
with recursive ringing as materialized (
    select conversation_id from routing_offer where organisation_id = %(organisation)s and state = 'pending'
), level as (
    select (select max(priority) from conversations_conversation
            where organisation_id = %(organisation)s and queue_id = %(queue)s and status = 'queued') as priority
    union all
    select (select max(priority) from conversations_conversation
            where organisation_id = %(organisation)s and queue_id = %(queue)s and status = 'queued'
              and priority < level.priority)
    from level where level.priority is not null
), own as (
    select rule_id from unnest(%(own_rules)s::uuid[]) own (rule_id) union all select null
)
select first.id from level cross join own cross join lateral (
    select c.id, c.priority, c.queued_at, own.rule_id from conversations_conversation c
    where c.organisation_id = %(organisation)s and c.queue_id = %(queue)s and c.status = 'queued'
      and c.priority = level.priority and c.line_id = any(%(lines)s)
      and c.id not in (select conversation_id from ringing)
      and (c.assigned_at > c.queued_at and c.preferred_id <> %(user)s and c.preferred_until > clock_timestamp())
          is not true
      and (greatest(c.queued_at, (select at from routing_ladderstart s where s.conversation_id = c.id))
               <= clock_timestamp() - make_interval(secs => %(others_s)s)
           or (c.assigned_at > c.queued_at and c.preferred_id = %(user)s and c.preferred_until > clock_timestamp()))
      and (%(language_level)s = 0 or not exists (
          select from routing_skill spoken where spoken.organisation_id = %(organisation)s and spoken.is_enabled
            and spoken.language <> '' and spoken.language = c.language and not exists (
              select from routing_agentskill has where has.user_id = %(user)s and has.skill_id = spoken.id
                and has.level >= %(language_level)s)))
      and not exists (select from routing_routed r where r.conversation_id = c.id and r.queue_id = %(queue)s
                      and r.rule_id = any(%(barred_rules)s))
      and case when own.rule_id is null
          then not exists (select from routing_routed r where r.conversation_id = c.id and r.queue_id = %(queue)s
                           and r.rule_id = any(%(own_rules)s::uuid[]))
          else exists (select from routing_routed r where r.conversation_id = c.id and r.queue_id = %(queue)s
                       and r.rule_id = own.rule_id) end
    order by c.queued_at limit 20
) first
left join routing_ladderstart start on start.conversation_id = first.id
order by (greatest(first.priority, %(priority)s)
          + (select coalesce(sum(step.by), 0)
             from unnest(%(raised_rules)s::uuid[], %(raised_after)s::int[], %(raised_by)s::int[])
                 step (rule_id, after, by)
             where step.rule_id is not distinct from first.rule_id
               and step.after <= extract(epoch from clock_timestamp() - greatest(first.queued_at, start.at))))
       * %(points)s
    + %(pace)s * greatest(extract(epoch from clock_timestamp() - first.queued_at), 0) / 60 desc,
    first.queued_at, first.id
limit 20
"""
_LOCK = "select id from conversations_conversation where id = %s and status = 'queued' for update skip locked"
# The queues in one of whose teams an agent is, and whose minimum levels he has.
_SERVED = """
select q.id from routing_queue q
where q.organisation_id = %(organisation)s
  and (not exists (select from routing_queue_teams t where t.queue_id = q.id)
       or exists (select from routing_queue_teams t join accounts_team_members m on m.team_id = t.team_id
                  where t.queue_id = q.id and m.user_id = %(user)s))
  and not exists (
       select from routing_queueskill need
       join routing_skill skill on skill.id = need.skill_id and skill.is_enabled
       where need.queue_id = q.id and need.least > 0 and not exists (
           select from routing_agentskill has
           where has.user_id = %(user)s and has.skill_id = need.skill_id and has.level >= need.least))
"""


def take_next(*, user: User, queue_id: UUID, now: datetime | None = None) -> Conversation:
    """Make `user` the owner of the conversation of this queue whose turn it is.

    Raises NotFound("no_queue"), Conflict: "no_pull" (its policy), "not_your_queue" (another team's, or beyond his
    skills), "queue_empty", "at_capacity".
    """
    queue = Queue.objects.filter(organisation_id=user.organisation_id, id=queue_id, is_enabled=True).first()
    if queue is None:
        raise NotFound("no_queue", "there is no such queue")
    if not queue.may_pull:
        raise Conflict("no_pull", "this queue hands out its conversations by itself")
    if queue.id not in queues_served_by(user):
        raise Conflict("not_your_queue", "this queue is served by others")
    with record_changes(user.organisation_id) as changes:
        id_ = _first(user, queue)
        if id_ is None:
            raise Conflict("queue_empty", "nobody waits in this queue whom you could take")
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=id_)
        now = now or database_now()
        gain(changes=changes, user_id=user.id, now=now, weight=queue.weight, medium=conversation.line.medium)
        become_owner(changes, conversation, user, now=now, by="pulled", weight=queue.weight)
    return conversation


def queues_served_by(user: User) -> set[UUID]:
    """Those that he may take from: of his teams or of none, and not beyond his skills."""
    with connection.cursor() as cursor:
        cursor.execute(_SERVED, {"organisation": user.organisation_id, "user": user.id})
        return {row[0] for row in cursor.fetchall()}


def _first(user: User, queue: Queue) -> UUID | None:
    """The first that nobody else holds just now, locked."""
    asked: dict[str, Any] = {
        "organisation": user.organisation_id, "queue": queue.id, "user": user.id, "points": POINTS,
        "lines": list(lines_visible_to(user)), "pace": queue.points_per_minute,
        "priority": queue.priority, "language_level": queue.language_level, "barred_rules": _rules_beyond(user),
        "others_s": _others_s(user, queue), **raised(queue, own_ladders([queue.id]).get(queue.id, {})),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, asked)
        for (id_,) in cursor.fetchall():
            cursor.execute(_LOCK, [id_])
            if cursor.fetchone() is not None and not _rings(id_):
                return id_
    return None


def _others_s(user: User, queue: Queue) -> int:
    """How long a conversation must have waited for him: so long it is his colleagues', whom the queue prefers."""
    if queue.preferred_team_id is None:
        return 0
    team = queues_of(user.organisation_id)[0][queue.id].team
    return 0 if team is None or user.teams.filter(id=team).exists() else queue.preferred_team_s


def _rules_beyond(user: User) -> list[UUID]:
    """The rules that ask for levels that he has not, whatever their ladders make of it later."""
    rules = asking(user.organisation_id)
    levels = dict(AgentSkill.objects.filter(user=user).values_list("skill_id", "level")) if rules else {}
    return [id_ for id_, rule in rules.items() if any(levels.get(one.skill_id, 0) < one.least for one in rule.wants)]


def _rings(conversation_id: UUID) -> bool:
    """Offered to somebody since it was looked at: he has it before him."""
    with connection.cursor() as cursor:
        cursor.execute("select from routing_offer where conversation_id = %s and state = 'pending'", [conversation_id])
        return cursor.fetchone() is not None
