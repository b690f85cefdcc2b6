"""What bots answer, with all that their lines want of it: the articles of their organisations, their handover policies.
Outside any transaction; a decision is checked once more under lock (routing/handling.py)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import Error

from bots.turn import BotTurn
from common.places import place_of
from conversations.models import Conversation
from knowledge.search import Book, books
from routing.destination import Destination
from routing.handover_policies import judged
from routing.handover_text import with_wait
from routing.hours import Closed, closed_at
from routing.models import Queue
from routing.turns import Talk, Turns
from routing.waits import last_waits, still_to_wait

log = logging.getLogger(__name__)


def taken(turns: Turns, talks: Sequence[Talk], now: datetime | None) -> Mapping[UUID, BotTurn]:
    return judged(talks, turns.take(talks, _books_of(talks)), now)


def _books_of(talks: Sequence[Talk]) -> dict[UUID, Book]:
    """The articles that the bots may quote. Without them they answer as if there were none: a mistake in an article
    must not cost anybody his answer."""
    try:
        return books({talk.organisation_id for talk in talks}) if talks else {}
    except Error:
        raise
    except Exception as error:
        log.error("articles cannot be read: %s at %s", type(error).__name__, place_of(error))
        return {}


def with_wait_told(
    conversation: Conversation, turn: BotTurn, there: Destination, closed: Closed, now: datetime
) -> BotTurn:
    """`turn` of a bot that hands over, and how long it may take `there`, if its line tells so. Not where it is closed:
    he is told when it opens (routing/after_hours.py)."""
    if turn.handover is None or "tell_wait" not in turn.actions:
        return turn
    if closed_at(closed, (conversation.line_id, there.queue_id)) is not None:
        return turn
    queue = Queue.objects.get(id=there.queue_id)
    known = still_to_wait(queue, last_waits(queue.organisation_id, now, queue.id).get(queue.id, []))
    return replace(turn, replies=with_wait(turn.replies, turn.language or conversation.line.language, known))
