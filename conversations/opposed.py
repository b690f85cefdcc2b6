"""The numbers that opted out a moment ago, for what the gateway had claimed before: asked right before each write.

Who opted out before a claim is found by the claim. Between a claim and its write lies at most what a link's rate
holds back, seconds; so the gateway keeps the numbers of the last FOLLOWED_S. It hears of them at once from its own
intake, and of all others from the table, each time the bell rings and each second.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID

import psycopg

from conversations.intake import connect
from conversations.patience import cut_after

FOLLOWED_S = 120.0
LOOK_EVERY_S = 1.0
SILENCE_S = 5.0  # of the database

_NEWEST = """
select organisation_id, number from contacts_suppression
where since > now() - make_interval(secs => %s)
"""


class Opposed:
    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._since: dict[tuple[UUID, str], float] = {}
        self._lifted: dict[tuple[UUID, str], float] = {}

    def note(self, organisation_id: UUID, number: str, *, opted_out: bool) -> None:
        """Our own intake has just committed it."""
        now, before = (self._since, self._lifted) if opted_out else (self._lifted, self._since)
        now[organisation_id, number] = time.monotonic()
        before.pop((organisation_id, number), None)

    def __contains__(self, one: tuple[UUID, str]) -> bool:
        return one in self._since

    async def run(self) -> None:
        """Follow the table until cancelled. While the database is away nothing can opt out, either."""
        while True:
            try:
                async with await connect(self._dsn) as connection:
                    while True:
                        await self._look(connection)
                        await asyncio.sleep(LOOK_EVERY_S)
            except (psycopg.Error, OSError):
                await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self, connection: psycopg.AsyncConnection[Any]) -> None:
        asked_at = time.monotonic()
        with cut_after(connection, SILENCE_S):
            found = await (await connection.execute(_NEWEST, [FOLLOWED_S])).fetchall()
        # What our own intake told us while the answer came is newer than the answer.
        told = {one: at for one, at in self._since.items() if at >= asked_at}
        self._lifted = {one: at for one, at in self._lifted.items() if at >= asked_at}
        rows = ((organisation_id, number) for organisation_id, number in found)
        self._since = {one: asked_at for one in rows if one not in self._lifted} | told
