"""Conversations whose subscriber answers no more: he is warned after a time, and they are closed after another.

Per queue, in hours of the line's opening: `silence_h` after the last word, if that was ours, a warning in his language;
`silence_close_h` after that, closed. Never while his own text waits, while somebody has promised to come back to him,
or while it sleeps until a time. Whoever may not be texted (opted out, no number, a machine, one who has never written)
is not warned; it is closed all the same.

Any dispatcher looks; each conversation is locked, looked at again, and dealt with in a transaction of its own, which
stores the warning and that it was given: two at once, or a crash between, warn once. What is due is found in two
partial indexes by its moment, so that a look costs what is due, however many conversations are open.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.hours import Hours, business_seconds, is_open
from accounts.schedules import hours_of_all
from bots import memories
from common.clock import database_now
from common.errors import PalabreError
from common.places import place_of
from conversations.consent import consent_of
from conversations.events import ConversationClosed
from conversations.messages import LANE_BOT, add_event_line, send_message
from conversations.models import Author, Conversation, Line, MessageKind, Status, Unhandled
from realtime import doorbell
from realtime.log import Changes, record_changes
from routing import deadlines, stretches
from routing.callbacks import end_with_close
from routing.held import is_held, raise_if_away, wait_briefly
from routing.hours import hours_at
from routing.models import Queue
from routing.offers import withdraw
from routing.owning import AWAKE, let_go
from routing.robots import must_be_silent, replies_lately
from routing.rows import set_fields
from routing.sticky import remember

log = logging.getLogger(__name__)

Deed = Callable[[Changes, Conversation, Queue, datetime], bool]

LOOK_S = 10.0
AT_ONCE = 50
LONGEST_LOOK = timedelta(days=120)  # back; a line that was open for less of it than is asked closes nothing
# Every sign of them is in GSM 03.38: one that is not would double what each of them costs.
USUAL = {
    "fr": "{organisation} : sans réponse de votre part, nous fermerons bientôt cette conversation. Répondez pour la "
    "poursuivre.",
    "en": "{organisation}: we have not heard from you and will soon close this conversation. Reply to go on.",
}
# In the words of the partial indexes conversation_silent and conversation_warned.
_SILENT = """
status in ('open', 'snoozed') and waiting_since is null and preview_kind = 'outgoing' and callback_at is null
and snoozed_until is null
"""
_TO_WARN = f"""
select id from conversations_conversation
where queue_id = %(queue)s and last_activity_at <= %(before)s and silence_at is null and {_SILENT}
  and line_id = any(%(lines)s)
order by last_activity_at limit %(limit)s
"""  # noqa: S608
_TO_CLOSE = f"""
select id from conversations_conversation
where queue_id = %(queue)s and silence_at <= %(before)s and silence_at is not null and {_SILENT}
  and line_id = any(%(lines)s)
order by silence_at limit %(limit)s
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Lines:
    """Of one organisation, those of the same hours. `hours` None: never closed."""

    ids: list[UUID]
    hours: Hours | None


class SilenceWatch:
    """Looks each LOOK_S, and again at once while there is more than it takes in one look."""

    def __init__(self) -> None:
        self._next = 0.0

    def look(self) -> None:
        if time.monotonic() < self._next:
            return
        more = sweep_silent()
        self._next = 0.0 if more >= AT_ONCE else time.monotonic() + LOOK_S


def sweep_silent(now: datetime | None = None) -> int:
    """Warn and close what is due, a slice of each queue; returns how many. One that somebody holds, or that cannot
    be done, waits for the next look and costs the others nothing; of an organisation whose rows are held the rest is
    passed over. Raises when the database is away."""
    queues = list(Queue.objects.filter(silence_h__gt=0))
    if not queues:
        return 0
    at, done = now or database_now(), 0
    passed: set[UUID] = set()
    for queue in queues:
        for lines in _open_lines(queue, at):
            for deed, statement, asked_h in (
                (_warn, _TO_WARN, queue.silence_h), (_close, _TO_CLOSE, queue.silence_close_h)
            ):  # fmt: skip
                for id_ in _due(statement, queue, lines, asked_h, at):
                    if queue.organisation_id not in passed:
                        done += _try(deed, queue, id_, now, passed)
    return done


def said_before(hours: Hours | None, now: datetime, seconds: float) -> datetime | None:
    """The latest moment from which on a line of these hours has been open for `seconds` until `now`; None: it has not
    been, for as far as we look back. Right to a second."""
    if hours is None:
        return now - timedelta(seconds=seconds)
    back = timedelta(seconds=seconds)
    while business_seconds(hours, now - back, now) < seconds:
        if back > LONGEST_LOOK:
            return None
        back *= 2
    late, early = now - timedelta(seconds=seconds), now - back
    if business_seconds(hours, late, now) >= seconds:
        return late
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if business_seconds(hours, middle, now) >= seconds:
            early = middle
        else:
            late = middle
    return early


def _open_lines(queue: Queue, now: datetime) -> Iterator[Lines]:
    """Outside the hours of a line, or of the queue's own, nothing is sent and nothing closed."""
    by_schedule: dict[UUID | None, list[UUID]] = {}
    lines = Line.objects.filter(organisation_id=queue.organisation_id)
    for line_id, keeps in lines.values_list("id", "schedule_id"):
        by_schedule.setdefault(queue.schedule_id or keeps, []).append(line_id)
    hours = hours_of_all({kept_id for kept_id in by_schedule if kept_id is not None})
    for schedule_id, ids in by_schedule.items():
        kept = None if schedule_id is None else hours.get(schedule_id)
        if kept is None or is_open(kept, now):
            yield Lines(ids, kept)


def _due(statement: str, queue: Queue, lines: Lines, asked_h: int, now: datetime) -> list[UUID]:
    before = said_before(lines.hours, now, asked_h * 3600)
    if before is None:
        return []
    asked: dict[str, Any] = {"queue": queue.id, "before": before, "lines": lines.ids, "limit": AT_ONCE}
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return [row[0] for row in cursor.fetchall()]


def _try(deed: Deed, queue: Queue, conversation_id: UUID, now: datetime | None, passed: set[UUID]) -> bool:
    try:
        with record_changes(queue.organisation_id) as changes:
            wait_briefly()
            conversation = _silent(conversation_id, queue)
            return conversation is not None and deed(changes, conversation, queue, now or database_now())
    except Exception as error:
        raise_if_away(error)
        log.error("silent conversation %s: %s at %s", conversation_id, type(error).__name__, place_of(error))
        if is_held(error):
            passed.add(queue.organisation_id)
        return False


def _silent(conversation_id: UUID, queue: Queue) -> Conversation | None:
    """The conversation, locked, if ours is still the last word in it; None: else, or somebody holds it."""
    found = (
        Conversation.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("line__organisation", "address", "contact")
        .filter(
            id=conversation_id,
            queue_id=queue.id,
            status__in=[Status.OPEN, Status.SNOOZED],
            waiting_since=None,
            preview_kind=MessageKind.OUTGOING,
            callback_at=None,
            snoozed_until=None,
        )
        .first()
    )
    if found is None or Unhandled.objects.filter(conversation_id=conversation_id).exists():
        return None
    return found


def _warn(changes: Changes, conversation: Conversation, queue: Queue, now: datetime) -> bool:
    if conversation.silence_at is not None:  # by another dispatcher
        return False
    # Something may have been said to him since it was found: others come before him.
    silent_s = business_seconds(hours_at(conversation), conversation.last_activity_at, now)
    if silent_s < queue.silence_h * 3600:
        return False
    silence = _why_untold(changes, conversation, queue, now)
    set_fields(conversation, silence_at=max(now, conversation.last_activity_at))
    add_event_line(
        changes=changes,
        conversation=conversation,
        facts={"type": "silence", "silence": silence, "hours": queue.silence_h},
    )
    return True


def _why_untold(changes: Changes, conversation: Conversation, queue: Queue, now: datetime) -> str:
    """Send the warning; returns why it was not sent, or ""."""
    if conversation.link_id is None:
        return "never_wrote"
    lately = replies_lately([conversation], now).get(conversation.id, 0)
    if must_be_silent(conversation, lately=lately, replies=1) is not None:
        return "no_number"
    if consent_of(conversation).refuses:
        return "opted_out"
    try:
        send_message(
            changes=changes, conversation=conversation, body=words_for(conversation, queue), author=Author.SYSTEM,
            lane=LANE_BOT,
        )  # fmt: skip
    except PalabreError as refusal:  # no enabled link, too long for the line: nothing of it is stored
        log.warning("conversation %s is not warned of its end: %s", conversation.id, refusal.code)
        return "failed"
    return ""


def words_for(conversation: Conversation, queue: Queue) -> str:
    """In the subscriber's language: the queue's own words, else the usual ones."""
    own, line = queue.silence_text, conversation.line
    for language in (conversation.language, conversation.contact.language, line.language):
        if language and language in own:
            return str(own[language])
        if language and language in USUAL and not own:
            return USUAL[language].format(organisation=line.organisation.name)
    return str(next(iter(own.values()), USUAL["fr"].format(organisation=line.organisation.name)))


def _close(changes: Changes, conversation: Conversation, queue: Queue, now: datetime) -> bool:
    if conversation.silence_at is None:
        return False
    if conversation.last_activity_at > conversation.silence_at:  # something was said to him since: from the beginning
        set_fields(conversation, silence_at=None)
        return True
    owner_id = conversation.owner_id
    assert owner_id is not None  # the CHECK constraint on status and owner
    withdraw(changes, conversation, now=now, why="closed", beside=[owner_id])
    let_go(changes, conversation, owner_id, now=now, how="silence")
    remember(conversation, owner_id, now=now)
    stretches.resolution(conversation, now=now)
    memories.forget(conversation.id)
    set_fields(conversation, status=Status.CLOSED, closed_at=now, waiting_since=None, unread=0, **AWAKE)
    end_with_close(changes, conversation, None, now)
    deadlines.renew([conversation])
    add_event_line(changes=changes, conversation=conversation, facts={"type": "closed", "by": "silence"})
    changes.add(
        ConversationClosed(line_id=conversation.line_id, conversation_id=conversation.id, previous_owner_id=owner_id)
    )
    changes.ring(doorbell.WAITING)
    return True
