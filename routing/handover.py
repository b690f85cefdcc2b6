"""A conversation goes from its bot, or from nobody, to people: where it waits (routing/destination.py), how urgent it
is, and what is noted of why.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from bots.turn import BotTurn, Handover
from common.text import storable
from conversations.events import ConversationQueued
from conversations.messages import add_event_line
from conversations.models import Conversation, Status
from realtime import doorbell
from realtime.log import Changes
from routing import deadlines, routes, stretches
from routing.destination import Destination, where_to
from routing.handover_text import LONGEST, summary
from routing.rows import set_fields
from routing.sticky import prefer_last
from routing.turns import Talk


def hand_over(
    changes: Changes,
    conversation: Conversation,
    talk: Talk,
    reason: str,
    now: datetime,
    asked: Handover | None = None,
    language: str | None = None,
    heard: BotTurn | None = None,
    there: Destination | None = None,
) -> None:
    """From the bot's hands, or nobody's, into a queue. The conversation is locked. `asked`: what whoever hands it over
    says about it. `heard`: what the bot made of the unanswered texts; None: it was not asked. `there`: where to, if the
    caller knows."""
    spoken = conversation.language if language is None else language
    there = there or where_to(conversation, talk, heard, spoken, now)
    facts: dict[str, Any] = {"type": "handover", "reason": reason, **there.facts}
    if reason != "filter":  # no bot had it
        stretches.end_before_person(conversation, now=now, how="handed_over", agent_id=None)
    set_fields(
        conversation,
        status=Status.QUEUED,
        queue_id=there.queue_id,
        queued_at=now,
        waiting_since=conversation.waiting_since or talk.first_at or now,
        handover_reason=reason[:16],
        handover_summary=storable(_brief(conversation, talk, asked, heard))[:LONGEST],
        priority=max(conversation.priority, asked.priority if asked else 0, there.priority),
        language=spoken,
    )
    prefer_last(conversation, now=now)
    routes.note(conversation, there.routed)
    deadlines.renew([conversation])
    add_event_line(changes=changes, conversation=conversation, facts=facts)
    changes.add(
        ConversationQueued(
            line_id=conversation.line_id, conversation_id=conversation.id, queue_id=there.queue_id, reason=reason
        )
    )
    changes.ring(doorbell.WAITING)


def _brief(conversation: Conversation, talk: Talk, asked: Handover | None, heard: BotTurn | None) -> str:
    if asked is None or heard is None:
        return asked.summary if asked else ""
    return summary(talk, replace(heard, handover=asked), conversation.line.language)
