"""What a ladder does for somebody because he waits: tells him his place, offers a callback, gives him to the bot.

Each deed once in a conversation: its row of routing_laddertold is written in the transaction that does it, on the
locked conversation. A crash repeats what was not committed, and two dispatchers do it once. What became due together
(the ladder was changed, nobody was there to do it) is done as one: the last of each kind, and nothing before the bot.
What will never be done is settled without doing it: whoever has opted out or may want to, may be a machine, or has been
promised a callback is told nothing; nor is he given to a bot that would only hand him over again.

Whose ladder it is, and since when he climbs it, routing/climbing.py says. Its texts are those of the queue.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from common.errors import PalabreError
from conversations.consent import consent_of
from conversations.events import ConversationReturned
from conversations.messages import LANE_BOT, add_event_line, send_message
from conversations.models import Author, Conversation, Message, Status
from realtime import doorbell
from realtime.log import Changes, record_changes
from routing import deadlines, stretches
from routing.climbing import climbs_since, forget_rule, ladder_of
from routing.hours import open_now
from routing.ladder import Deed, Step, deeds
from routing.ladder_words import offer_text, position_text
from routing.models import LadderTold, Queue
from routing.offers import withdraw
from routing.robots import must_be_silent, replies_lately
from routing.rows import set_fields
from routing.stretches import TO_BOT
from routing.unhandled import mark_unhandled, unanswered
from routing.waits import still_to_wait

log = logging.getLogger(__name__)

_DONE = """
insert into routing_laddertold (id, conversation_id, key, at) select uuidv7(), %s, key, %s from unnest(%s::text[]) key
on conflict do nothing returning key
"""


def free_conversation(organisation_id: UUID, conversation_id: UUID) -> Conversation | None:
    """Locked; None: erased since, or somebody holds it just now, and it is asked for again a second later."""
    return (
        Conversation.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("line__organisation", "address", "contact")
        .filter(organisation_id=organisation_id, id=conversation_id)
        .first()
    )


class Standing(NamedTuple):
    """How a queue stands, read once for all whom a look finds: their places, and its last hour's waits, ascending."""

    places: Mapping[UUID, tuple[int, int]]
    waits: Sequence[float]


def do_what_is_due(conversation_id: UUID, queue: Queue, standing: Standing, now: datetime) -> bool:
    """Whether something was done or settled."""
    with record_changes(queue.organisation_id) as changes:
        conversation = free_conversation(queue.organisation_id, conversation_id)
        if conversation is None or conversation.status != Status.QUEUED or conversation.queue_id != queue.id:
            return False
        waited_s = (now - climbs_since(conversation)).total_seconds()
        due = [step for step in deeds(ladder_of(conversation, queue)) if step.after_s <= waited_s]
        if _bot_rests(conversation, now):  # neither done nor settled: it may get him when its line opens
            due = [step for step in due if step.what is not Deed.GIVE_TO_BOT]
        if any(step.what is Deed.GIVE_TO_BOT for step in due) and _has_answered_unread(conversation):
            return False  # he may want to be called back; that is known within a second
        new = _mark(conversation, due, now)
        todo = {step.what for step in due if step.key in new}
        if not todo:
            return False
        left = unanswered(conversation)
        if _must_be_left_alone(conversation, left):
            return True
        if Deed.GIVE_TO_BOT in todo and _bot_may_have_it(conversation, new):
            _give_to_bot(changes, conversation, left, now)
            return True
        if conversation.callback_at is not None:
            return True
        if Deed.TELL_POSITION in todo:
            _tell_position(changes, conversation, queue, standing, now)
        if Deed.OFFER_CALLBACK in todo:
            _offer_callback(changes, conversation, queue, due, now)
    return True


def _mark(conversation: Conversation, due: Sequence[Step], now: datetime) -> set[str]:
    """The keys that had not been done before."""
    with connection.cursor() as cursor:
        cursor.execute(_DONE, [conversation.id, now, [step.key for step in due]])
        return {key for (key,) in cursor.fetchall()}


def _has_answered_unread(conversation: Conversation) -> bool:
    """Whether something came after the callback that he was offered, and nobody has looked at it yet."""
    offers = LadderTold.objects.filter(conversation=conversation, answer_after__lt=conversation.last_seq)
    return offers.exists()


def _bot_rests(conversation: Conversation, now: datetime) -> bool:
    return not (conversation.line.bot_after_hours or open_now(conversation.line, now))


def _must_be_left_alone(conversation: Conversation, left: Sequence[Message]) -> bool:
    """A machine has nothing to say to whoever is not waiting, refuses texts, or may be about to."""
    if not left or conversation.waiting_since is None:
        return True
    return may_ask_to_stop(left) or consent_of(conversation).refuses


def may_ask_to_stop(left: Sequence[Message]) -> bool:
    """Whether one of these unanswered texts may ask for no more texts."""
    return any((text.facts or {}).get("hint") for text in left)


def _bot_may_have_it(conversation: Conversation, new: Collection[str]) -> bool:
    """Once, whichever queues it comes through: it would go from one to the other and back. `new`: the keys of now."""
    if not conversation.line.bot or conversation.callback_at is not None:
        return False
    before = LadderTold.objects.filter(conversation=conversation, key__startswith=f"{Deed.GIVE_TO_BOT}@")
    return not before.exclude(key__in=new).exists()


def tell(changes: Changes, conversation: Conversation, body: str, now: datetime) -> Message | None:
    """Say it in the lane of the bots; None: it may not be said, or cannot be sent."""
    lately = replies_lately([conversation], now).get(conversation.id, 0)
    if consent_of(conversation).refuses or must_be_silent(conversation, lately=lately, replies=1) is not None:
        return None
    try:
        return send_message(changes=changes, conversation=conversation, body=body, author=Author.SYSTEM, lane=LANE_BOT)
    except PalabreError as refusal:  # no enabled link, own words that are too long: nothing is stored, he waits on
        log.warning("conversation %s is not told what its ladder says: %s", conversation.id, refusal.code)
        return None


def _tell_position(
    changes: Changes, conversation: Conversation, queue: Queue, standing: Standing, now: datetime
) -> None:
    place = standing.places.get(conversation.id)
    if place is None:  # it came back to the queue since the look
        return
    waited_s = (now - stretches.waits_since(conversation)).total_seconds()
    known = still_to_wait(queue, standing.waits, max(waited_s, 0.0))
    tell(changes, conversation, position_text(queue, conversation, place[0], known), now)


def _offer_callback(
    changes: Changes, conversation: Conversation, queue: Queue, due: Sequence[Step], now: datetime
) -> None:
    asked = tell(changes, conversation, offer_text(queue, conversation), now)
    if asked is None:
        return
    key = [step.key for step in due if step.what is Deed.OFFER_CALLBACK][-1]
    LadderTold.objects.filter(conversation=conversation).update(answer_after=None)  # one question at a time
    LadderTold.objects.filter(conversation=conversation, key=key).update(answer_after=asked.seq)


def _give_to_bot(changes: Changes, conversation: Conversation, left: Sequence[Message], now: datetime) -> None:
    """It leaves the queue; the bot answers what nobody has. If it hands over again, he waits anew, and stays."""
    withdraw(changes, conversation, now=now, why="given_to_bot")
    stretches.end_before_person(conversation, now=now, how="given_to_bot", agent_id=None)
    set_fields(
        conversation, status=Status.BOT, owner_id=None, queue_id=None, queued_at=None,
        waiting_since=left[0].created_at, handover_reason=TO_BOT, handover_summary="",
    )  # fmt: skip
    forget_rule(conversation)
    mark_unhandled(conversation)
    deadlines.renew([conversation])
    add_event_line(
        changes=changes,
        conversation=conversation,
        facts={"type": "returned", "to": "bot", "by": "ladder", "at": now.isoformat()},
    )
    changes.add(
        ConversationReturned(
            line_id=conversation.line_id, conversation_id=conversation.id, to="bot", previous_owner_id=None
        )
    )
    changes.ring(doorbell.UNHANDLED)
    changes.ring(doorbell.WAITING)
