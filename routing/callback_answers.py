"""What a subscriber answers to an offered callback: whole texts that say yes, in digits or words; nothing else.

A sweep, so that taking in and deciding about texts cost nothing more. His text stays what it is: unanswered, in its
place, for whoever takes the conversation. A yes promises (routing/callbacks.py) and he keeps his place in the queue;
whoever has him by then has his question, too. The offer stands as long as he waits.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import InterfaceError, OperationalError, connection

from accounts.hours import next_opening
from common.places import place_of
from conversations.models import Conversation, Message, MessageKind, Status
from realtime.log import Changes, record_changes
from routing.callbacks import promise
from routing.failing import Failing
from routing.hours import hours_at
from routing.ladder_deeds import free_conversation, may_ask_to_stop, tell
from routing.ladder_words import promised_text
from routing.models import LadderTold, Queue
from routing.unhandled import unanswered

log = logging.getLogger(__name__)

AT_ONCE = 100
YES = frozenset(
    {
        "1", "un", "one", "oui", "yes", "rappel", "rappeler", "rappelez", "rappelez moi", "rappelle moi", "me rappeler",
        "oui rappelez moi", "oui rappel", "callback", "call back", "call me", "call me back", "yes call me back",
    }
)  # fmt: skip
POLITE = frozenset({"svp", "stp", "merci", "please", "thanks", "bonjour", "bonsoir", "hello", "ok"})
_NO_SIGN = re.compile(r"[\W_]+")
_ANSWERED = """
select c.organisation_id, c.id
from routing_laddertold told join conversations_conversation c on c.id = told.conversation_id
where told.answer_after is not null and (c.status <> 'queued' or c.last_seq > told.answer_after)
  and c.id <> all(%s::uuid[])
order by told.at limit %s
"""


def says_yes(text: str) -> bool:
    """Whether the whole text takes the offer: "1", "1.", "« Oui, merci »", "RAPPELEZ-MOI svp"; not "1 question"."""
    plain = "".join(
        str(unicodedata.digit(sign)) if sign.isdigit() else sign
        for sign in unicodedata.normalize("NFKD", text[:80]).casefold()
        if not unicodedata.combining(sign)
    )
    words = [word for word in _NO_SIGN.sub(" ", plain).split() if word not in POLITE]
    return len(text) <= 80 and " ".join(words) in YES


def look_at_answers(now: datetime, failing: Failing | None = None) -> int:
    """Promise what was asked for, end the offers of those who wait no more; returns how many were promised. Any
    process may call it: each conversation is locked, and what somebody holds waits for the next call. `failing`: who
    is left out for a while, and who will be. Raises when the database is away."""
    failing = failing or Failing()
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED, [failing.at(now), AT_ONCE])
        found = cursor.fetchall()
    return sum(_seen(organisation_id, id_, failing, now) for organisation_id, id_ in found)


def _seen(organisation_id: UUID, conversation_id: UUID, failing: Failing, now: datetime) -> bool:
    try:
        return _look(organisation_id, conversation_id, now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # one answer that cannot be taken costs the others nothing
        kind = type(error).__name__
        log.error("conversation %s: its answer is not taken yet: %s at %s", conversation_id, kind, place_of(error))
        failing.add(conversation_id, now)
        return False


def _look(organisation_id: UUID, conversation_id: UUID, now: datetime) -> bool:
    with record_changes(organisation_id) as changes:
        conversation = free_conversation(organisation_id, conversation_id)
        if conversation is None:
            return False
        offers = LadderTold.objects.filter(conversation=conversation, answer_after__isnull=False)
        offer = offers.first()
        if offer is None or offer.answer_after is None:  # another dispatcher was here
            return False
        yes = conversation.status == Status.QUEUED and _has_said_yes(conversation, offer.answer_after)
        going_on = conversation.status == Status.QUEUED and not yes
        offers.update(answer_after=conversation.last_seq if going_on else None)
        if not yes or conversation.callback_at is not None:
            return False
        _promise(changes, conversation, now)
    return True


def _has_said_yes(conversation: Conversation, after: int) -> bool:
    texts = Message.objects.filter(
        conversation_id=conversation.id, seq__gt=after, kind=MessageKind.INCOMING, facts__keyword__isnull=True
    )
    return any(says_yes(body) for body in texts.values_list("body", flat=True))


def _promise(changes: Changes, conversation: Conversation, now: datetime) -> None:
    assert conversation.queue_id is not None  # the CHECK constraint on status and queue
    queue = Queue.objects.get(id=conversation.queue_id)
    at = now + timedelta(seconds=queue.callback_within_s)
    hours = hours_at(conversation)
    if hours is not None:
        at = next_opening(hours, at) or at
    promise(changes, conversation, at=at, note="", user=None, now=now)
    if may_ask_to_stop(unanswered(conversation)):  # a person reads that first
        return
    zone = ZoneInfo(conversation.line.organisation.time_zone)
    tell(changes, conversation, promised_text(queue, conversation, at, now, zone), now)
