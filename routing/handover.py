"""A conversation goes to people: which queue it waits in, how urgent it is, and what is noted of why.

the queue that the front filter has named  ->  the first rule of the line that holds (routing/routes.py)
->  the line's own queue
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from bots.turn import BotTurn, Handover
from common.text import storable
from conversations.events import ConversationQueued
from conversations.messages import add_event_line
from conversations.models import Conversation, Status
from realtime import doorbell
from realtime.log import Changes
from routing import deadlines, front_door, routes, stretches
from routing.queues import queue_for
from routing.rows import set_fields
from routing.sticky import prefer_last
from routing.turns import Talk

log = logging.getLogger(__name__)


def hand_over(
    changes: Changes,
    conversation: Conversation,
    talk: Talk,
    reason: str,
    now: datetime,
    asked: Handover | None = None,
    language: str | None = None,
    heard: BotTurn | None = None,
) -> None:
    """From the bot's hands, or nobody's, into a queue. The conversation is locked. `asked`: what whoever hands it over
    says about it. `heard`: what the bot made of the unanswered texts; None: it was not asked."""
    passage = front_door.passage_of(conversation)
    queue_id = front_door.queue_of(passage)
    spoken = conversation.language if language is None else language
    routed = None if queue_id is not None else routes.choose(conversation, talk, heard, spoken, now)
    rule = routed.rule if routed else None
    queue_id = queue_id or (rule.queue_id if rule else queue_for(conversation.line).id)
    facts: dict[str, Any] = {"type": "handover", "reason": reason, "queue_id": str(queue_id)}
    if routed is not None and routed.rule is not None:
        facts |= {"rule": routed.rule.name, "rule_place": routed.place}
    if routed is not None and routed.skipped:
        log.warning("line %s: rules %s are skipped, their queue is off", conversation.line_id, routed.skipped)
        facts["rules_skipped"] = routed.skipped
    if reason != "filter":  # no bot had it
        stretches.end_before_person(conversation, now=now, how="handed_over", agent_id=None)
    set_fields(
        conversation,
        status=Status.QUEUED,
        queue_id=queue_id,
        queued_at=now,
        waiting_since=conversation.waiting_since or talk.first_at or now,
        handover_reason=reason[:16],
        handover_summary=storable(asked.summary)[:500] if asked else "",
        priority=max(
            conversation.priority,
            asked.priority if asked else 0,
            passage.priority if passage else 0,
            rule.priority if rule else 0,
        ),
        language=spoken,
    )
    prefer_last(conversation, now=now)
    routes.note(conversation, routed)
    deadlines.renew([conversation])
    add_event_line(changes=changes, conversation=conversation, facts=facts)
    changes.add(
        ConversationQueued(
            line_id=conversation.line_id, conversation_id=conversation.id, queue_id=queue_id, reason=reason
        )
    )
    changes.ring(doorbell.WAITING)
