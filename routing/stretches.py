"""Which intervals end when a conversation changes hands. Written in the transaction that ends them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from conversations.models import Conversation, Message, MessageKind, Status
from measures.intervals import record_interval
from measures.models import IntervalKind
from realtime.log import Changes
from routing.consult_models import Consult
from routing.deadlines import outcome
from routing.events import ConsultChanged
from routing.hours import hours_at
from routing.models import Offer, TargetKind
from routing.states import end_focus

TO_BOT = "ladder"  # the handover reason of what its queue's ladder has given to the bot


def end_before_person(conversation: Conversation, *, now: datetime, how: str, agent_id: UUID | None) -> None:
    """End the wait in the queue, or the bot's time. `how`: assigned, accepted, taken, pulled, closed, handed_over,
    filtered (the front filter has ended it).

    Within the wait, the time since it was first offered to anybody is measured, too.
    """
    if conversation.status == Status.QUEUED and conversation.queued_at is not None:
        since = waits_since(conversation)
        _record(conversation, IntervalKind.WAIT, since, now, how, agent_id)
        offered = Offer.objects.filter(conversation_id=conversation.id, made_at__gte=since)
        first = offered.order_by("made_at").values_list("made_at", flat=True).first()
        if first is not None:
            _record(conversation, IntervalKind.OFFER, first, now, how, agent_id)
    elif conversation.status == Status.BOT:
        _record(conversation, IntervalKind.BOT, _bot_since(conversation), now, how, None)


def waits_since(conversation: Conversation) -> datetime:
    """Of one that waits: what woke in its queue stands there by its old `queued_at`, and waits since it woke."""
    assert conversation.queued_at is not None  # the CHECK constraint on status and queue
    return max(conversation.queued_at, conversation.assigned_at or conversation.queued_at)


def end_handle(changes: Changes, conversation: Conversation, *, now: datetime, how: str, keeps: bool = False) -> None:
    """End the owner's time with it, and that before his eyes; of a sleeping one, the sleep: nobody had it in hand.

    `keeps`: he puts it aside, or has it back: whom he asks about it, he asks still. `how`: returned_queue,
    returned_bot, transferred, closed, silence, snoozed, woken_text, woken_time, woken_hand...
    """
    asleep = conversation.status == Status.SNOOZED
    if asleep:
        _record(conversation, IntervalKind.HOLD, conversation.snoozed_at or now, now, how, conversation.owner_id)
    else:
        started = conversation.assigned_at or conversation.opened_at
        _record(conversation, IntervalKind.HANDLE, started, now, how, conversation.owner_id)
    if not keeps:
        asked = Consult.objects.filter(conversation_id=conversation.id, ended_at=None).first()
        if asked is not None:
            end_asked(changes, asked, now=now)
    if conversation.owner_id is not None and not (asleep and keeps):
        end_focus(
            organisation_id=conversation.organisation_id, user_id=conversation.owner_id,
            conversation_id=conversation.id, now=now, line_id=conversation.line_id, queue_id=conversation.queue_id,
        )  # fmt: skip


def end_asked(changes: Changes, asked: Consult, *, now: datetime) -> None:
    """A colleague is asked no more. The conversation is locked."""
    Consult.objects.filter(id=asked.id).update(ended_at=now)
    for agent_id in (asked.asker_id, asked.colleague_id):
        changes.add(ConsultChanged(agent_id=agent_id))


def response(conversation: Conversation, *, agent_id: UUID, now: datetime) -> None:
    """A person answers: how long the first of the unanswered texts has waited. Nothing when none was waiting."""
    if conversation.waiting_since is not None:
        first = conversation.first_answered_at is None
        kind = IntervalKind.FIRST_RESPONSE if first else IntervalKind.RESPONSE
        since, target = conversation.waiting_since, TargetKind.FIRST if first else TargetKind.NEXT
        _record(conversation, kind, since, now, outcome(conversation, target, since, now, agent_id), agent_id)


def resolution(conversation: Conversation, *, now: datetime) -> None:
    """It is closed. From its opening; from its last one for what was closed before, which has been measured then. An
    answer that was due and never came is missed, also where the watch has not told of it yet."""
    if conversation.waiting_since is not None:
        target = TargetKind.FIRST if conversation.first_answered_at is None else TargetKind.NEXT
        outcome(conversation, target, conversation.waiting_since, now, conversation.owner_id)
    started = conversation.reopened_at or conversation.opened_at
    how = outcome(conversation, TargetKind.RESOLUTION, started, now, conversation.owner_id)
    _record(conversation, IntervalKind.RESOLUTION, started, now, how, conversation.owner_id)


def _bot_since(conversation: Conversation) -> datetime:
    """When the bot got it: at its opening, or when a person or a ladder last gave it to the bot."""
    if conversation.assigned_at is None and conversation.handover_reason != TO_BOT:  # it has never had a person
        return conversation.opened_at
    returned = (
        Message.objects.filter(conversation_id=conversation.id, kind=MessageKind.EVENT, facts__type="returned")
        .order_by("-seq")
        .values_list("facts__at", flat=True)
        .first()
    )
    return conversation.opened_at if returned is None else datetime.fromisoformat(returned)


def _record(
    conversation: Conversation,
    kind: IntervalKind,
    started_at: datetime,
    ended_at: datetime,
    label: str,
    agent_id: UUID | None,
) -> None:
    record_interval(
        organisation_id=conversation.organisation_id,
        kind=kind,
        started_at=started_at,
        ended_at=ended_at,
        conversation_id=conversation.id,
        line_id=conversation.line_id,
        queue_id=conversation.queue_id,
        agent_id=agent_id,
        label=label,
        hours=hours_at(conversation),
    )
