"""Long texts on their way in: parts that come out of order, twice, late or never.

    part    -> kept before it is acknowledged; whole? stored as one text, and the parts go
    too old -> stored with a gap for what never came; its parts stay a day and name the message
    late    -> put into that message: its words change, and whoever looks at it sees so

The same octets under the same number are a copy; other ones under it are another text whose sender uses the reference
again: the older text is finished first. Once a text is shown with its gap, whatever comes under a number that it has is
another text, too: a subscriber may truly send the same twice.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from common.text import storable
from conversations.adapters import InboundPart, InboundText, JoinedText, LinkAdapter, StoredPart
from conversations.events import MessageCompleted
from conversations.store import LinkStore
from realtime.events import to_json
from realtime.log import APPEND

log = logging.getLogger(__name__)

PARTS_WAIT_S = 600  # unless the link says otherwise; then a long text is shown with a gap where parts never came
LATE_S = 24 * 3600  # after its first part, a text that is shown with a gap may still be completed
MOST_PARTS = 512  # waiting of one sender, two of the longest texts; beyond, his oldest are shown with their gaps
PREVIEW = 140

_KEEP = """
with there as materialized (
    select part, key, message_id, payload = %(payload)s and data = %(data)s::jsonb as same
    from conversations_inboundpart where link_id = %(link)s and "group" = %(group)s
), other as materialized (
    select same and not exists (select from there where message_id is not null) as copied
    from there where part = %(part)s and key <> %(key)s
), seen as (
    insert into conversations_seen (link_id, key, fingerprint)
    select %(link)s, %(key)s, %(fingerprint)s where not exists (select from other where not copied)
    on conflict do nothing returning 1
), kept as (
    insert into conversations_rawinbound (id, link_id, kind, key, payload)
    select uuidv7(), %(link)s, 'part', %(key)s, %(raw)s from seen
), stored as (
    insert into conversations_inboundpart (id, link_id, "group", part, total, key, data, payload, received_at)
    select uuidv7(), %(link)s, %(group)s, %(part)s, %(total)s, %(key)s, %(data)s::jsonb, %(payload)s, clock_timestamp()
    from seen where not exists (select from other)
    returning part, total, payload, data, key, message_id, received_at
)
select part, total, payload, data, key, message_id, received_at, exists (select from other where not copied)
from conversations_inboundpart where link_id = %(link)s and "group" = %(group)s
union all
select *, false from stored
"""

_GROUP = """
select part, total, payload, data, key, message_id, received_at from conversations_inboundpart
where link_id = %(link)s and "group" = %(group)s
"""

_WAITING = """
select "group", data ->> 'sender', count(*), max(total),
       min(received_at) < clock_timestamp() - make_interval(secs => %(wait)s),
       (select true from conversations_inboundpart other
        where other.link_id = %(link)s and other."group" = part."group" and other.message_id is not null limit 1)
from conversations_inboundpart part where link_id = %(link)s and message_id is null
group by 1, 2 order by min(received_at), 1
"""

# A gap is kept open for a day, and of one sender no more than he may have waiting.
_FORGET_OLD = """
delete from conversations_inboundpart where id in (
    select id from (
        select id, received_at, row_number() over (partition by data ->> 'sender' order by received_at desc) as place
        from conversations_inboundpart where link_id = %(link)s and message_id is not null
    ) shown where received_at < clock_timestamp() - make_interval(secs => %(late)s) or place > %(most)s
)
"""


@dataclass(frozen=True, slots=True)
class Whole:
    """A long text and the keys of the parts that are in it: those, and no others, have served once it is stored.

    `since`: when the first of them came.
    """

    text: InboundText
    group: str
    keys: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class Late:
    """A message that was shown with a gap, and the words that it has with the part that has come."""

    message_id: UUID
    joined: JoinedText
    group: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptPart:
    """`clash`: this part is not stored; what is in its way is `whole`, to be stored first, or is shown already."""

    whole: Whole | None  # the long text, when it is complete (or, after a clash, what there is of the older one)
    clash: bool
    late: Late | None = None


class LongTexts:
    """The parts of one link. Each failure is an IntakeUnavailable: the operator keeps the part."""

    def __init__(self, store: LinkStore, adapter: type[LinkAdapter], link_id: UUID, *, wait_s: float) -> None:
        self._store = store
        self._adapter = adapter
        self._link_id = link_id
        self._wait_s = wait_s

    async def keep(self, item: InboundPart) -> KeptPart:
        rows = await self._store.run(
            _KEEP,
            {
                "link": self._link_id,
                "key": item.key,
                "fingerprint": item.fingerprint,
                "raw": item.raw,
                "group": item.group,
                "part": item.part,
                "total": item.total,
                "payload": item.payload,
                "data": json.dumps(
                    {
                        **item.data,
                        "sender": item.sender,
                        "recipient": item.recipient,
                        "sender_ton": item.sender_ton,
                        "thread_key": item.thread_key,
                    }
                ),
            },
        )
        clash = any(row[7] for row in rows)
        if all(row[5] is None for row in rows):
            return KeptPart(self._whole(item.group, rows, at_any_rate=clash), clash)
        late = self._late(item.group, rows)
        if clash and late is None:
            await self._forget(item.group, [row[4] for row in rows])
        return KeptPart(None, clash, late)

    async def forget_old(self) -> None:
        """Gaps that are closed for good, and of one sender the oldest of too many."""
        await self._store.run(_FORGET_OLD, {"link": self._link_id, "late": LATE_S, "most": MOST_PARTS})

    async def due(self) -> list[tuple[str, bool]]:
        """(group, whether it is shown although parts are missing) of long texts that are whole but were not joined (a
        crash), have waited too long, or are the oldest of a sender who has too many parts waiting."""
        groups = await self._store.run(_WAITING, {"link": self._link_id, "wait": self._wait_s})
        waiting: Counter[str] = Counter()
        for _, sender, count, *_ in groups:
            waiting[sender] += count
        found = []
        for group, sender, count, total, overdue, shown in groups:
            crowded = waiting[sender] > MOST_PARTS
            if overdue or crowded or shown or count >= total:
                found.append((group, overdue or crowded))
                waiting[sender] -= count
        return found

    async def read(self, group: str, *, at_any_rate: bool) -> Whole | Late | None:
        """What there is of a text that waits, now; None when it is incomplete, or there is nothing more to do."""
        rows = await self._store.run(_GROUP, {"link": self._link_id, "group": group})
        if any(row[5] is not None for row in rows):
            return self._late(group, rows)
        return self._whole(group, rows, at_any_rate=at_any_rate)

    async def stored(self, whole: Whole, message_id: UUID | None, organisation_id: UUID) -> None:
        """The text is stored: its parts have served, but those of one with a gap, which may still be completed.

        `message_id` None: it was stored before, by an owner of the link that stopped right then, or is kept unread.
        """
        if not whole.text.missing:
            await self._forget(whole.group, whole.keys)
            return
        if message_id is None:
            rows = await self._store.run(
                """select id from conversations_message
                   where organisation_id = %s and id >= uuid_floor(%s - interval '1 hour') and kind = 'incoming'
                     and facts ->> 'key' = %s limit 1""",
                [organisation_id, whole.since, whole.text.key],
            )
            message_id = rows[0][0] if rows else None
        if message_id is None:
            await self._forget(whole.group, whole.keys)
            return
        await self._store.run(
            """update conversations_inboundpart set message_id = %s
               where link_id = %s and "group" = %s and key = any(%s)""",
            [message_id, self._link_id, whole.group, list(whole.keys)],
        )

    async def complete(self, late: Late) -> UUID | None:
        """Put a late part into the message of its text; the organisation whose log has grown, if it is still there."""
        return await self._store.with_connection(lambda connection: self._complete(connection, late))

    # --- inside ---

    async def _complete(self, connection: psycopg.AsyncConnection[Any], late: Late) -> UUID | None:
        async with connection.transaction():
            # The conversation first, as every writer; the message is read once nobody else can be at it.
            cursor = await connection.execute(
                """select c.id, c.organisation_id, c.line_id from conversations_conversation c
                   where c.id = (select conversation_id from conversations_message where id = %s) for update""",
                [late.message_id],
            )
            place = await cursor.fetchone()
            if place is None:  # erased with its person: what comes now is another text
                await connection.execute(
                    'delete from conversations_inboundpart where link_id = %s and "group" = %s and key = any(%s)'
                    " and message_id is not null",
                    [self._link_id, late.group, list(late.keys)],
                )
                return None
            conversation_id, organisation_id, line_id = place
            body = storable(late.joined.text)
            cursor = await connection.execute(
                """update conversations_message m
                   set body = %(body)s, facts = coalesce(m.facts, '{}') || jsonb_build_object(
                       'encoding', %(encoding)s::text, 'missing', %(missing)s::jsonb,
                       'completed_at', to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
                   where m.id = %(message)s returning m.seq, old.body""",
                {
                    "message": late.message_id,
                    "body": body,
                    "encoding": late.joined.encoding,
                    "missing": json.dumps(late.joined.missing),
                },
            )
            [(seq, before)] = await cursor.fetchall()
            await connection.execute(
                """update conversations_conversation set revision = revision + 1,
                       preview = case when preview_kind = 'incoming' and preview = left(%(before)s, %(length)s)
                                      then left(%(body)s, %(length)s) else preview end
                   where id = %(conversation)s""",
                {"before": before, "body": body, "length": PREVIEW, "conversation": conversation_id},
            )
            await connection.execute(
                'delete from conversations_inboundpart where link_id = %s and "group" = %s and key = any(%s)'
                if not late.joined.missing
                else """update conversations_inboundpart set message_id = coalesce(message_id, %s)
                        where link_id = %s and "group" = %s and key = any(%s)""",
                [*([late.message_id] if late.joined.missing else []), self._link_id, late.group, list(late.keys)],
            )
            told = MessageCompleted(
                line_id=line_id, conversation_id=conversation_id, message_id=late.message_id, seq=seq
            )
            await connection.execute(
                APPEND, {"organisation": organisation_id, "types": [told.type], "data": [to_json(told)]}
            )
            return UUID(str(organisation_id))

    def _late(self, group: str, rows: Sequence[Any]) -> Late | None:
        """Of a text that is shown: what it says with the parts that are not in it yet; None when all are."""
        shown = [row[5] for row in rows if row[5] is not None]
        if not shown or len(shown) == len(rows):
            return None
        return Late(shown[0], self._join(rows), group, tuple(sorted(row[4] for row in rows)))

    def _join(self, rows: Sequence[Any]) -> JoinedText:
        return self._adapter.join(
            [StoredPart(row[0], row[1], bytes(row[2]), row[3]) for row in sorted(rows, key=lambda row: row[0])]
        )

    def _whole(self, group: str, rows: Sequence[Any], *, at_any_rate: bool) -> Whole | None:
        if not rows:
            return None
        if len(rows) < max(row[1] for row in rows) and not at_any_rate:
            return None
        joined = self._join(rows)
        data = min(rows, key=lambda row: row[0])[3]
        keys = tuple(sorted(row[4] for row in rows))
        digest = hashlib.sha256("\0".join(keys).encode()).hexdigest()
        text = InboundText(
            link_id=self._link_id,
            # The same parts joined twice (a crash in between) are one text; with a part more they are another.
            key=f"parts:{digest}",
            sender=data["sender"],
            recipient=data["recipient"],
            sender_ton=data["sender_ton"],
            body=joined.text,
            raw=b"".join(bytes(row[2]) for row in sorted(rows, key=lambda row: row[0])),
            encoding=joined.encoding,
            parts=joined.total,
            thread_key=data.get("thread_key", ""),
            missing=joined.missing,
        )
        return Whole(text, group, keys, min(row[6] for row in rows))

    async def _forget(self, group: str, keys: Sequence[str]) -> None:
        await self._store.run(
            'delete from conversations_inboundpart where link_id = %s and "group" = %s and key = any(%s)',
            [self._link_id, group, list(keys)],
        )
