"""How somebody stands in his queue, from the tables: his place, and how long those before him have waited.

What is made of it is pure (routing/estimates.py). The order is that of routing/assignment.py, with what the queue's
ladder, or that of a rule, has raised by now; tests hold the two to each other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db import connection

from conversations.models import Conversation, Status
from routing.assignment import POINTS
from routing.climbing import own_ladders, raised
from routing.estimates import AT_ONCE_S, WINDOW, Estimate, estimate_of_ordered
from routing.ladder import Ladder
from routing.models import LadderTold, Queue
from routing.stretches import waits_since

MOST_WAITS = 5_000  # that an estimate is made of
BY_A_PERSON = ("assigned", "accepted", "pulled", "taken")  # how the waits ended that others are measured by

_RAISED = """(select coalesce(sum(step.by), 0)
            from unnest(%(raised_rules)s::uuid[], %(raised_after)s::int[], %(raised_by)s::int[])
                step (rule_id, after, by)
            where step.rule_id is not distinct from routed.rule_id
              and step.after <= extract(epoch from %(now)s - greatest(c.queued_at, start.at)))"""
_CLIMBING = """
    left join routing_routed routed on routed.conversation_id = c.id and routed.queue_id = c.queue_id
        and routed.rule_id = any(%(own_rules)s::uuid[])
    left join routing_ladderstart start on start.conversation_id = c.id"""
_PLAIN = """
with standing as (
    select c.id, row_number() over (order by
        (greatest(c.priority, %(priority)s) + 0) * %(points)s::float8
        + %(pace)s::float8 * greatest(extract(epoch from %(now)s - c.queued_at), 0)::float8 / 60 desc,
        c.queued_at, c.id) as place
    from conversations_conversation c
    where c.organisation_id = %(organisation)s and c.queue_id = %(queue)s and c.status = 'queued'
)
select id, place, (select count(*) from standing) from standing where id = any(%(ids)s)
"""
# Where a ladder raises anybody.
_PLACES = _PLAIN.replace("+ 0)", f"+ {_RAISED})").replace("_conversation c\n", f"_conversation c{_CLIMBING}\n")
# The newest of each queue: of a small one beside a busy one as many as of that.
_NEWEST = """
select queue_id, wall_seconds from (
    select queue_id, wall_seconds, row_number() over (partition by queue_id order by ended_at desc) as place
    from measures_interval
    where organisation_id = %(organisation)s and kind = 'wait' and ended_at > %(after)s and ended_at <= %(now)s
      and label = any(%(labels)s) and queue_id is not null
) wait where place <= %(most)s
"""
_NEWEST_OF_ONE = """
select queue_id, wall_seconds from measures_interval
where organisation_id = %(organisation)s and kind = 'wait' and ended_at > %(after)s and ended_at <= %(now)s
  and label = any(%(labels)s) and queue_id = %(queue)s
order by ended_at desc limit %(most)s
"""


class WaitView(TypedDict):
    """How a conversation that waits stands now. `p50_s`, `p90_s`: seconds still to wait, for half and for nine in ten
    of those who waited as long; null: too little is known. `told`: what its ladder did, oldest first."""

    position: int
    waiting: int
    p50_s: float | None
    p90_s: float | None
    samples: int
    told: list[ToldView]


class ToldView(TypedDict):
    do: str
    at: str


def places(
    queue: Queue, ids: Collection[UUID], now: datetime, own: Mapping[UUID, Ladder] | None = None
) -> dict[UUID, tuple[int, int]]:
    """Of those who wait in this queue: the place (1: the next), and of how many. It reads the whole queue once.

    `own`: the ladders of rules that lead to it (routing/climbing.py), where the caller knows them.
    """
    asked = raised(queue, own_ladders([queue.id]).get(queue.id, {}) if own is None else own)
    with connection.cursor() as cursor:
        cursor.execute(
            _PLACES if asked["raised_by"] else _PLAIN,
            {
                "organisation": queue.organisation_id,
                "queue": queue.id,
                "priority": queue.priority,
                "pace": queue.points_per_minute,
                "points": POINTS,
                "now": now,
                "ids": list(ids),
                **asked,
            },
        )
        return {id_: (place, number) for id_, place, number in cursor.fetchall()}


def last_waits(organisation_id: UUID, now: datetime, queue_id: UUID | None = None) -> dict[UUID, list[float]]:
    """By queue, the waits of the last hour that ended with a person, ascending; of very many the newest. Seconds."""
    asked = {
        "organisation": organisation_id, "queue": queue_id, "after": now - WINDOW, "now": now,
        "labels": list(BY_A_PERSON), "most": MOST_WAITS,
    }  # fmt: skip
    waits: dict[UUID, list[float]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST if queue_id is None else _NEWEST_OF_ONE, asked)
        for id_, seconds in cursor.fetchall():
            waits.setdefault(id_, []).append(seconds)
    return {id_: sorted(of_queue) for id_, of_queue in waits.items()}


def still_to_wait(queue: Queue, waits: Sequence[float], waited_s: float = 0.0) -> Estimate:
    """`waits` ascending. Seconds from now on, of those who waited longer than he has already."""
    known = estimate_of_ordered(waits, waited_s, AT_ONCE_S if queue.auto_accept else float(queue.ring_s))
    if known.p50_s is None or known.p90_s is None:
        return known
    return Estimate(known.p50_s - waited_s, known.p90_s - waited_s, known.samples)


def wait_of(conversation: Conversation, now: datetime) -> WaitView | None:
    """None: it does not wait."""
    if conversation.status != Status.QUEUED or conversation.queue_id is None or conversation.queued_at is None:
        return None
    queue = Queue.objects.get(id=conversation.queue_id)
    place = places(queue, [conversation.id], now).get(conversation.id)
    if place is None:  # taken since
        return None
    waits = last_waits(queue.organisation_id, now, queue.id).get(queue.id, [])
    known = still_to_wait(queue, waits, max(0.0, (now - waits_since(conversation)).total_seconds()))
    told = LadderTold.objects.filter(conversation_id=conversation.id).order_by("at", "id")
    return {
        "position": place[0],
        "waiting": place[1],
        "p50_s": known.p50_s,
        "p90_s": known.p90_s,
        "samples": known.samples,
        "told": [{"do": one.key.partition("@")[0], "at": one.at.isoformat()} for one in told],
    }
