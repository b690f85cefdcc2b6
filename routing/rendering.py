"""Agents as screens get them: the same JSON over REST and over the socket."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypedDict
from uuid import UUID

from django.db import connection

from conversations.rendering import iso
from routing.models import AgentState


class AgentView(TypedDict):
    """`load` and `capacity` are weights. `until`: when the last of his wrap-ups ends by itself. `set_by`: SetBy."""

    id: str
    name: str
    state: str
    reason: str | None
    since: str
    load: int
    capacity: int
    reason_id: str | None
    until: str | None
    set_by: str


_AGENTS = """
select u.id, u.name, coalesce(s.state, 'offline'), s.reason, coalesce(s.since, u.created_at),
       coalesce(s.load, 0),
       coalesce(s.capacity, case when u.role = 'agent' then %(capacity)s else 0 end),
       s.reason_id, (select max(w.until) from routing_wrapup w where w.user_id = u.id), coalesce(s.set_by, 'self')
from accounts_user u
left join routing_agentstate s on s.user_id = u.id
where u.organisation_id = %(organisation)s
  and case when %(ids)s::uuid[] is null then u.is_active and (u.role = 'agent' or s.user_id is not null)
           else u.id = any(%(ids)s::uuid[]) end
order by u.name, u.id
"""


def render_agents(organisation_id: UUID, ids: Collection[UUID] | None = None) -> dict[UUID, AgentView]:
    """What agents declared and hold, by user id, sorted by name; `ids` None: all who work or may work."""
    if ids is not None and not ids:
        return {}
    with connection.cursor() as cursor:
        usual = AgentState._meta.get_field("capacity").default  # of an agent who has not declared anything yet
        asked = {"organisation": organisation_id, "ids": None if ids is None else list(ids), "capacity": usual}
        cursor.execute(_AGENTS, asked)
        return {
            user_id: {
                "id": str(user_id),
                "name": name,
                "state": state,
                "reason": reason or None,
                "since": iso(since),
                "load": load,
                "capacity": capacity,
                "reason_id": str(reason_id) if reason_id else None,
                "until": iso(until) if until else None,
                "set_by": set_by,
            }
            for user_id, name, state, reason, since, load, capacity, reason_id, until, set_by in cursor.fetchall()
        }
