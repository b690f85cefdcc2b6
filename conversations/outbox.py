"""The outbox: claiming what is due for a link. What became of it is stored by conversations/outcomes.py.

A claim commits an Attempt for each part before anything is written to a socket. What crashes in between is found by
the next owner of the link and marked unknown; it is never sent again by itself.

Whoever has opted out gets nothing: his rows are claimed like any others, marked, and end as failed without a write.

A conversation's answers leave in their order: none is claimed while one before it waits or has no answer yet, whatever
its lane, for the earlier one may be told "not now" and would then come after it. It costs each conversation one round
trip an answer, and an answer that is refused for now holds back those after it. Over two links no order can be kept.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import args_row

from conversations.adapters import OutboundPart
from conversations.models import DeliveryState
from conversations.outcomes import Outcome
from jobs.leases import STILL_OURS, HeldLease

Connection = psycopg.AsyncConnection[Any]

# The limit must be a literal: a parameter is guessed as a tenth of the table, and the claim becomes a scan.
CLAIM_SIZES = (1, 10, 50)
LAST_LANE = 2  # 0 people and one-time codes, 1 bots, 2 campaigns

# "None before it" is asked as a scalar: one look into an index for each row. As `not exists` it becomes a join, planned
# by the statistics of a queue that is empty whenever they are taken, and each claim read the whole backlog.
_CLAIM = """
with due as (
    select d.message_id, d.lane, d.parts from conversations_delivery d
    where d.link_id = %(link)s and d.state = 0 and d.lane <= %(lane)s and d.due_at <= now() and STILL_OURS
      and (select true from conversations_delivery earlier
           where earlier.conversation_id = d.conversation_id and earlier.link_id = d.link_id
             and earlier.state in (0, 1) and earlier.message_id < d.message_id limit 1) is null
    order by d.lane, d.message_id
    limit LIMIT
    for update skip locked
), fitting as (
    select message_id from (
        select message_id, sum(parts) over (order by lane, message_id) - parts as before from due
    ) counted where before < %(room)s
), claimed as (
    update conversations_delivery d set state = 1, updated_at = now()
    from fitting where d.message_id = fitting.message_id
    returning d.*
), attempt as (
    insert into conversations_attempt (id, organisation_id, message_id, link_id, part, epoch, state)
    select uuidv7(), c.organisation_id, c.message_id, c.link_id, part.number, %(epoch)s, 1
    from claimed c cross join lateral generate_series(1, coalesce(c.submits, c.parts)) as part (number)
    where (select true from conversations_attempt before
           where before.message_id = c.message_id and before.part = part.number and not before.withdrawn
           limit 1) is null
    order by c.lane, c.message_id, part.number
    returning id, message_id, part
)
-- As the fields of OutboundPart stand.
select a.id, a.message_id, a.part, coalesce(c.submits, c.parts), c.source, c.destination, m.body, c.reference, c.lane,
       c.encoding, c.parts / coalesce(c.submits, c.parts),
       not c.regardless and (select true from contacts_suppression s where s.organisation_id = c.organisation_id
                               and s.number = c.destination limit 1) is not null,
       c.regardless, case when m.facts is null then 0 else coalesce((m.facts ->> 'media')::int, 0) end
from attempt a
join claimed c on c.message_id = a.message_id
join conversations_message m on m.id = a.message_id
order by c.lane, a.message_id, a.part
"""
CLAIMS = {size: _CLAIM.replace("STILL_OURS", STILL_OURS).replace("LIMIT", str(size)) for size in CLAIM_SIZES}


async def claim(
    connection: Connection, *, lease: HeldLease, link_id: UUID, room: int, last_lane: int = LAST_LANE
) -> list[OutboundPart]:
    """Claim deliveries for at most `room` parts (the last one may be longer), none of a lane behind `last_lane`, and
    commit their attempts. Empty: none is due."""
    size = max((size for size in CLAIM_SIZES if size <= room), default=1)
    cursor = connection.cursor(row_factory=args_row(OutboundPart), binary=True)
    await cursor.execute(
        CLAIMS[size],
        {
            "link": link_id,
            "lease": lease.name,
            "owner": lease.owner,
            "epoch": lease.epoch,
            "room": room,
            "lane": last_lane,
        },
        prepare=True,
    )
    return await cursor.fetchall()


async def under_way(connection: Connection, *, link_id: UUID, epoch: int) -> list[tuple[UUID, UUID]]:
    """(attempt, message) of everything claimed under this epoch that has no result yet."""
    cursor = await connection.execute(
        """select id, message_id from conversations_attempt
           where link_id = %s and epoch = %s and state = 1 and not withdrawn""",
        [link_id, epoch],
    )
    return await cursor.fetchall()


async def unfinished(connection: Connection, *, link_id: UUID, epoch: int) -> list[Outcome]:
    """Attempts of earlier owners of the link without an answer: nobody knows what became of them."""
    cursor = await connection.execute(
        """select id, message_id from conversations_attempt
           where link_id = %s and epoch < %s and state = 1 and not withdrawn order by message_id, part""",
        [link_id, epoch],
    )
    return [
        Outcome(attempt, message, DeliveryState.UNKNOWN, error_code="crash", error_text="the sender stopped unanswered")
        for attempt, message in await cursor.fetchall()
    ]
