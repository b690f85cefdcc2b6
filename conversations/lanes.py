"""Where texts wait for the intake: one lane for everybody, and a side lane for organisations whose rows somebody holds.

One statement stores the texts of several organisations. A row that is held for long (an event head, a conversation:
by a transaction that somebody forgot, or a process that was stopped in one) would hold them all up. So a statement
waits for a lock no longer than LOCK_S; then each organisation is tried alone, and one that is held goes by the side
lane until a text of it gets through. Its operators are told "not now" and keep the texts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg import errors

from conversations.batching import Batcher
from conversations.intake import CONNECTION_SETTINGS, LARGEST_BATCH, ReadyText, Stored, connect, store
from conversations.patience import cut_after

log = logging.getLogger(__name__)

SILENCE_S = 5.0  # of the database
LOCK_S = 1.5  # what the others wait for, once, when an organisation's rows are held
QUEUE_ROOM = 5_000  # texts waiting in a lane; beyond it operators are told to slow down

_HELD = Stored(None, None, put_off="rows of its organisation are held by somebody")


class TextLanes:
    """`put` a text, `run` for ever (conversations.batching). `on_stored` hears of the organisations that got texts."""

    def __init__(self, dsn: str, on_stored: Callable[[set[UUID]], None]) -> None:
        self._on_stored = on_stored
        self._main, self._side = _Lane(dsn, self._store), _Lane(dsn, self._store)
        self._held: set[UUID] = set()

    async def put(self, text: ReadyText) -> Stored:
        """Returns once it is committed, or put off. Raises IntakeUnavailable, IntakeFull."""
        lane = self._side if _whose(text) in self._held else self._main
        return await lane.batches.put(text)

    async def run(self) -> None:
        both = [asyncio.create_task(lane.batches.run()) for lane in (self._main, self._side)]
        try:
            await asyncio.gather(*both)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            await self._main.close()
            await self._side.close()

    async def _store(self, lane: _Lane, texts: Sequence[ReadyText]) -> Sequence[Stored]:
        try:
            stored = await lane.store(texts)
        except (errors.LockNotAvailable, errors.QueryCanceled):
            stored = await self._one_by_one(lane, texts)
        else:
            self._held.difference_update(map(_whose, texts))
        organisations = {result.organisation_id for result in stored if result.organisation_id is not None}
        if organisations:
            self._on_stored(organisations)
        return stored

    async def _one_by_one(self, lane: _Lane, texts: Sequence[ReadyText]) -> list[Stored]:
        """Each organisation's texts in a statement of their own."""
        whose = [_whose(text) for text in texts]
        results: dict[int, Stored] = {}
        for one in dict.fromkeys(whose):
            places = [place for place, owner in enumerate(whose) if owner == one]
            try:
                # Alone in this batch: that it is held is known already.
                found = [_HELD] * len(places)
                if len(places) < len(texts):
                    found = list(await lane.store([texts[place] for place in places]))
                    self._held.discard(one)
            except (errors.LockNotAvailable, errors.QueryCanceled):
                pass
            if _HELD in found:
                if one not in self._held:
                    log.error("rows of organisation %s are held: its texts are put off, the others go on", one)
                self._held.add(one)
            results.update(zip(places, found, strict=True))
        return [results[place] for place in range(len(texts))]


class _Lane:
    """A queue and the connection that empties it."""

    def __init__(self, dsn: str, keep: Callable[[_Lane, Sequence[ReadyText]], Any]) -> None:
        self._dsn = dsn
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self.batches: Batcher[ReadyText, Stored] = Batcher(
            lambda texts: keep(self, texts), largest=LARGEST_BATCH, room=QUEUE_ROOM
        )

    async def store(self, texts: Sequence[ReadyText]) -> Sequence[Stored]:
        if self._connection is None or self._connection.closed or self._connection.broken:
            wait = f"{LOCK_S * 1000:.0f}"
            self._connection = await connect(self._dsn, **CONNECTION_SETTINGS, lock_timeout=wait)
        with cut_after(self._connection, SILENCE_S):
            if texts:
                return await store(self._connection, texts)
            await self._connection.execute("select 1")
        return []

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()


def _whose(text: ReadyText) -> UUID:
    return text.organisation_id or text.item.link_id
