"""The small statements of a link's owner: parts of long texts, redelivery evidence, unreadable bytes."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg import errors

from conversations.adapters import (
    InboundPart,
    InboundText,
    InboundUnreadable,
    IntakeUnavailable,
    LinkAdapter,
    StoredPart,
)
from conversations.intake import LOOKUP_SETTINGS, connect, keep_raw, make_partitions
from conversations.outbox import unfinished
from conversations.outcomes import Outcome
from conversations.patience import cut_after

log = logging.getLogger(__name__)

Found = TypeVar("Found")

# `now()`: with clock_timestamp(), which is volatile, no index could be used, and a bind would read 90 days of texts.
# The cast: else the primary key is tried, which has all of the link's texts; the index by time has those of a minute.
UNCONFIRMED = """
select fingerprint, key from conversations_seen
where at > least(%(since)s::timestamptz, now()) - make_interval(secs => %(seconds)s)
  and not confirmed and fingerprint is not null and link_id::text = %(link)s::text
order by at, key
"""

SILENCE_S = 5.0  # of the database
PARTS_WAIT_S = 600  # then a long text is shown with a gap where parts never came
MOST_PARTS = 512  # waiting of one sender, two of the longest texts; beyond, his oldest are shown with their gaps
REMEMBER_S = 60  # of its session, or of the owner before us: so long a text without a confirmed answer may come again


@dataclass(frozen=True, slots=True)
class Whole:
    """A long text and the keys of the parts that are in it: those, and no others, have served once it is stored."""

    text: InboundText
    group: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptPart:
    whole: Whole | None  # the long text, when it is complete (or, after a clash, what there is of the older one)
    clash: bool


class LinkStore:
    """One connection, one statement at a time. Each failure is an IntakeUnavailable: the operator keeps the text."""

    def __init__(self, dsn: str, adapter: type[LinkAdapter]) -> None:
        self._dsn = dsn
        self._adapter = adapter
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._lock = asyncio.Lock()

    async def _run(self, statement: str, parameters: Any) -> list[Any]:
        async def work(connection: psycopg.AsyncConnection[Any]) -> list[Any]:
            cursor = await connection.execute(statement, parameters)
            return await cursor.fetchall() if cursor.description else []

        return await self._with_connection(work)

    async def _with_connection(self, work: Callable[[psycopg.AsyncConnection[Any]], Awaitable[Found]]) -> Found:
        async with self._lock:
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = await connect(self._dsn, **LOOKUP_SETTINGS)
                with cut_after(self._connection, SILENCE_S):
                    try:
                        return await work(self._connection)
                    except errors.CheckViolation as error:
                        if "no partition" not in str(error):
                            raise
                        await make_partitions(self._connection)
                        return await work(self._connection)
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
                raise IntakeUnavailable(type(error).__name__) from error

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def keep_unreadable(self, item: InboundUnreadable) -> None:
        await self._with_connection(
            lambda connection: keep_raw(connection, item.link_id, "unreadable", item.key, item.raw, item.error)
        )

    async def unfinished(self, link_id: UUID, epoch: int) -> list[Outcome]:
        """Attempts of earlier owners of the link that nobody has answered for."""
        return await self._with_connection(lambda connection: unfinished(connection, link_id=link_id, epoch=epoch))

    async def keep_part(self, item: InboundPart) -> KeptPart:
        """Store a part. The same part again changes nothing; another one under its number is a clash and is not stored:
        the operator uses the reference again, so the older text must be finished first (`whole` is that one)."""
        rows = await self._run(
            """
            with clash as (
                select from conversations_inboundpart
                where link_id = %(link)s and "group" = %(group)s and part = %(part)s and key <> %(key)s
            ), seen as (
                insert into conversations_seen (link_id, key, fingerprint)
                select %(link)s, %(key)s, %(fingerprint)s where not exists (select from clash)
                on conflict do nothing returning 1
            ), kept as (
                insert into conversations_rawinbound (id, link_id, kind, key, payload)
                select uuidv7(), %(link)s, 'part', %(key)s, %(raw)s from seen
            ), stored as (
                insert into conversations_inboundpart
                    (id, link_id, "group", part, total, key, data, payload, received_at)
                select uuidv7(), %(link)s, %(group)s, %(part)s, %(total)s, %(key)s, %(data)s::jsonb, %(payload)s,
                       clock_timestamp()
                from seen
                returning part, total, payload, data, key
            )
            select part, total, payload, data, key, exists (select from clash) from conversations_inboundpart
            where link_id = %(link)s and "group" = %(group)s
            union all
            select part, total, payload, data, key, false from stored
            """,
            {
                "link": item.link_id,
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
        clash = any(row[5] for row in rows)
        whole = self._whole(item.link_id, item.group, [row[:5] for row in rows], at_any_rate=clash)
        return KeptPart(whole, clash)

    def _whole(self, link_id: UUID, group: str, rows: Sequence[Any], *, at_any_rate: bool) -> Whole | None:
        parts = {part: StoredPart(part, total, bytes(payload), data) for part, total, payload, data, _ in rows}
        if not parts:
            return None
        total = max(stored.total for stored in parts.values())
        if len(parts) < total and not at_any_rate:
            return None
        joined = self._adapter.join([parts[number] for number in sorted(parts)])
        first = min(rows, key=lambda row: row[0])
        data = first[3]
        keys = tuple(sorted(row[4] for row in rows))
        digest = hashlib.sha256("\0".join(keys).encode()).hexdigest()
        text = InboundText(
            link_id=link_id,
            # The same parts joined twice (a crash in between) are one text; with a part more they are another.
            key=f"parts:{digest}",
            sender=data["sender"],
            recipient=data["recipient"],
            sender_ton=data["sender_ton"],
            body=joined.text,
            raw=b"".join(parts[number].payload for number in sorted(parts)),
            encoding=joined.encoding,
            parts=total,
            thread_key=data.get("thread_key", ""),
        )
        return Whole(text, group, keys)

    async def forget_parts(self, whole: Whole) -> None:
        await self._run(
            'delete from conversations_inboundpart where link_id = %s and "group" = %s and key = any(%s)',
            [whole.text.link_id, whole.group, list(whole.keys)],
        )

    async def due_groups(self, link_id: UUID) -> list[Whole]:
        """Long texts that are whole but were not joined (a crash), have waited too long for a missing part, or are the
        oldest of a sender who has too many parts waiting."""
        rows = await self._run(
            """select "group", part, total, payload, data, key,
                      min(received_at) over (partition by "group") < clock_timestamp() - make_interval(secs => %(wait)s)
               from conversations_inboundpart where link_id = %(link)s
               order by min(received_at) over (partition by "group"), "group", part""",
            {"link": link_id, "wait": PARTS_WAIT_S},
        )
        groups: dict[str, list[Any]] = {}
        overdue: dict[str, bool] = {}
        waiting: Counter[str] = Counter()
        for group, part, total, payload, data, key, late in rows:
            groups.setdefault(group, []).append((part, total, payload, data, key))
            overdue[group] = late
            waiting[data["sender"]] += 1
        found = []
        for group, parts in groups.items():
            sender = parts[0][3]["sender"]
            crowded = waiting[sender] > MOST_PARTS
            try:
                whole = self._whole(link_id, group, parts, at_any_rate=overdue[group] or crowded)
            except Exception:
                log.exception("a long text of link %s cannot be joined", link_id)  # the others still can
                continue
            if whole is not None:
                found.append(whole)
                waiting[sender] -= len(parts)
        return found

    async def unconfirmed(self, link_id: UUID, since: datetime | None = None) -> dict[bytes, list[str]]:
        """Fingerprint -> keys, oldest first, of texts of the last REMEMBER_S before `since` (None: before now)."""
        found: dict[bytes, list[str]] = {}
        for fingerprint, key in await self._run(UNCONFIRMED, {"link": link_id, "seconds": REMEMBER_S, "since": since}):
            found.setdefault(bytes(fingerprint), []).append(key)
        return found

    async def confirm(self, link_id: UUID, keys: Sequence[str]) -> None:
        await self._run(
            "update conversations_seen set confirmed = true where link_id = %s and key = any(%s) and not confirmed",
            [link_id, list(keys)],
        )
