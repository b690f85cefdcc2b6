"""Where texts wait for the intake: one lane for everybody, and a side lane for those whose rows somebody holds.

One statement stores the texts of several organisations. A row that is held for long (a conversation, an event head: by
a transaction that somebody forgot, or a process that was stopped in one) would hold them all up. So a statement waits
for a lock no longer than LOCK_S; then each organisation, and where that fails each sender, is tried alone. Who is held
goes by the side lane until a text of his gets through; his operator is told "not now" and keeps it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any
from uuid import UUID

import psycopg
from psycopg import errors

from conversations.batching import Batcher
from conversations.intake import CONNECTION_SETTINGS, LARGEST_BATCH, ReadyText, Stored, connect, store
from conversations.patience import cut_after

log = logging.getLogger(__name__)

SILENCE_S = 5.0  # of the database
LOCK_S = 1.5  # what the others wait for, once, when somebody's rows are held
SHORT_LOCK_S = 0.2  # when each is tried alone
MOST_HELD = 3  # senders that are tried in vain: then it is the organisation's own row
QUEUE_ROOM = 5_000  # texts waiting in a lane; beyond it operators are told to slow down

_HELD = Stored(None, None, put_off="its rows are held by somebody")
_STUCK = (errors.LockNotAvailable, errors.QueryCanceled)


class TextLanes:
    """`put` a text, `run` for ever (conversations.batching). `on_stored` hears of the organisations that got texts."""

    def __init__(self, dsn: str, on_stored: Callable[[set[UUID]], None]) -> None:
        self._on_stored = on_stored
        self._main, self._side = _Lane(dsn, self._store), _Lane(dsn, self._store)
        self._held: set[UUID | tuple[UUID, str]] = set()  # organisations, and senders of one

    async def put(self, text: ReadyText) -> Stored:
        """Returns once it is committed, or put off. Raises IntakeUnavailable, IntakeFull."""
        whose = _whose(text)
        lane = self._side if whose in self._held or (whose, text.sender) in self._held else self._main
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
        except _STUCK:
            stored = await self._apart(lane, texts)
        else:
            self._free(texts)
        organisations = {result.organisation_id for result in stored if result.organisation_id is not None}
        if organisations:
            # Not now: the operator's answers are written first. He waits for them with his next texts, and a bell is
            # a tenth of a millisecond.
            asyncio.get_running_loop().call_soon(self._on_stored, organisations)
        return stored

    async def _apart(self, lane: _Lane, texts: Sequence[ReadyText]) -> list[Stored]:
        """Whoever is not held himself is stored; the others' texts are put off."""
        results = [_HELD] * len(texts)
        senders: dict[UUID, dict[str, list[int]]] = {}
        for place, text in enumerate(texts):
            senders.setdefault(_whose(text), {}).setdefault(text.sender, []).append(place)
        for one, places in senders.items():
            if len(senders) > 1 and await self._alone(lane, texts, [*chain(*places.values())], results):
                continue
            held = through = 0
            for sender, mine in places.items():
                if await self._alone(lane, texts, mine, results):
                    through += 1
                    continue
                held += 1
                self._held.add((one, sender))
                if held >= MOST_HELD:  # the rest is put off, too: it is tried again when it is offered again
                    break
            # Also when they came one by one: each of them has held up everybody for a moment.
            if not through and one not in self._held and len(self._held_senders(one)) >= MOST_HELD:
                log.error("rows of organisation %s are held: its texts are put off, the others go on", one)
                self._held.add(one)
        return results

    async def _alone(
        self, lane: _Lane, texts: Sequence[ReadyText], places: Sequence[int], results: list[Stored]
    ) -> bool:
        some = [texts[place] for place in places]
        try:
            found = await lane.store(some, lock_s=SHORT_LOCK_S)
        except _STUCK:
            return False
        for place, result in zip(places, found, strict=True):
            results[place] = result
        self._free(some)
        return True

    def _free(self, texts: Sequence[ReadyText]) -> None:
        if self._held:
            for text in texts:
                whose = _whose(text)
                if whose in self._held:
                    self._held -= {whose, *self._held_senders(whose)}
                self._held.discard((whose, text.sender))

    def _held_senders(self, whose: UUID) -> list[tuple[UUID, str]]:
        return [one for one in self._held if isinstance(one, tuple) and one[0] == whose]


class _Lane:
    """A queue and the connection that empties it."""

    def __init__(self, dsn: str, keep: Callable[[_Lane, Sequence[ReadyText]], Any]) -> None:
        self._dsn = dsn
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._lock_s = 0.0  # the lock_timeout of the connection
        self.batches: Batcher[ReadyText, Stored] = Batcher(
            lambda texts: keep(self, texts), largest=LARGEST_BATCH, room=QUEUE_ROOM
        )

    async def store(self, texts: Sequence[ReadyText], *, lock_s: float = LOCK_S) -> Sequence[Stored]:
        """Raises one of _STUCK when a lock is not had within `lock_s`; what the intake raises."""
        if self._connection is None or self._connection.closed or self._connection.broken:
            self._connection = await connect(self._dsn, **CONNECTION_SETTINGS)
            self._lock_s = 0.0
        with cut_after(self._connection, SILENCE_S):
            if lock_s != self._lock_s:
                await self._connection.execute(f"set lock_timeout = {round(lock_s * 1000)}")
                self._lock_s = lock_s
            if texts:
                return await store(self._connection, texts)
            await self._connection.execute("select 1")
        return []

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()


def _whose(text: ReadyText) -> UUID:
    return text.organisation_id or text.item.link_id
