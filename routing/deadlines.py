"""The targets that run: which deadlines a conversation has, kept beside it by whoever changes what they depend on.

A text comes (`follow`, in the dispatcher's round), an answer leaves, a conversation changes hands or is closed
(`renew`, in that transaction). The earliest stands on the conversation for lists and timers; all of them in
routing_deadline, where routing/deadline_watch.py finds what is due, and repairs what was left behind.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection

from accounts.hours import Hours, add_business_seconds
from accounts.schedules import hours_of_all
from common.ids import uuid7
from common.places import place_of
from conversations.models import Conversation, Status
from realtime.log import record_changes
from routing.events import TargetsSet
from routing.models import TargetKind

log = logging.getLogger(__name__)

FRESH_S = 1.0
AT_ONCE = 20  # conversations of one transaction: a text or a click to one of them waits for all
RUN_IN = (Status.QUEUED, Status.OPEN, Status.SNOOZED)  # the bot has no targets

_TARGETS = """
select queue_id, line_id, first_s, next_s, resolution_s, is_business, warn_percent,
    -- The queues that keep hours of their own, beside: asked here and now, for the watch renews when they change.
    (select jsonb_object_agg(id, schedule_id) from routing_queue
     where id = any(%(queues)s) and schedule_id is not null)
from routing_targets where queue_id = any(%(queues)s) or line_id = any(%(lines)s)
"""
# Whose wait has no deadline yet: one row for each stretch of waiting, however many texts it has. By whose hours it
# would run, and for how long; null seconds: that one runs already, or there is no such target.
_NEW = """
select c.organisation_id, c.id, n.schedule_id, n.wait_s, n.waiting_since, n.resolution_s, n.opened
from conversations_conversation c
join conversations_line l on l.id = c.line_id
left join routing_queue q on q.id = c.queue_id
cross join lateral (
    -- A queue's own go before its line's: what they do not say, there is no target for.
    select * from routing_targets t where t.queue_id = c.queue_id or t.line_id = c.line_id
    order by t.queue_id is null limit 1
) t
cross join lateral (
    select case when t.is_business then coalesce(q.schedule_id, l.schedule_id) end as schedule_id,
        c.waiting_since, coalesce(c.reopened_at, c.opened_at) as opened,
        case when not exists (
            select from routing_deadline d where d.conversation_id = c.id and d.since = c.waiting_since
        ) then (case when c.first_answered_at is null then t.first_s else t.next_s end) end as wait_s,
        case when not exists (
            select from routing_deadline d where d.conversation_id = c.id and d.kind = 'resolution'
        ) then t.resolution_s end as resolution_s
) n
where c.id = any(%s) and c.status in ('queued', 'open', 'snoozed') and c.waiting_since is not null
  and (n.wait_s is not null or n.resolution_s is not null)
"""
# What has not changed is not written again: else what was told of it would be told once more.
_WRITE = """
with given as materialized (
    select * from unnest(
        %(id)s::uuid[], %(conversation)s::uuid[], %(kind)s::text[], %(since)s::timestamptz[],
        %(warn_at)s::timestamptz[], %(due_at)s::timestamptz[]
    ) g (id, conversation_id, kind, since, warn_at, due_at)
), about as materialized (
    select id, organisation_id, line_id, queue_id from conversations_conversation where id = any(%(all)s)
), gone as (
    delete from routing_deadline d where d.conversation_id = any(%(all)s)
      and not exists (select from given g where g.conversation_id = d.conversation_id and g.kind = d.kind)
    returning 1
), kept as (
    insert into routing_deadline as d (
        id, organisation_id, conversation_id, line_id, queue_id, kind, since, warn_at, due_at, tell_at
    )
    select g.id, a.organisation_id, a.id, a.line_id, a.queue_id, g.kind, g.since, g.warn_at, g.due_at, g.warn_at
    from given g join about a on a.id = g.conversation_id order by a.id, g.kind
    on conflict (conversation_id, kind) do update set
        since = excluded.since, warn_at = excluded.warn_at, due_at = excluded.due_at,
        line_id = excluded.line_id, queue_id = excluded.queue_id,
        tell_at = case
            when (d.since, d.warn_at, d.due_at) is distinct from (excluded.since, excluded.warn_at, excluded.due_at)
            then excluded.tell_at else d.tell_at
        end
    where (d.since, d.warn_at, d.due_at, d.line_id, d.queue_id)
        is distinct from (excluded.since, excluded.warn_at, excluded.due_at, excluded.line_id, excluded.queue_id)
    returning 1
), next as (
    select distinct on (conversation_id) * from given order by conversation_id, due_at, kind
)
update conversations_conversation c
set next_deadline_at = n.due_at, deadline_warn_at = n.warn_at, deadline_kind = coalesce(n.kind, ''),
    revision = c.revision + 1
from unnest(%(all)s::uuid[]) one (id) left join next n on n.conversation_id = one.id
where c.id = one.id
  and (c.next_deadline_at, c.deadline_warn_at, c.deadline_kind)
      is distinct from (n.due_at, n.warn_at, coalesce(n.kind, ''))
returning c.id
"""


# And whether it was told as missed before its time was lengthened (a closure entered late, another queue): it stays so.
_RUNS = """
select d.id, d.due_at, exists (
    select from routing_targetevent e
    where e.conversation_id = d.conversation_id and e.kind = d.kind and e.since = d.since and e.what = 'missed'
)
from routing_deadline d where d.conversation_id = %s and d.kind = %s and d.since = %s
"""
# Answered after its time and before the watch has told it: it is missed all the same, once.
_MISSED = """
insert into routing_targetevent (
    id, organisation_id, conversation_id, line_id, queue_id, agent_id, kind, what, since, due_at
)
select %(id)s, organisation_id, conversation_id, line_id, queue_id, %(agent)s, kind, 'missed', since, due_at
from routing_deadline where id = %(deadline)s on conflict do nothing
"""
MET, LATE = "met", "late"  # labels of the intervals of answers and closes that a target ran for


@dataclass(frozen=True, slots=True)
class Policy:
    """Targets in seconds; None: no such target. `is_business`: of the line's opening."""

    first_s: int | None
    next_s: int | None
    resolution_s: int | None
    is_business: bool
    warn_percent: int


@dataclass(frozen=True, slots=True)
class Running:
    kind: TargetKind
    since: datetime
    warn_at: datetime
    due_at: datetime


def running(
    policy: Policy, hours: Hours | None, *, status: str, waiting_since: datetime | None,
    first_answered_at: datetime | None, opened_at: datetime,
) -> list[Running]:  # fmt: skip
    """The deadlines that a conversation has. Pure. None of one that would never come: its line opens no more."""
    if status not in RUN_IN:
        return []
    asked: list[tuple[TargetKind, int | None, datetime | None]] = [
        (TargetKind.RESOLUTION, policy.resolution_s, opened_at),
        (TargetKind.FIRST, policy.first_s, None if first_answered_at else waiting_since),
        (TargetKind.NEXT, policy.next_s, waiting_since if first_answered_at else None),
    ]
    clock = hours if policy.is_business else None
    found = []
    for kind, seconds, since in asked:
        if seconds is None or since is None:
            continue
        due = add_business_seconds(clock, since, seconds)
        warn = add_business_seconds(clock, since, seconds * policy.warn_percent / 100)
        if due is not None and warn is not None:
            found.append(Running(kind, since, warn, due))
    return found


def renew(conversations: Sequence[Conversation]) -> set[UUID]:
    """Give each the deadlines that it now has; returns those whose next one changed. They are locked, with `line`.

    One look-up where nobody has set targets; else at most four statements, however many conversations there are.
    """
    policies, own = _policies(conversations)
    if not policies and not any(one.deadline_kind for one in conversations):
        return set()
    schedules = {one.id: own.get(one.queue_id) or one.line.schedule_id for one in conversations}
    hours = hours_of_all({id_ for id_ in schedules.values() if id_ is not None})
    given: list[tuple[UUID, Running]] = []
    for one in conversations:
        policy = policies.get(one.queue_id) or policies.get(one.line_id)
        if policy is None:
            continue
        schedule_id = schedules[one.id]
        kept = None if schedule_id is None else hours.get(schedule_id)
        found = running(
            policy, kept, status=one.status, waiting_since=one.waiting_since,
            first_answered_at=one.first_answered_at, opened_at=one.reopened_at or one.opened_at,
        )  # fmt: skip
        given += [(one.id, each) for each in found]
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {
                "all": [one.id for one in conversations],
                "id": [uuid7() for _ in given],
                "conversation": [id_ for id_, _ in given],
                "kind": [str(each.kind) for _, each in given],
                "since": [each.since for _, each in given],
                "warn_at": [each.warn_at for _, each in given],
                "due_at": [each.due_at for _, each in given],
            },
        )
        changed = {row[0] for row in cursor.fetchall()}
    first: dict[UUID, Running] = {}
    for id_, each in given:
        if id_ not in first or (each.due_at, each.kind) < (first[id_].due_at, first[id_].kind):
            first[id_] = each
    for one in conversations:
        next_ = first.get(one.id)
        one.deadline_kind = next_.kind if next_ else ""
        one.next_deadline_at = next_.due_at if next_ else None
        one.deadline_warn_at = next_.warn_at if next_ else None
    return changed


def outcome(conversation: Conversation, kind: TargetKind, since: datetime, now: datetime, agent_id: UUID | None) -> str:
    """What becomes of a target by the answer or close that is written now: MET, LATE, or "": none runs. To be asked
    before `renew`, which forgets it; one look-up, and none where the conversation has no deadline."""
    if not conversation.deadline_kind:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(_RUNS, [conversation.id, kind, since])
        found = cursor.fetchone()
        if found is None:
            return ""
        deadline_id, due_at, is_told = found
        if due_at >= now and not is_told:
            return MET
        if not is_told:
            cursor.execute(_MISSED, {"id": uuid7(), "deadline": deadline_id, "agent": agent_id})
    return LATE


def _policies(conversations: Sequence[Conversation]) -> tuple[dict[UUID | None, Policy], dict[UUID | None, UUID]]:
    """By queue and by line: a queue's own go before its line's. And the schedules that queues keep themselves."""
    queues = list({one.queue_id for one in conversations if one.queue_id is not None})
    with connection.cursor() as cursor:
        cursor.execute(_TARGETS, {"queues": queues, "lines": list({one.line_id for one in conversations})})
        rows = cursor.fetchall()
    kept = rows[0][-1] if rows else None
    own = json.loads(kept) if isinstance(kept, str) else kept or {}
    policies: dict[UUID | None, Policy] = {queue_id or line_id: Policy(*facts) for queue_id, line_id, *facts, _ in rows}
    return policies, {UUID(queue_id): UUID(schedule_id) for queue_id, schedule_id in own.items()}


_anybody: tuple[float, bool] = (-FRESH_S, False)


def anybody() -> bool:
    """Whether any organisation has targets, or deadlines of former ones; at most a second old: each round asks."""
    global _anybody  # noqa: PLW0603
    if time.monotonic() - _anybody[0] >= FRESH_S:
        with connection.cursor() as cursor:
            cursor.execute("select exists (select from routing_targets) or exists (select from routing_deadline)")
            _anybody = (time.monotonic(), cursor.fetchone()[0])
    return _anybody[1]


def follow(conversation_ids: Collection[UUID]) -> None:
    """Texts have come to these: who has begun to wait by them gets a deadline. What fails here, or is held by
    somebody, the watch repairs: texts do not wait for it."""
    if not conversation_ids or not anybody():
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(_NEW, [list(conversation_ids)])
            rows = _that_come(cursor.fetchall())
        for organisation_id in sorted({row[0] for row in rows}):
            renew_all(organisation_id, [id_ for owner, id_ in rows if owner == organisation_id])
    except Exception as error:
        if not isinstance(error, DatabaseError):  # hours that cannot be asked: texts do not wait for them either
            log.error("deadlines: %s at %s", type(error).__name__, place_of(error))
        log.warning("deadlines of %d conversations come later: %s", len(conversation_ids), type(error).__name__)


def _that_come(found: Sequence[tuple[Any, ...]]) -> list[tuple[UUID, UUID]]:
    """(organisation, conversation) of those of _NEW of which a deadline would come. Where hours never open again there
    is none to be stored, so each text would have its conversation locked for nothing."""
    hours = hours_of_all({row[2] for row in found if row[2] is not None})
    return [
        (owner, id_)
        for owner, id_, schedule_id, wait_s, waiting_since, resolution_s, opened in found
        if any(
            seconds is not None and add_business_seconds(hours.get(schedule_id), since, seconds) is not None
            for seconds, since in ((wait_s, waiting_since), (resolution_s, opened))
        )
    ]


def renew_all(organisation_id: UUID, conversation_ids: Sequence[UUID]) -> int:
    """Renew those that nobody holds, in transactions of their own; returns how many changed."""
    changed = 0
    for start in range(0, len(conversation_ids), AT_ONCE):
        changed += _renew_slice(organisation_id, conversation_ids[start : start + AT_ONCE])
    return changed


def _renew_slice(organisation_id: UUID, conversation_ids: Sequence[UUID]) -> int:
    with record_changes(organisation_id) as changes:
        found = list(
            Conversation.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("line")
            .filter(organisation_id=organisation_id, id__in=conversation_ids)
            .order_by("line_id", "contact_id", "thread_key")
        )
        changed = renew(found) if found else set()
        for one in found:
            if one.id in changed:
                changes.add(TargetsSet(line_id=one.line_id, conversation_id=one.id))
    return len(changed)
