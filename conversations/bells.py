"""Doorbells of an asyncio process: rung after COMMIT, many rings at once becoming one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import psycopg
import redis.asyncio
from redis.exceptions import RedisError

from common.waiting import end_if_cancelled
from conversations.intake import connect
from conversations.patience import cut_after
from realtime.doorbell import EVENTS_TOPIC

log = logging.getLogger(__name__)

SILENCE_OF_DATABASE_S = 5.0
# After a ring: under load the bells took a fifth of the gateway, for listeners already awake. Screens are to be painted
# at once; deciding about a text, or sending one, bears a little more.
SCREENS_SILENCE_S = 0.003
PROCESSES_SILENCE_S = 0.02
# While no web process listens, for none has a screen open. Who begins to, reads what there is without a bell.
UNHEARD_SILENCE_S = 0.05


class Bells:
    """NOTIFY for dispatchers and gateways, Redis for the web processes. A broken bell is logged once and tried again:
    every listener also sweeps each second, so silence costs a moment and never a message."""

    def __init__(self, dsn: str, redis_url: str) -> None:
        self._dsn = dsn
        self._redis = redis.asyncio.Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1)
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._bells: set[str] = set()
        self._organisations: set[UUID] = set()
        self._due = asyncio.Event()
        self._grown = asyncio.Event()
        self._silent = False

    def ring(self, *bells: str, organisations: Iterable[UUID] = ()) -> None:
        if bells:
            self._bells.update(bells)
            self._due.set()
        self._organisations.update(organisations)
        if self._organisations:
            self._grown.set()

    async def run(self) -> None:
        """Until cancelled. Each bell has a loop of its own: a Redis that hangs makes no process wait, nor PostgreSQL
        a screen."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._wake_processes())
            loops.create_task(self._wake_screens())

    async def _wake_processes(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            bells, self._bells = self._bells, set()
            await self._notify(bells)
            end_if_cancelled()
            await asyncio.sleep(PROCESSES_SILENCE_S)

    async def _wake_screens(self) -> None:
        while True:
            await self._grown.wait()
            self._grown.clear()
            organisations, self._organisations = self._organisations, set()
            heard = await self._publish(organisations)
            end_if_cancelled()
            await asyncio.sleep(SCREENS_SILENCE_S if heard else UNHEARD_SILENCE_S)

    async def _notify(self, bells: set[str]) -> None:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = await connect(self._dsn)
            with cut_after(self._connection, SILENCE_OF_DATABASE_S):
                await self._connection.execute(
                    "select pg_notify(bell, '') from unnest(%s::text[]) bell", [sorted(bells)]
                )
        except (psycopg.Error, OSError) as error:
            log.warning("NOTIFY failed: %s", type(error).__name__)
            self._connection = None

    async def _publish(self, organisations: set[UUID]) -> bool:
        """Whether anybody listens."""
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for organisation in organisations:
                    pipeline.publish(EVENTS_TOPIC, str(organisation))
                listeners = await pipeline.execute()
            self._silent = False
            return any(listeners)
        except (RedisError, OSError) as error:
            if not self._silent:
                log.warning("the event bell is silent: %s", type(error).__name__)
            self._silent = True
            return False

    async def close(self) -> None:
        await self._redis.aclose()
        if self._connection is not None:
            await self._connection.close()
