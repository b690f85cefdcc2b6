"""What comes of a bot's turn under its conversation's lock: what it says is sent, or people take over."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from bots.turn import BotTurn
from common.errors import PalabreError
from common.text import storable
from conversations.answers import Answers
from conversations.messages import LANE_PERSON
from conversations.models import Conversation
from realtime.log import Changes
from routing import bot_answers, front_door
from routing.destination import where_to
from routing.handover import hand_over
from routing.handover_policies import marks_of
from routing.hours import Closed
from routing.robots import must_be_silent
from routing.turns import Talk

log = logging.getLogger(__name__)


def may_be_told(talk: Talk) -> bool:
    """Whether something is unanswered that a machine may answer at all (docs/consent.md)."""
    return talk.first_at is not None and not talk.hint


def act(
    changes: Changes, answers: Answers, conversation: Conversation, talk: Talk, turn: BotTurn | None, now: datetime,
    lately: int, *, rests: bool, closed: Closed,
) -> bool:  # fmt: skip
    """Send what the bot says; hand over when it steps aside, cannot be heard, must not speak, or does not exist.
    Returns whether it came to what the bot decided, so that its memory of it holds.

    `answers`: those of this transaction, which the caller stores at its end. `lately`: how many the bot has given
    in the last minutes (routing/robots.py). `rests`: it does not work outside the hours of its line.
    """
    if talk.first_at is None:  # nothing is unanswered; an empty text is something
        return False
    if rests:
        hand_over(changes, conversation, talk, "opt_out_hint" if talk.hint else "after_hours", now)
        return False
    if turn is None:
        hand_over(changes, conversation, talk, "failed" if talk.bot else "no_bot", now)
        return False
    language = storable(turn.language)[:5] or conversation.language
    to_people = partial(hand_over, changes, conversation, talk, now=now, language=language, heard=turn)
    if talk.hint or "opt_out" in turn.actions:  # a guess, which nobody may be silenced by; nor ignored
        to_people("opt_out_hint")
        return False
    if turn.handover is not None:
        there = where_to(conversation, talk, turn, language, now)
        turn = bot_answers.with_wait_told(conversation, turn, there, closed, now)
        to_people = partial(to_people, there=there, heard=turn)
    silenced = must_be_silent(conversation, lately=lately, replies=len(turn.replies))
    if answers.consent(conversation).refuses:
        to_people("opted_out")
        return False
    steps_aside = turn.handover is not None and turn.handover.reason != "failed"
    if steps_aside and front_door.ended_by_bot_only(changes, conversation, now):
        return False
    sent = silenced is None and _said(answers, conversation, turn, None if turn.handover else language)
    if silenced is not None and turn.handover is None:
        to_people(silenced.reason, asked=silenced)
    elif turn.handover is not None:
        answers.store()  # before the line that says who has it now
        to_people(turn.handover.reason, asked=turn.handover)
        return True
    elif sent:
        return True
    else:
        to_people("failed")
    return False


def _said(answers: Answers, conversation: Conversation, turn: BotTurn, language: str | None) -> bool:
    """Whether everything that the bot says can be sent: it is stored with the other answers of this transaction."""
    if not turn.replies:
        return False
    lane = LANE_PERSON if "send_first" in turn.actions else None
    try:
        answers.give(conversation, turn.replies, language=language, lane=lane, marks=marks_of(turn))
    except PalabreError as refusal:  # no enabled link, a text too long: nothing of it is stored
        log.error("conversation %s: the bot's answer cannot be sent: %s", conversation.id, refusal.code)
        return False
    return True
