"""Reassign: a supervisor gives conversations to a queue or to an agent: some that he chose, or all that an agent holds.

Each is a transaction of its own, with its line in the audit log; what cannot be done to one says so and keeps none of
the others. An agent is not asked: it is his at once, within his capacity.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from accounts import audit
from accounts.models import User
from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound
from contacts.numbers import masked
from conversations.events import ConversationQueued
from conversations.messages import add_event_line, lock_conversation
from conversations.models import Conversation, Status
from realtime import doorbell
from realtime.log import Changes, record_changes
from routing import deadlines
from routing.climbing import forget_rule, start_anew
from routing.handing import NOT_THERE, hand_to, release
from routing.loads import gain
from routing.models import AgentState, Queue
from routing.offers import ringing_at, withdraw
from routing.owning import become_owner
from routing.queues import weight_in
from routing.rows import set_fields
from routing.states import lock_states
from routing.transfer import HELD, enabled_queue, receiver_of

MOST = 200  # conversations of one request


class Outcome(NamedTuple):
    conversation_id: UUID
    code: str  # "": done; else why not


def reassign(
    *, actor: User, conversation_ids: Sequence[UUID], agent_id: UUID | None = None, queue_id: UUID | None = None,
    now: datetime | None = None,
) -> list[Outcome]:  # fmt: skip
    """In the order given. Codes: no_conversation, closed, with_bot, agent_blind, agent_away, agent_full. To where one
    is already changes nothing and is done.

    Raises Invalid("required") unless there is one destination, Invalid("too_many"), Invalid("unknown_choice").
    """
    if (agent_id is None) == (queue_id is None):
        raise Invalid("required", "an agent or a queue", field="agent_id")
    if agent_id is not None and not User.objects.filter(organisation_id=actor.organisation_id, id=agent_id).exists():
        raise Invalid("unknown_choice", "there is no such agent", field="agent_id")
    if len(conversation_ids) > MOST:
        raise Invalid("too_many", f"at most {MOST} at once", field="conversation_ids")
    queue = None if queue_id is None else enabled_queue(actor.organisation_id, queue_id)
    done: list[Outcome] = []
    for id_ in dict.fromkeys(conversation_ids):
        try:
            with record_changes(actor.organisation_id) as changes:
                conversation = lock_conversation(organisation_id=actor.organisation_id, conversation_id=id_)
                _refuse(conversation)
                before = _where(conversation)
                if queue is not None:
                    _to_queue(changes, conversation, queue, actor, now or database_now())
                elif agent_id is not None:
                    _to_agent(changes, conversation, agent_id, actor, now or database_now())
                changed = audit.difference(before, _where(conversation))
                if changed:
                    audit.record(
                        actor=actor, organisation_id=actor.organisation_id, action="conversation.reassigned",
                        kind="conversation", object_id=id_, name=masked(conversation.address.value), changes=changed,
                    )  # fmt: skip
            done.append(Outcome(id_, ""))
        except (Conflict, NotFound) as refusal:
            done.append(Outcome(id_, refusal.code))
    return done


def held_by_agent(actor: User, agent_id: UUID) -> list[UUID]:
    """All that an agent holds, up to MOST. Raises NotFound("no_user")."""
    if not User.objects.filter(organisation_id=actor.organisation_id, id=agent_id).exists():
        raise NotFound("no_user", "there is no such user")
    held = Conversation.objects.filter(
        organisation_id=actor.organisation_id, owner_id=agent_id, status__in=HELD
    ).order_by("line_id", "contact_id", "thread_key")
    return list(held.values_list("id", flat=True)[:MOST])


def _refuse(conversation: Conversation) -> None:
    if conversation.status == Status.CLOSED:
        raise Conflict("closed", "this conversation is closed")
    if conversation.status == Status.BOT:
        raise Conflict("with_bot", "the bot has it")


def _where(conversation: Conversation) -> dict[str, str | None]:
    owner_id, queue_id = conversation.owner_id, conversation.queue_id
    return {
        "owner": None if owner_id is None else User.objects.values_list("name", flat=True).get(id=owner_id),
        "queue": None if queue_id is None else Queue.objects.filter(id=queue_id).values_list("name", flat=True).first(),
    }


def _to_queue(changes: Changes, conversation: Conversation, queue: Queue, actor: User, now: datetime) -> None:
    facts = {"type": "transferred", "by": "reassigned", "queue_id": str(queue.id), "queue_name": queue.name}
    owner_id = conversation.owner_id
    if owner_id is not None:
        withdraw(changes, conversation, now=now, why="reassigned", beside=[owner_id])
        release(changes, conversation, queue_id=queue.id, now=now, how="transferred", facts=facts, actor=actor)
    elif conversation.queue_id != queue.id:
        # It has waited since it was queued, wherever: nobody loses his place for it. What the ladder of the other queue
        # does after so long is meant for who has waited so long there.
        withdraw(changes, conversation, now=now, why="reassigned")
        set_fields(conversation, queue_id=queue.id, preferred_id=None, preferred_until=None)
        forget_rule(conversation)
        start_anew(conversation, now)
        deadlines.renew([conversation])
        add_event_line(changes=changes, conversation=conversation, facts={**facts, "to": "queue"}, author_user=actor)
        changes.add(
            ConversationQueued(
                line_id=conversation.line_id, conversation_id=conversation.id, queue_id=queue.id, reason="reassigned"
            )
        )
        changes.ring(doorbell.WAITING)


def _to_agent(changes: Changes, conversation: Conversation, agent_id: UUID, actor: User, now: datetime) -> None:
    previous = conversation.owner_id
    if previous == agent_id:
        return
    receiver = receiver_of(conversation, agent_id)
    if not AgentState.objects.filter(user=receiver).exclude(state__in=NOT_THERE).exists():
        raise Conflict("agent_away", "he is not at work")
    lock_states({receiver.id, *ringing_at(conversation), *([previous] if previous else [])})
    withdraw(changes, conversation, now=now, why="reassigned")  # it may have rung at the very receiver
    weight = conversation.weight if previous else weight_in(conversation.queue_id)
    try:
        gain(changes=changes, user_id=receiver.id, now=now, weight=weight, medium=conversation.line.medium)
    except Conflict:
        raise Conflict("agent_full", "he has no room for it") from None
    if previous is None:
        become_owner(changes, conversation, receiver, now=now, by="reassigned", weight=weight, actor=actor)
    else:
        hand_to(changes, conversation, receiver, now=now, by="reassigned", weight=weight, actor=actor)
