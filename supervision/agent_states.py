"""What an agent was and for how long: the intervals of his states, and the one that lasts."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from accounts.models import User
from common.errors import NotFound
from conversations.rendering import iso
from measures.models import Interval, IntervalKind
from routing.models import AgentState


class StateView(TypedDict):
    state: str
    reason: str | None
    since: str
    until: str | None


class StatesView(TypedDict):
    items: list[StateView]


def states_of(organisation_id: UUID, user_id: UUID, limit: int) -> StatesView:
    """The last `limit`, newest first. Raises NotFound("no_user")."""
    if not User.objects.filter(organisation_id=organisation_id, id=user_id).exists():
        raise NotFound("no_user", "there is no such user")
    items: list[StateView] = []
    now = AgentState.objects.filter(user_id=user_id).first()
    if now is not None:
        items.append({"state": now.state, "reason": now.reason or None, "since": iso(now.since), "until": None})
    before = Interval.objects.filter(organisation_id=organisation_id, agent_id=user_id, kind=IntervalKind.STATE)
    for one in before.order_by("-ended_at")[: limit - len(items)]:
        items.append(
            {"state": one.label, "reason": one.detail or None, "since": iso(one.started_at), "until": iso(one.ended_at)}
        )
    return {"items": items}
