"""How many conversations wait, are open, are with the bot: the figures beside the lists.

One query for an organisation, one small sum for each audience: a hundred desks cost one query.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db import connection

from conversations.rendering import iso
from realtime.audience import Audience


class MineCounts(TypedDict):
    open: int
    unread: int


class QueueCounts(TypedDict):
    waiting: int
    longest_since: str | None


class AllCounts(TypedDict):
    open: int
    bot: int
    queued: int


class Counts(TypedDict):
    mine: MineCounts
    queue: QueueCounts
    all: AllCounts
    by_line: dict[str, QueueCounts]


@dataclass(frozen=True, slots=True)
class Group:
    """Live conversations of one line, status and owner."""

    line_id: UUID
    status: str
    owner_id: UUID | None
    number: int
    unread: int
    longest_since: datetime | None  # the oldest first text that no person has answered


# Every condition names status <> 'closed', so that the partial unique index of live conversations can serve.
_GROUPS = """
select line_id, status, owner_id, count(*), count(*) filter (where unread > 0),
       min(coalesce(waiting_since, queued_at))
from conversations_conversation
where organisation_id = %s and status <> 'closed'
  and line_id = any(array(select id from conversations_line where organisation_id = %s))
group by line_id, status, owner_id
"""


def count_groups(organisation_id: UUID) -> list[Group]:
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, [organisation_id, organisation_id])
        return [Group(*record) for record in cursor.fetchall()]


def counts_for(audience: Audience, groups: list[Group]) -> Counts:
    """The figures of one person. `mine.unread` counts conversations with unread texts, not the texts."""
    mine: MineCounts = {"open": 0, "unread": 0}
    every: AllCounts = {"open": 0, "bot": 0, "queued": 0}
    by_line: dict[UUID, tuple[int, datetime | None]] = {}
    for group in groups:
        if not audience.sees_line(group.line_id):
            continue
        if group.status == "queued":
            every["queued"] += group.number
            number, since = by_line.get(group.line_id, (0, None))
            by_line[group.line_id] = number + group.number, _older(since, group.longest_since)
        elif group.status == "bot":
            every["bot"] += group.number
        else:  # open and snoozed have an owner
            every["open"] += group.number
            if group.owner_id == audience.user_id:
                mine["open"] += group.number
                mine["unread"] += group.unread
    longest: datetime | None = None
    for _, since in by_line.values():
        longest = _older(longest, since)
    return {
        "mine": mine,
        "queue": {"waiting": every["queued"], "longest_since": None if longest is None else iso(longest)},
        "all": every,
        "by_line": {
            str(line_id): {"waiting": number, "longest_since": None if since is None else iso(since)}
            for line_id, (number, since) in by_line.items()
        },
    }


def _older(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)
