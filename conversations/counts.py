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
    open: int  # awake
    snoozed: int
    unread: int


class QueueCounts(TypedDict):
    waiting: int
    longest_since: str | None


class LineCounts(QueueCounts):
    live: int  # with the bot, waiting, a person's: what All counts of this line


class AllCounts(TypedDict):
    open: int
    bot: int
    queued: int


class Counts(TypedDict):
    mine: MineCounts
    queue: QueueCounts
    all: AllCounts
    by_line: dict[str, LineCounts]


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


class Tally:
    """The groups of one organisation, summed once for all who see the same lines, and once for each owner."""

    def __init__(self, groups: list[Group]) -> None:
        self._groups = groups
        self._shared: dict[frozenset[UUID] | None, tuple[QueueCounts, AllCounts, dict[str, LineCounts]]] = {}
        self._owned: dict[UUID, list[Group]] = {}
        for group in groups:
            if group.owner_id is not None:
                self._owned.setdefault(group.owner_id, []).append(group)

    def for_audience(self, audience: Audience) -> Counts:
        """The figures of one person. `mine.unread` counts conversations with unread texts, not the texts."""
        if audience.line_ids not in self._shared:
            self._shared[audience.line_ids] = self._sums(audience)
        queue, every, by_line = self._shared[audience.line_ids]
        mine = [group for group in self._owned.get(audience.user_id, ()) if audience.sees_line(group.line_id)]
        return {
            "mine": {
                "open": sum(group.number for group in mine if group.status == "open"),
                "snoozed": sum(group.number for group in mine if group.status == "snoozed"),
                "unread": sum(group.unread for group in mine),
            },
            "queue": queue,
            "all": every,
            "by_line": by_line,
        }

    def _sums(self, audience: Audience) -> tuple[QueueCounts, AllCounts, dict[str, LineCounts]]:
        every: AllCounts = {"open": 0, "bot": 0, "queued": 0}
        waiting: dict[UUID, tuple[int, datetime | None]] = {}
        live: dict[UUID, int] = {}
        for group in self._groups:
            if not audience.sees_line(group.line_id):
                continue
            live[group.line_id] = live.get(group.line_id, 0) + group.number
            if group.status == "queued":
                every["queued"] += group.number
                number, since = waiting.get(group.line_id, (0, None))
                waiting[group.line_id] = number + group.number, _older(since, group.longest_since)
            elif group.status == "bot":
                every["bot"] += group.number
            else:  # open and snoozed: a person's
                every["open"] += group.number
        longest: datetime | None = None
        for _, since in waiting.values():
            longest = _older(longest, since)
        by_line: dict[str, LineCounts] = {
            str(line_id): {**_queue(*waiting.get(line_id, (0, None))), "live": number}
            for line_id, number in live.items()
        }
        return _queue(every["queued"], longest), every, by_line


def counts_for(audience: Audience, groups: list[Group] | None = None) -> Counts:
    """The figures of one person, from `groups` where they have been counted already."""
    return Tally(count_groups(audience.organisation_id) if groups is None else groups).for_audience(audience)


def _queue(waiting: int, since: datetime | None) -> QueueCounts:
    return {"waiting": waiting, "longest_since": None if since is None else iso(since)}


def _older(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)
