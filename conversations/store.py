"""The small statements of a link's owner: redelivery evidence, unreadable bytes, what others have begun."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg import errors

from conversations.adapters import InboundText, InboundUnreadable, IntakeUnavailable
from conversations.attachments import KEEP_MEDIA, MOST_TRIES
from conversations.intake import LOOKUP_SETTINGS, connect, keep_raw, make_partitions
from conversations.outbox import unfinished
from conversations.outcomes import Outcome
from conversations.patience import cut_after

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
CONFIRM_AT_ONCE = 2_000
REMEMBER_S = 60  # of its session, or of the owner before us: so long a text without a confirmed answer may come again


class LinkStore:
    """One connection, one statement at a time. Each failure is an IntakeUnavailable: the operator keeps the text."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._lock = asyncio.Lock()

    async def run(self, statement: str, parameters: Any) -> list[Any]:
        async def work(connection: psycopg.AsyncConnection[Any]) -> list[Any]:
            cursor = await connection.execute(statement, parameters)
            return await cursor.fetchall() if cursor.description else []

        return await self.with_connection(work)

    async def with_connection(self, work: Callable[[psycopg.AsyncConnection[Any]], Awaitable[Found]]) -> Found:
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

    async def keep_media(self, item: InboundText, organisation_id: UUID, line_id: UUID, sender: str) -> None:
        """Where what comes with a text is to be fetched, once for each key, and the job that does it."""
        await self.run(
            KEEP_MEDIA,
            {
                "organisation": organisation_id, "link": item.link_id, "line": line_id, "key": item.key,
                "sender": sender[:254], "url": [one.url for one in item.media],
                "declared": [one.content_type for one in item.media], "tries": MOST_TRIES,
            },
        )  # fmt: skip

    async def keep_unreadable(self, item: InboundUnreadable) -> None:
        await self.with_connection(
            lambda connection: keep_raw(connection, item.link_id, "unreadable", item.key, item.raw, item.error)
        )

    async def unfinished(self, link_id: UUID, epoch: int) -> list[Outcome]:
        """Attempts of earlier owners of the link that nobody has answered for."""
        return await self.with_connection(lambda connection: unfinished(connection, link_id=link_id, epoch=epoch))

    async def unconfirmed(self, link_id: UUID, since: datetime | None = None) -> dict[bytes, list[str]]:
        """Fingerprint -> keys, oldest first, of texts of the last REMEMBER_S before `since` (None: before now)."""
        found: dict[bytes, list[str]] = {}
        for fingerprint, key in await self.run(UNCONFIRMED, {"link": link_id, "seconds": REMEMBER_S, "since": since}):
            found.setdefault(bytes(fingerprint), []).append(key)
        return found

    async def confirm(self, link_id: UUID, keys: Sequence[str]) -> None:
        """In steps: after an outage there may be so many that one statement would outlast SILENCE_S, each time anew."""
        for start in range(0, len(keys), CONFIRM_AT_ONCE):
            await self.run(
                "update conversations_seen set confirmed = true where link_id = %s and key = any(%s) and not confirmed",
                [link_id, list(keys[start : start + CONFIRM_AT_ONCE])],
            )
