"""Ladders, for stories of waiting."""

from __future__ import annotations

from datetime import datetime, timedelta

from conversations.models import Author, Conversation, Message, MessageKind
from measures.intervals import record_interval
from measures.models import IntervalKind
from realtime.log import record_changes
from routing.ladder import Ladder, Step, as_rows
from routing.models import Queue
from tests.cast import Cast


def climbs(queue: Queue, *steps: Step) -> None:
    Queue.objects.filter(id=queue.id).update(ladder=as_rows(Ladder(steps)))


def waits(cast: Cast, at: datetime, number: int = 1, words: str = "Bonjour") -> Conversation:
    """Somebody who has written, and waits in the queue since `at`."""
    conversation = cast.queued(sender=f"+22901970{number:05}", at=at)
    cast.text_in(conversation, words, at=at)
    conversation.refresh_from_db()
    return conversation


def waited(cast: Cast, now: datetime, *seconds: float, queue: Queue | None = None) -> None:
    """So long others have waited within the last hour, until a person took them."""
    with record_changes(cast.organisation.id):
        for one in seconds:
            record_interval(
                organisation_id=cast.organisation.id, kind=IntervalKind.WAIT, label="assigned",
                started_at=now - timedelta(seconds=one + 60), ended_at=now - timedelta(seconds=60),
                queue_id=(queue or cast.queue).id,
            )  # fmt: skip


def told(conversation: Conversation) -> list[str]:
    found = Message.objects.filter(conversation=conversation, kind=MessageKind.OUTGOING, author=Author.SYSTEM).order_by(
        "seq"
    )
    return list(found.values_list("body", flat=True))
