"""What a subscriber hears who writes outside his line's hours, or his queue's: once in each closed stretch and
conversation.

He is told by the transaction that decides about his text (routing/handling.py), on the locked conversation, which
remembers the stretch: a crash repeats what was not committed, and two dispatchers tell him once. He goes on waiting
where he waits. Nobody is told who has opted out, who may be a machine, or whose conversation somebody at work has.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime
from uuid import UUID

from accounts.hours import Hours, closed_since, next_opening
from common.clock import database_now
from common.errors import PalabreError
from conversations.consent import consent_of
from conversations.messages import send_message
from conversations.models import Author, Conversation, Line, Status
from realtime.log import Changes
from routing.after_hours_text import texts_for
from routing.callbacks import pending, promise
from routing.hours import Closed, closed_places
from routing.models import AgentState, State
from routing.robots import must_be_silent
from routing.rows import set_fields

log = logging.getLogger(__name__)

FRESH_S = 1.0

_closed: tuple[float, Closed] = (-FRESH_S, {})


def closed_now() -> Closed:
    """The lines and queues that are closed, at most a second old: asked up to fifty times a second."""
    global _closed  # noqa: PLW0603
    if time.monotonic() - _closed[0] >= FRESH_S:
        _closed = (time.monotonic(), closed_places(database_now()))
    return _closed[1]


def without_bot(closed: Closed) -> set[UUID]:
    """Those of the closed lines whose bot rests, too."""
    if not closed:
        return set()
    return set(Line.objects.filter(id__in=list(closed), bot_after_hours=False).values_list("id", flat=True))


def tell_closed(changes: Changes, conversation: Conversation, hours: Hours, *, now: datetime, lately: int) -> bool:
    """Tell the subscriber that his line is closed, unless he knows. Whether he was told now.

    The conversation is locked; `lately` of routing.robots.replies_lately.
    """
    since, opens = closed_since(hours, now), next_opening(hours, now)
    if _knows(conversation, since, opens):
        return False
    if _somebody_is_there(conversation) or must_be_silent(conversation, lately=lately, replies=1) is not None:
        return False
    if consent_of(conversation).refuses:
        return False
    if not _sent(changes, conversation, hours, now):
        return False
    set_fields(conversation, told_closed_since=since or now, told_opens_at=opens)
    if conversation.line.promises_callback and opens is not None:
        former = pending(conversation)
        if former is None or (former.made_by_id is None and former.due_at != opens):
            promise(changes, conversation, at=opens, note=None, user=None, now=now)
    return True


def _knows(conversation: Conversation, since: datetime | None, opens: datetime | None) -> bool:
    """Whether what he has been told is still true: it opens when he was told, or sooner. Who was told no time knows
    it for the whole stretch."""
    told, at = conversation.told_closed_since, conversation.told_opens_at
    if told is None:
        return False
    if at is None:
        return since is None or told >= since
    return opens is not None and opens <= at


def _sent(changes: Changes, conversation: Conversation, hours: Hours, now: datetime) -> bool:
    """In the first words that the line can send: a special day's are written for every line that keeps its hours."""
    for body in texts_for(conversation, hours, now):
        try:
            send_message(changes=changes, conversation=conversation, body=body, author=Author.SYSTEM)
        except PalabreError as refusal:  # no enabled link, a text that is too long: nothing is stored, he still waits
            log.warning("conversation %s: the after-hours answer is not sent: %s", conversation.id, refusal.code)
            if refusal.code != "too_long":
                return False
        else:
            return True
    return False


def _somebody_is_there(conversation: Conversation) -> bool:
    """Whether its owner is at work, hours or not: he answers by himself."""
    if conversation.status != Status.OPEN or conversation.owner_id is None:
        return False
    return AgentState.objects.filter(user_id=conversation.owner_id).exclude(state=State.OFFLINE).exists()
