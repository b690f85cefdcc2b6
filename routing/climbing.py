"""Which ladder a conversation climbs, and since when.

Its queue's. While it waits by a rule with a ladder of its own, in the queue that the rule leads to, that ladder takes
the place of the queue's whole: what it asks, what it tells, and the bot. An empty one silences the queue's.

It counts from when the conversation came to the queue: `queued_at`, or later where it kept its place and came from
elsewhere (`LadderStart`): a queue's steps are meant for who has waited so long there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from conversations.models import Conversation
from routing.ladder import Ladder, from_text, kept, raises
from routing.models import LadderStart, Queue, Routed

_OWN = """
select r.queue_id, r.id, r.ladder::text from routing_rule r join routing_workflow w on w.line_id = r.workflow_id
where r.is_enabled and w.is_enabled and r.ladder is not null and (%(all)s or r.queue_id = any(%(queues)s::uuid[]))
"""
_OF_ONE = """
select r.ladder::text from routing_routed routed join routing_rule r on r.id = routed.rule_id
join routing_workflow w on w.line_id = r.workflow_id
where routed.conversation_id = %s and routed.queue_id = %s and r.queue_id = routed.queue_id
  and r.is_enabled and w.is_enabled and r.ladder is not null
"""
_START = """
insert into routing_ladderstart (conversation_id, at) values (%s, %s)
on conflict (conversation_id) do update set at = excluded.at
"""


def own_ladders(queue_ids: Collection[UUID] | None = None) -> dict[UUID, dict[UUID, Ladder]]:
    """By queue, the ladders of rules that lead to it, by rule; of rules that are on. None: of all queues."""
    found: dict[UUID, dict[UUID, Ladder]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_OWN, {"all": queue_ids is None, "queues": list(queue_ids or ())})
        for queue_id, rule_id, ladder in cursor.fetchall():
            found.setdefault(queue_id, {})[rule_id] = from_text(ladder)
    return found


def ladder_of(conversation: Conversation, queue: Queue) -> Ladder:
    """Of a conversation that waits in this queue."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_ONE, [conversation.id, queue.id])
        row = cursor.fetchone()
    return kept(queue.ladder) if row is None else from_text(row[0])


def climbs_since(conversation: Conversation) -> datetime:
    """Of a conversation that waits."""
    assert conversation.queued_at is not None  # the CHECK constraint on status and queue
    start = LadderStart.objects.filter(conversation_id=conversation.id).values_list("at", flat=True).first()
    return conversation.queued_at if start is None else max(conversation.queued_at, start)


def start_anew(conversation: Conversation, now: datetime) -> None:
    """It keeps its place and is at the foot of the ladder: it came to this queue just now. It is locked."""
    with connection.cursor() as cursor:
        cursor.execute(_START, [conversation.id, now])


def forget_rule(conversation: Conversation) -> None:
    """It leaves the queue that a rule has led it to, otherwise than to an agent: whatever brings it back there, it does
    not wait by that rule any more. The conversation is locked."""
    Routed.objects.filter(conversation_id=conversation.id).delete()


def raised(queue: Queue, own: Mapping[UUID, Ladder]) -> dict[str, Any]:
    """As parameters: who is raised when, and by how much, by rule (None: by the queue's ladder). `own`: of its rules.
    `own_rules`: whom the queue's does not raise; where nobody's raises, they are like any other."""
    steps = [(None, kept(queue.ladder)), *own.items()]
    rows = [(rule_id, *row) for rule_id, ladder in steps for row in zip(*raises(ladder), strict=True)]
    theirs = [id_ for id_, ladder in own.items() if raises(steps[0][1])[0] or raises(ladder)[0]]
    return {"own_rules": theirs, **_columns(rows, ("raised_rules", "raised_after", "raised_by"))}


def _columns(rows: Iterable[tuple[Any, ...]], names: tuple[str, ...]) -> dict[str, list[Any]]:
    found = list(rows)
    return {name: [row[place] for row in found] for place, name in enumerate(names)}
