"""The service at this moment, by a few set-based queries. What waits: queued, and nobody owns it."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db import connection

from common.clock import database_now
from conversations.rendering import iso
from routing.rendering import AgentView, render_agents


class QueueLive(TypedDict):
    id: str
    name: str
    waiting: int
    longest_since: str | None
    open: int


class LineLive(TypedDict):
    id: str
    name: str
    waiting: int
    open: int


class Live(TypedDict):
    """`live`: all that are not over, waiting + open + bot. `open` includes those put aside by their owner."""

    at: str
    waiting: int
    longest_since: str | None
    open: int
    bot: int
    live: int
    queues: list[QueueLive]
    agents: list[AgentView]
    lines: list[LineLive]


# One pass over what is not closed; a handful of groups (queue, line, status) comes back.
_GROUPS = """
select queue_id, line_id, status, count(*), min(coalesce(waiting_since, queued_at)) filter (where status = 'queued')
from conversations_conversation
where organisation_id = %s and status <> 'closed'
group by queue_id, line_id, status
"""
_QUEUES = "select id, name from routing_queue where organisation_id = %s and is_enabled order by name"
_LINES = "select id, name || ' (' || address || ')' from conversations_line where organisation_id = %s order by address"


def live(organisation_id: UUID) -> Live:
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, [organisation_id])
        groups: list[tuple[UUID | None, UUID, str, int, datetime | None]] = cursor.fetchall()
        cursor.execute(_QUEUES, [organisation_id])
        queues = cursor.fetchall()
        cursor.execute(_LINES, [organisation_id])
        lines = cursor.fetchall()

    def number(*statuses: str, queue: UUID | None = None, line: UUID | None = None) -> int:
        return sum(
            group[3] for group in groups
            if group[2] in statuses and (queue is None or group[0] == queue) and (line is None or group[1] == line)
        )  # fmt: skip

    def longest(queue: UUID | None = None) -> str | None:
        since = [group[4] for group in groups if group[4] is not None and (queue is None or group[0] == queue)]
        return iso(min(since)) if since else None

    return {
        "at": iso(database_now()),
        "waiting": number("queued"),
        "longest_since": longest(),
        "open": number("open", "snoozed"),
        "bot": number("bot"),
        "live": sum(group[3] for group in groups),
        "queues": [
            {
                "id": str(id_),
                "name": name,
                "waiting": number("queued", queue=id_),
                "longest_since": longest(id_),
                "open": number("open", "snoozed", queue=id_),
            }
            for id_, name in queues
        ],
        "agents": list(render_agents(organisation_id).values()),
        "lines": [
            {
                "id": str(id_),
                "name": name,
                "waiting": number("queued", line=id_),
                "open": number("open", "snoozed", line=id_),
            }
            for id_, name in lines
        ],
    }
