"""Natural batches: whatever queued while the last commit ran is the next batch. Nobody lingers, nobody waits twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import psycopg

from conversations.adapters import IntakeFull, IntakeUnavailable
from conversations.intake import in_short

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Collects items of many callers, stores them together, gives each caller his own result.

    `store` is one transaction on one connection. While the database is away its callers get IntakeUnavailable: at
    once when it is known to be away, else after `patience_s`, during which the same batch is given again (it is
    idempotent: what was stored before the connection broke is then found as seen). When `run` ends, whoever still
    waits gets IntakeUnavailable, and so does whoever comes later.
    """

    def __init__(
        self,
        store: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        largest: int,
        room: int,
        patience_s: float = 4.0,
    ) -> None:
        self._store = store
        self._largest = largest
        self._room = room
        self._patience_s = patience_s
        self._queue: list[tuple[Item, asyncio.Future[Result]]] = []
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._emptied.set()
        self._away = False

    async def put(self, item: Item) -> Result:
        """Store `item` with whatever else is there; returns once it is committed.

        Raises IntakeUnavailable while the database is away, IntakeFull when `room` items are waiting already.
        """
        return await self.give(item)

    def give(self, item: Item) -> asyncio.Future[Result]:
        """As `put`, for whoever does not wait for it: a task for each would cost as much as the rest of this.

        Raises at once what `put` does; the future gets IntakeUnavailable when it comes to nothing later.
        """
        if self._away:
            raise IntakeUnavailable("the database is away")
        if len(self._queue) >= self._room:
            raise IntakeFull(f"{len(self._queue)} items are waiting")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        self._filled.set()
        self._emptied.clear()
        return future

    @property
    def waiting(self) -> int:
        return len(self._queue)

    async def run(self) -> None:
        """Store batch after batch until cancelled."""
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        try:
            while True:
                await self._filled.wait()
                batch, self._queue = self._queue[: self._largest], self._queue[self._largest :]
                if not batch:
                    self._filled.clear()
                    self._emptied.set()
                    continue
                await self._store_batch(batch)
        finally:
            # Else they would wait for ever, and what they know with them.
            self._refuse_all(batch, "stopping")

    async def emptied(self) -> None:
        """Return when nothing waits any more."""
        await self._emptied.wait()

    async def _store_batch(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._patience_s
        pause = 0.05
        told = False
        while True:
            try:
                results = await self._store([item for item, _ in batch])
                answers = list(zip(batch, results, strict=True))
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
                if not told:
                    log.error("the database is away: %s", type(error).__name__)
                    told = True
                if loop.time() >= give_up:
                    self._refuse_all(batch, "the database is away")
                    await self._until_back()
                    return
                await asyncio.sleep(pause)
                pause = min(pause * 2, 0.5)
            except Exception as error:
                # Not a fault of the database: of ours. Nobody is told "stored"; the operator keeps these texts.
                _log_fault(error, len(batch))
                for _, future in batch:
                    if not future.done():
                        future.set_exception(IntakeUnavailable(type(error).__name__))
                return
            else:
                if told:
                    log.warning("the database is back")
                for (_, future), result in answers:
                    if not future.done():
                        future.set_result(result)
                return

    def _refuse_all(self, batch: list[tuple[Item, asyncio.Future[Result]]], reason: str) -> None:
        self._away = True
        waiting, self._queue = [*batch, *self._queue], []
        for _, future in waiting:
            if not future.done():
                future.set_exception(IntakeUnavailable(reason))
                future.exception()  # retrieved: nobody may be waiting any more

    async def _until_back(self) -> None:
        pause = 0.2
        while True:
            try:
                await self._store([])
            except (psycopg.Error, OSError):
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 1.0)
            else:
                self._away = False
                log.warning("the database is back")
                return


def _log_fault(error: Exception, size: int) -> None:
    if isinstance(error, psycopg.Error):  # its words may quote a row, and so a text
        log.error("a batch of %d could not be stored: %s %s", size, in_short(error), error.sqlstate)
    else:
        log.exception("a batch of %d could not be stored", size)
