"""A person becomes the owner of a locked conversation, or is it no longer: row, load, intervals, event line, event."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db.models import F

from accounts.models import User
from conversations.events import ConversationAssigned
from conversations.messages import add_event_line
from conversations.models import Conversation, Status
from realtime.log import Changes
from routing import deadlines, stretches
from routing.loads import lose

AWAKE: dict[str, None] = {"snoozed_at": None, "snoozed_until": None}  # written by whoever takes it out of its sleep
HOW = {
    "taken": "taken",
    "offer": "accepted",
    "pulled": "pulled",
    "reassigned": "assigned",
}  # how his wait ended, in the figures


def become_owner(
    changes: Changes,
    conversation: Conversation,
    user: User,
    *,
    now: datetime,
    by: Literal["taken", "offer", "pulled", "reassigned"],
    weight: int,
    actor: User | None = None,
) -> None:
    """`weight`: what his load counts it with. `actor`: who did it, if not he himself."""
    stretches.end_before_person(conversation, now=now, how=HOW[by], agent_id=user.id)
    fields = {
        "status": Status.OPEN, "owner_id": user.id, "assigned_at": now, "weight": weight,
        "preferred_id": None, "preferred_until": None,
    }  # fmt: skip
    Conversation.objects.filter(id=conversation.id).update(revision=F("revision") + 1, **fields)
    conversation.revision += 1
    for name, value in fields.items():
        setattr(conversation, name, value)
    deadlines.renew([conversation])
    add_event_line(
        changes=changes,
        conversation=conversation,
        facts={"type": "assigned", "owner_id": str(user.id), "owner_name": user.name, "by": by},
        author_user=actor or user,
    )
    changes.add(
        ConversationAssigned(line_id=conversation.line_id, conversation_id=conversation.id, owner_id=user.id, by=by)
    )


def let_go(changes: Changes, conversation: Conversation, owner_id: UUID, *, now: datetime, how: str) -> None:
    """Its owner has a locked conversation no more: his load, and the stretch of handling or sleep that ends. The row is
    the caller's to write. `how`: as routing.stretches.end_handle."""
    if conversation.status == Status.OPEN:  # asleep, it counts in nobody's load
        lose(changes=changes, user_id=owner_id, weight=conversation.weight, medium=conversation.line.medium)
    stretches.end_handle(changes, conversation, now=now, how=how)
