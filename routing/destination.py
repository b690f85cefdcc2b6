"""Where people are to have a conversation: asked whenever one goes to them, by a bot, a promise or an owner.

the queue that the front filter has named  ->  the first rule of its line that holds  ->  the line's own queue
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from bots.turn import BotTurn
from conversations.models import Conversation
from routing import front_door, routes
from routing.climbing import forget_rule
from routing.models import Queue
from routing.queues import queue_for
from routing.turns import Talk, read_talks
from routing.workflow import Decision

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Destination:
    """`priority`: what it has there at least. `facts`: of the event line; why it waits there."""

    queue_id: UUID
    priority: int
    facts: dict[str, Any]
    routed: Decision | None


def where_to(
    conversation: Conversation, talk: Talk, heard: BotTurn | None, language: str, now: datetime
) -> Destination:
    """Of a locked conversation. `heard`: what the bot made of the unanswered texts; None: it was not asked."""
    passage = front_door.passage_of(conversation)
    named = front_door.queue_of(passage)
    routed = None if named is not None else routes.choose(conversation, talk, heard, language, now)
    rule = routed.rule if routed else None
    queue_id = named or (rule.queue_id if rule else queue_for(conversation.line).id)
    facts: dict[str, Any] = {"queue_id": str(queue_id)}
    if routed is not None and rule is not None:
        facts |= {"rule": rule.name, "rule_place": routed.place}
    if routed is not None and routed.skipped:
        log.warning("line %s: rules %s are skipped, their queue is off", conversation.line_id, routed.skipped)
        facts["rules_skipped"] = routed.skipped
    priority = max(passage.priority if passage else 0, rule.priority if rule else 0)
    return Destination(queue_id, priority, facts, routed)


def back_to(conversation: Conversation, now: datetime, *, only_if_on: bool = False) -> Destination:
    """The queue that it goes back to; where it has none, because the bot had it, as if the bot handed it over now.

    The conversation is locked and will wait there. `only_if_on`: one that is off is none.
    """
    if conversation.queue_id is not None and not (only_if_on and _is_off(conversation.queue_id)):
        return Destination(conversation.queue_id, conversation.priority, {}, None)
    (talk,) = read_talks([conversation.id])
    found = where_to(conversation, talk, None, conversation.language, now)
    forget_rule(conversation)
    routes.note(conversation, found.routed)
    return replace(found, priority=max(conversation.priority, found.priority))


def _is_off(queue_id: UUID) -> bool:
    return not Queue.objects.filter(id=queue_id, is_enabled=True).exists()
