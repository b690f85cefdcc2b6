"""An owner lets go of a locked conversation: to a colleague, or to a queue. Row, load, intervals, event line, events.

Whoever calls has ended the offer that may have rung (routing/offers.py), and locked the states of all agents concerned
in their order (routing.states.lock_states).
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from conversations.events import ConversationAssigned, ConversationReturned
from conversations.messages import add_event_line
from conversations.models import Conversation, Status
from realtime import doorbell
from realtime.log import Changes
from routing import deadlines
from routing.assignment import POINTS
from routing.climbing import forget_rule
from routing.destination import back_to
from routing.models import AgentState, Offer, OfferState, Queue, State
from routing.owning import AWAKE, let_go
from routing.rows import set_fields

NOT_THERE = (State.OFFLINE, State.DISCONNECTED)
MOST_STEPS, MOST_PRIORITY = 10, 100  # of priority, for what somebody has waited in vain


def hand_to(
    changes: Changes, conversation: Conversation, user: User, *, now: datetime, by: str, weight: int, actor: User
) -> None:
    """From its owner to `user`, whose load counts it with `weight` already. `by`: "transfer", "reassigned"."""
    previous = conversation.owner_id
    assert previous is not None
    let_go(changes, conversation, previous, now=now, how="transferred")
    set_fields(
        conversation, status=Status.OPEN, owner_id=user.id, assigned_at=now, weight=weight, preferred_id=None,
        preferred_until=None, **AWAKE,
    )  # fmt: skip
    deadlines.renew([conversation])
    facts = {
        "type": "transferred", "to": "agent", "by": by, "owner_id": str(user.id), "owner_name": user.name,
        "from_id": str(previous), "from_name": _name(previous),
    }  # fmt: skip
    add_event_line(changes=changes, conversation=conversation, facts=facts, author_user=actor)
    changes.add(
        ConversationAssigned(
            line_id=conversation.line_id, conversation_id=conversation.id, owner_id=user.id, by=by,
            previous_owner_id=previous,
        )
    )  # fmt: skip
    changes.ring(doorbell.WAITING)  # who let go has room


def release(
    changes: Changes, conversation: Conversation, *, queue_id: UUID, now: datetime, how: str, facts: dict[str, Any],
    actor: User | None, priority: int | None = None,
) -> None:  # fmt: skip
    """From its owner to a queue. `how`: of the interval; `facts`: of the event line, `actor` its author, from whom
    routing then keeps it (routing/glance.py)."""
    previous = conversation.owner_id
    assert previous is not None
    let_go(changes, conversation, previous, now=now, how=how)
    if conversation.queue_id not in (None, queue_id):
        forget_rule(conversation)
    set_fields(
        conversation, status=Status.QUEUED, owner_id=None, queue_id=queue_id, queued_at=now, preferred_id=None,
        preferred_until=None, priority=conversation.priority if priority is None else priority, **AWAKE,
    )  # fmt: skip
    deadlines.renew([conversation])
    add_event_line(
        changes=changes,
        conversation=conversation,
        facts={**facts, "to": "queue", "owner_id": str(previous), "at": now.isoformat()},
        author_user=actor,
    )
    changes.add(
        ConversationReturned(
            line_id=conversation.line_id, conversation_id=conversation.id, to="queue", previous_owner_id=previous
        )
    )
    changes.ring(doorbell.WAITING)


def return_to_queue(
    changes: Changes, conversation: Conversation, previous: UUID, name: str, now: datetime, *, by: str
) -> None:
    """A locked conversation leaves its owner, who is not there to give it back. `by`: what found that."""
    # Nobody is its author: routing keeps it from nobody.
    facts = {"type": "returned", "owner_name": name, "by": by}
    there = back_to(conversation, now)
    release(
        changes, conversation, queue_id=there.queue_id, now=now, how="returned_queue", facts=facts, actor=None,
        priority=max(there.priority, _as_if_he_had_waited_there(conversation, there.queue_id, now)),
    )  # fmt: skip


def _as_if_he_had_waited_there(conversation: Conversation, queue_id: UUID, now: datetime) -> int:
    """Its priority: who has waited for an agent who was not there does not begin at the end. As many steps as the
    points that he would have by now, at least one, and not so many that his turn comes before all that is urgent."""
    if conversation.waiting_since is None:
        return conversation.priority
    least, pace = Queue.objects.values_list("priority", "points_per_minute").get(id=queue_id)
    waited_min = max((now - conversation.waiting_since).total_seconds(), 0.0) / 60
    steps = min(max(math.ceil(pace * waited_min / POINTS), 1), MOST_STEPS)
    return max(conversation.priority, min(max(conversation.priority, least) + steps, MOST_PRIORITY))


def go_back(changes: Changes, offer: Offer, conversation: Conversation, state: OfferState, *, now: datetime) -> None:
    """A transfer that nobody accepted: its sender, who has never let go, goes on; where he is not there, the queue.
    The offer has ended; `reason` stands in it."""
    facts = {
        "type": "transfer_ended", "how": str(state), "to_id": str(offer.user_id), "to_name": _name(offer.user_id),
        "reason": offer.reason,
    }  # fmt: skip
    add_event_line(changes=changes, conversation=conversation, facts=facts)
    sender_id = offer.sender_id
    assert sender_id is not None
    if conversation.status == Status.SNOOZED:  # it sleeps on; who gets it is asked when it wakes (routing/snooze.py)
        return
    there = AgentState.objects.filter(user_id=sender_id, user__is_active=True).exclude(state__in=NOT_THERE).exists()
    if not there:
        return_to_queue(changes, conversation, sender_id, _name(sender_id), now, by="transfer")


def _name(user_id: UUID) -> str:
    return User.objects.values_list("name", flat=True).get(id=user_id)
