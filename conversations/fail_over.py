"""Texts that wait for a link which is down leave by another of their line, where the line's policy says so.

    never     they wait
    after     once the link has been down for `failover_after_s`
    at_once   once it has been down for SURELY_S: a connection that is lost is usually back before that

A link is down while it is stopped, draining, or not bound by the word of its owner; by which another, says the line's
stated order, of those that are bound now. A gateway that says nothing is no word: another will own its links.

Never twice: a text moves only while it waits (state 0) and no attempt of it was written. It is looked at under its own
lock, by a statement that sees every claim before it; and the trigger `delivery_stays` refuses whatever was forgotten
here. What was written, or may have been, waits for its link or stays unknown.

In order: behind a text of the same conversation that cannot move, none moves.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import errors

from conversations.events import DeliveriesProgressed
from conversations.intake import LOOKUP_SETTINGS, connect
from conversations.links import adapter_class
from conversations.models import DeliveryState
from conversations.paths import MOVED
from conversations.patience import cut_after
from realtime import doorbell
from realtime.events import to_json
from realtime.log import APPEND

log = logging.getLogger(__name__)

Connection = psycopg.AsyncConnection[Any]
Place = tuple[int, UUID]

LOOK_EVERY_S = 1.0
MORE_EVERY_S = 0.05  # where one look was not enough
SURELY_S = 2.0
SILENT_S = 15  # an owner says something each 5 s
MOST_AT_ONCE = 200  # texts in one transaction
LOOKED_AT = 5_000  # of a link in one look, whosever they are: the limit of _AHEAD
SILENCE_S = 5.0  # of the database
FIRST = (-1, UUID(int=0))  # lane and message: before all of them

# Which lines' texts must leave which links now, and by which they may. A few dozen rows at most.
_DUE = """
with state as (
    select link.id, link.name, link.adapter, link.settings,
           live.updated_at > clock_timestamp() - make_interval(secs => %(silent)s) as fresh, live.state,
           case when not link.is_enabled or link.is_draining then coalesce(link.halted_at, '-infinity')
                when live.updated_at > clock_timestamp() - make_interval(secs => %(silent)s) then live.down_since
           end as down_since,
           link.is_enabled and not link.is_draining and live.state = 'bound' as bound
    from conversations_link link left join conversations_linkstate live on live.link_id = link.id
)
select line.id, line.organisation_id, line.most_parts, away.id, away.name, other.id, other.name, other.adapter,
       other.settings
from conversations_line line
join conversations_linelink mine on mine.line_id = line.id
join state away on away.id = mine.link_id
cross join lateral (
    select state.* from conversations_linelink pair join state on state.id = pair.link_id
    where pair.line_id = line.id and state.id <> away.id and state.bound and state.fresh
    order by pair.priority, state.name limit 1
) other
where line.failover <> 'never'
  and away.down_since <= clock_timestamp() - make_interval(
      secs => case line.failover when 'after' then line.failover_after_s else %(surely)s end)
order by line.id, away.id
"""

# The limit a literal, as in the claim: a parameter would make it a scan. Another line may have a million texts under
# this link, so what is read is bounded, and not only what is found.
_AHEAD = """
select lane, message_id, line_id = %(line)s from conversations_delivery
where link_id = %(away)s and state = 0 and (lane, message_id) > (%(lane)s, %(message)s)
order by lane, message_id limit 5000
"""
_LOCK = """
select message_id from conversations_delivery
where message_id = any(%(messages)s) and link_id = %(away)s and state = 0
order by lane, message_id for update skip locked
"""

# After the lock, so by a snapshot of its own: what was claimed and given back meanwhile is seen here.
_MOVABLE = """
select d.message_id, d.organisation_id, d.conversation_id, d.line_id, m.seq, m.body, coalesce(m.facts ? 'media', false)
from conversations_delivery d join conversations_message m on m.id = d.message_id
where d.message_id = any(%(messages)s) and d.state = 0
  and (select true from conversations_attempt a where a.message_id = d.message_id and not a.withdrawn limit 1) is null
  and not exists (
      select from conversations_delivery earlier
      where earlier.conversation_id = d.conversation_id and earlier.link_id = d.link_id
        and earlier.message_id < d.message_id
        and (earlier.state = 1 or earlier.state = 0 and earlier.message_id <> all(%(messages)s)
             or earlier.state = 0 and exists (select from conversations_attempt a
                                              where a.message_id = earlier.message_id and not a.withdrawn)))
order by d.message_id
"""

_MOVE = """
update conversations_delivery d
set link_id = %(other)s, path = %(path)s, encoding = new.encoding, parts = new.parts, submits = new.submits,
    due_at = clock_timestamp(), updated_at = clock_timestamp()
from unnest(%(messages)s::uuid[], %(encodings)s::text[], %(parts)s::smallint[], %(submits)s::smallint[])
    new (message_id, encoding, parts, submits)
where d.message_id = new.message_id and d.state = 0
"""


@dataclass(frozen=True, slots=True)
class Move:
    """The texts of one line that wait for `away` may leave by `other`."""

    line_id: UUID
    organisation_id: UUID
    most_parts: int
    away: UUID
    away_name: str
    other: UUID
    other_name: str
    adapter: str
    settings: dict[str, Any]


class FailOver:
    """`on_moved` hears of the organisations whose texts found another way."""

    def __init__(self, dsn: str, *, on_moved: Callable[[set[UUID]], None]) -> None:
        self._dsn = dsn
        self._on_moved = on_moved
        self._after: dict[tuple[UUID, UUID], Place] = {}  # line and link: where the next look goes on

    async def run(self) -> None:
        """Look each second until cancelled. Two gateways may look at once: a row is moved by whoever locks it."""
        while True:
            try:
                async with await connect(self._dsn, **LOOKUP_SETTINGS) as connection:
                    while True:
                        await self._look(connection)
                        await asyncio.sleep(MORE_EVERY_S if self._after else LOOK_EVERY_S)
            except (psycopg.Error, OSError) as error:
                log.warning("no text can change its link: %s", type(error).__name__)
                await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self, connection: Connection) -> None:
        """One transaction for each line whose texts must leave: by the next look the other link may be down, too."""
        with cut_after(connection, SILENCE_S):
            moves = await due(connection)
        before, self._after = self._after, {}
        for one in moves:
            try:
                await self._move(connection, one, before.get((one.line_id, one.away), FIRST))
            except errors.QueryCanceled:
                log.warning("texts of %s are not moved in time; the next look tries again", one.away_name)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                raise
            except Exception:  # one line's texts that cannot be moved cost the others nothing
                log.exception("texts of %s cannot leave by %s", one.away_name, one.other_name)

    async def _move(self, connection: Connection, one: Move, after: Place) -> None:
        with cut_after(connection, SILENCE_S):
            there, moved = await move(connection, one, after=after)
        if there is not None:
            self._after[one.line_id, one.away] = there
        if moved:
            log.warning("%d texts leave by %s: %s is down", moved, one.other_name, one.away_name)
            self._on_moved({one.organisation_id})


async def due(connection: Connection) -> list[Move]:
    cursor = await connection.execute(_DUE, {"silent": SILENT_S, "surely": SURELY_S})
    return [Move(*row) for row in await cursor.fetchall()]


async def move(connection: Connection, one: Move, *, after: Place = FIRST) -> tuple[Place | None, int]:
    """Move what may move of the next MOST_AT_ONCE texts, among the next LOOKED_AT that wait for the link: (where to go
    on, None: nowhere; how many moved).

    Nothing of them was written, so they are planned anew, as the other link would have sent them from the start. One
    that would become longer than its line allows waits, and so does one with a picture that the other cannot carry.
    """
    async with connection.transaction():
        cursor = await connection.execute(
            _AHEAD, {"away": one.away, "line": one.line_id, "lane": after[0], "message": after[1]}
        )
        ahead = await cursor.fetchall()
        ours: list[Place] = [(lane, message_id) for lane, message_id, mine in ahead if mine]
        there: Place | None = ahead[-1][:2] if len(ahead) == LOOKED_AT else None
        if len(ours) > MOST_AT_ONCE:
            ours = ours[:MOST_AT_ONCE]
            there = ours[-1]
        if not ours:
            return there, 0
        cursor = await connection.execute(_LOCK, {"away": one.away, "messages": [message_id for _, message_id in ours]})
        locked = [message_id for (message_id,) in await cursor.fetchall()]
        cursor = await connection.execute(_MOVABLE, {"messages": locked})
        rows = await cursor.fetchall()
        told = await _move(connection, one, rows)
        if told:
            event = DeliveriesProgressed(items=tuple(told))
            await connection.execute(
                APPEND, {"organisation": one.organisation_id, "types": [event.type], "data": [to_json(event)]}
            )
    if told:
        await connection.execute("select pg_notify(%s, '')", [doorbell.OUTBOX])
    return there, len(told)


async def _move(
    connection: Connection, one: Move, rows: Sequence[tuple[UUID, UUID, UUID, UUID, int, str, bool]]
) -> list[tuple[UUID, UUID, UUID, int, int]]:
    other = adapter_class(one.adapter)
    held: set[UUID] = set()  # conversations whose next text must wait
    planned: defaultdict[str, list[Any]] = defaultdict(list)
    told = []
    for message_id, _, conversation_id, line_id, seq, body, with_media in rows:
        cost = other.plan(body, one.settings)
        fits = cost.parts <= one.most_parts and (not with_media or other.capabilities.attachments)
        if conversation_id in held or not fits:
            held.add(conversation_id)
            continue
        planned["messages"].append(message_id)
        planned["encodings"].append(cost.encoding)
        planned["parts"].append(cost.parts)
        planned["submits"].append(cost.submits or None)
        told.append((line_id, conversation_id, message_id, seq, int(DeliveryState.QUEUED)))
    if told:
        await connection.execute(_MOVE, {**planned, "other": one.other, "path": MOVED})
    return told
