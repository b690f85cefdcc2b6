"""A few connections to one source, each used by one look-up at a time. Only inside the loop of bots/remote/loop.py."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bots.lookups import sql_run
from bots.lookups.failures import Kind, LookUpFailed
from bots.lookups.source_settings import SqlSettings
from bots.lookups.sql_text import Query
from bots.lookups.values import Value

if TYPE_CHECKING:
    import psycopg

MOST = 4  # connections of one process to one source
REST_S = 30.0  # that a connection is kept unused


class Pool:
    def __init__(self, found: SqlSettings, secret: str, connect_s: float) -> None:
        self._found, self._secret, self._connect_s = found, secret, connect_s
        self._places = asyncio.Semaphore(MOST)
        self._idle: list[tuple[float, psycopg.AsyncConnection[Any]]] = []
        self._is_closed = False

    async def ask(
        self, query: Query, bound: Mapping[str, Value], *, most_rows: int, deadline: float
    ) -> list[dict[str, str]]:
        """As sql_run.ask. Raises LookUpFailed; BUSY when all places were taken until the deadline."""
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                await self._places.acquire()
        except TimeoutError:
            raise LookUpFailed(Kind.BUSY) from None
        connection: psycopg.AsyncConnection[Any] | None = None
        try:
            connection, is_fresh = await self._one(deadline)
            try:
                return await sql_run.ask(connection, query, bound, most_rows=most_rows, deadline=deadline)
            except LookUpFailed as failure:
                # It had ended while it rested: the server was started again, say. Nothing was asked yet.
                if failure.kind != Kind.CUT or is_fresh or time.monotonic() >= deadline:
                    raise
            await self._drop_idle()
            await sql_run.close(connection)
            connection = None
            connection = await self._new(deadline)
            return await sql_run.ask(connection, query, bound, most_rows=most_rows, deadline=deadline)
        finally:
            await self._back(connection)
            self._places.release()

    async def close(self) -> None:
        self._is_closed = True
        await self._drop_idle()

    async def _one(self, deadline: float) -> tuple[psycopg.AsyncConnection[Any], bool]:
        while self._idle:
            since, connection = self._idle.pop()
            if not connection.closed and time.monotonic() - since < REST_S:
                return connection, False
            await sql_run.close(connection)
        return await self._new(deadline), True

    async def _new(self, deadline: float) -> psycopg.AsyncConnection[Any]:
        left = max(0.01, deadline - time.monotonic())
        return await sql_run.connect(self._found, self._secret, connect_s=min(self._connect_s, left))

    async def _back(self, connection: psycopg.AsyncConnection[Any] | None) -> None:
        if connection is None:
            return
        if self._is_closed or not sql_run.is_at_rest(connection):
            await sql_run.close(connection)
            return
        self._idle.append((time.monotonic(), connection))
        asyncio.get_running_loop().call_later(REST_S, self._look_at_rested)

    def _look_at_rested(self) -> None:
        rested = [one for one in self._idle if time.monotonic() - one[0] >= REST_S]
        self._idle = [one for one in self._idle if one not in rested]
        for _, connection in rested:
            with suppress(Exception):
                connection.pgconn.finish()

    async def _drop_idle(self) -> None:
        idle, self._idle = self._idle, []
        for _, connection in idle:
            await sql_run.close(connection)
