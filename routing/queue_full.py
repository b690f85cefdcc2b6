"""A queue that is full tells who comes too many, once. He stays in it: nobody is lost, and nobody is left in the dark.

A sweep and not a step of taking in: a line without a bot queues its texts in the intake's own statement. The row that
says "told" is the conversation's key, so two sweeps at once, or a crash between, tell nobody twice.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from uuid import UUID

from django.db import connection

from common.errors import NotFound, PalabreError
from conversations.messages import add_event_line, lock_conversation, send_message
from conversations.models import Author, Conversation, Status
from realtime.log import record_changes
from routing.models import Queue

log = logging.getLogger(__name__)

TOLD_WITHIN_MIN = 10  # later it is no news to him: he has waited, and his turn is nearer

# Behind the first `most_waiting` in the order of arrival, and not told. A limit that is set today is none for those who
# have waited since before; who has had an agent, and lost him, is not told to come another time.
_TOO_MANY = """
select q.organisation_id, late.id
from routing_queue q
cross join lateral (
    select c.queued_at, c.id from conversations_conversation c
    where c.organisation_id = q.organisation_id and c.queue_id = q.id and c.status = 'queued'
    order by c.queued_at, c.id offset q.most_waiting limit 1
) first
cross join lateral (
    select c.id from conversations_conversation c
    where c.organisation_id = q.organisation_id and c.queue_id = q.id and c.status = 'queued'
      and (c.queued_at, c.id) >= (first.queued_at, first.id)
      and c.queued_at > greatest(q.full_since, clock_timestamp() - make_interval(mins => %s))
      and c.assigned_at is null
      and not exists (select from routing_fulltold told where told.conversation_id = c.id)
    order by c.queued_at, c.id limit 40
) late
where q.most_waiting > 0 and q.full_reply <> '{}'
"""
_FORGET = """
delete from routing_fulltold where conversation_id = any(array(
    select told.conversation_id from routing_fulltold told
    join conversations_conversation c on c.id = told.conversation_id
    where c.status <> 'queued' limit 10000))
"""
_TELL_ONCE = "insert into routing_fulltold (conversation_id) values (%s) on conflict do nothing returning true"


def tell_who_comes_too_many() -> int:
    """Tell a slice of those; returns how many were told. Any process may call it."""
    with connection.cursor() as cursor:
        cursor.execute(_TOO_MANY, [TOLD_WITHIN_MIN])
        late = cursor.fetchall()
    return sum(_tell(organisation_id, id_) for organisation_id, id_ in late)


def forget_told() -> None:
    """Of those who wait no more nobody needs to know it."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)


def _tell(organisation_id: UUID, conversation_id: UUID) -> bool:
    with record_changes(organisation_id) as changes:
        try:
            conversation = lock_conversation(organisation_id=organisation_id, conversation_id=conversation_id)
        except NotFound:  # erased since
            return False
        if conversation.status != Status.QUEUED:
            return False
        assert conversation.queue_id is not None  # the CHECK constraint on status and queue
        queue = Queue.objects.get(id=conversation.queue_id)
        with connection.cursor() as cursor:
            cursor.execute(_TELL_ONCE, [conversation_id])
            if cursor.fetchone() is None:
                return False
        add_event_line(
            changes=changes, conversation=conversation, facts={"type": "queue_full", "queue_id": str(queue.id)}
        )
        try:
            send_message(
                changes=changes, conversation=conversation, body=_words(conversation, queue.full_reply),
                author=Author.SYSTEM,
            )  # fmt: skip
        except PalabreError as refusal:  # no enabled link, too long for the line, opted out: he waits untold
            log.warning("conversation %s is not told that its queue is full: %s", conversation_id, refusal.code)
            return False
    return True


def _words(conversation: Conversation, replies: Mapping[str, str]) -> str:
    for language in (conversation.language, conversation.contact.language, conversation.line.language):
        if language and language in replies:
            return replies[language]
    return next(iter(replies.values()), "")
