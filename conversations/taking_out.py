"""From the spool to rows: what providers that call us have said is stored, in order for each sender.

    entries of a link, oldest first -> a wave: one entry of each sender -> the intake, as the gateway feeds it -> gone

What cannot be stored now holds up its own sender until the next look, and nobody else. Bound to one loop: made for
each run of conversations.webhooks.Door.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast
from uuid import UUID

import psycopg

from common.waiting import rung
from conversations.adapters import InboundReceipt, InboundText, IntakeError, IntakeUnavailable, LinkConfig, Webhooks
from conversations.bells import Bells
from conversations.keyword_book import KeywordBook
from conversations.lanes import TextLanes
from conversations.line_in import LinkIntake
from conversations.long_texts import PARTS_WAIT_S, LongTexts
from conversations.opposed import Opposed
from conversations.results import LinkResults
from conversations.spool import Broken, Item, Spool, Taking
from conversations.store import LinkStore

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
AGAIN_S = 0.5
IDLE_S = 60.0
MOST_AT_ONCE = 100
MOST_FAULTS, FAULTS_S = 3, 300.0  # of ours over one entry, and for how long: then it is put aside
MOST_ALONE = 3  # of a wave, tried one by one in vain: the others of it have their turn at the next look


@dataclass(frozen=True, slots=True)
class Known:
    """A link that may be called, as its row was when it was last read."""

    row: tuple[str, ...]
    config: LinkConfig
    adapter: type[Webhooks]
    enabled: bool
    lines: dict[str, UUID]


class _Entry(NamedTuple):
    path: Path
    items: list[Item]

    @property
    def senders(self) -> frozenset[str]:
        return frozenset(map(_whose, self.items))


def _whose(item: Item) -> str:
    """ "": nobody's, in any order."""
    return "" if isinstance(item, InboundReceipt) else item.sender


class _Look:
    """One look at all entries of a link. `left`: those that stay; `held`: whose later ones stay as well."""

    def __init__(self, taking: Taking) -> None:
        self.taking = taking
        self.left: set[Path] = set()
        self.held: set[str] = set()
        self.since = 0.0  # when the entries in hand were read; monotonic

    def leave(self, path: Path, senders: frozenset[str]) -> None:
        self.left.add(path)
        self.held |= senders - {""}


class TakingOut:
    """`due` is set for each new entry; `run` until cancelled, then `close`."""

    def __init__(
        self,
        spool: Spool,
        *,
        known: Callable[[UUID], Known | None],
        read_since: Callable[[float], Awaitable[bool]],
        dsn: str,
        texts: TextLanes,
        bells: Bells,
        keywords: KeywordBook,
    ) -> None:
        self.due = asyncio.Event()
        self._spool = spool
        self._known = known
        self._read_since = read_since
        self._new_way = partial(_Way, dsn=dsn, texts=texts, bells=bells, keywords=keywords)
        self._ways: dict[UUID, tuple[Known, _Way]] = {}
        self._taking: dict[UUID, asyncio.Task[None]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._faults: dict[Path, tuple[int, float]] = {}  # how many, and when the first was
        self._whose: dict[Path, frozenset[str]] = {}  # of entries that were left: not read again to be passed over
        self._alone: set[Path] = set()  # failed by themselves: no other is stored in one batch with them

    @property
    def idle(self) -> bool:
        return not self._ways and not self._closing

    async def run(self) -> None:
        """Each link's entries by a task of its own: one that cannot be stored holds up no other link."""
        await self._take_back()
        while True:
            self.due.clear()
            try:
                links = await asyncio.to_thread(self._spool.links)
            except OSError as error:
                log.error("the spool of webhooks cannot be read: %s", error.strerror)
                links = []
            for link_id in links:
                if link_id not in self._taking:
                    task = asyncio.create_task(self._empty(link_id))
                    self._taking[link_id] = task
                    task.add_done_callback(partial(self._taken, link_id))
            self._close_idle()
            await rung(self.due, LOOK_EVERY_S)

    async def close(self) -> None:
        for task in self._taking.values():
            task.cancel()
        await asyncio.gather(*self._taking.values(), return_exceptions=True)
        closing = [*self._closing, *(way.close() for _, way in self._ways.values())]
        await asyncio.gather(*closing, return_exceptions=True)

    async def _take_back(self) -> None:
        """What failed under the last process may be stored by this one: its code, or what it stumbled over, changed."""
        try:
            if found := await asyncio.to_thread(self._spool.take_back):
                log.warning("%d webhooks that were put aside are tried once more", found)
        except OSError as error:
            log.error("webhooks that were put aside stay there: %s", error.strerror)

    def _close_idle(self) -> None:
        """A link that is hardly called keeps no connection of each web process."""
        now = time.monotonic()
        for link_id, (_, way) in list(self._ways.items()):
            if link_id not in self._taking and now - way.used_at > IDLE_S:
                del self._ways[link_id]
                self._close(way)

    def _close(self, way: _Way) -> None:
        task = asyncio.create_task(way.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _taken(self, link_id: UUID, task: asyncio.Task[None]) -> None:
        self._taking.pop(link_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("webhooks of link %s: %s; it begins again", link_id, type(error).__name__, exc_info=error)

    # --- one link ------------------------------------------------------------------------------------------

    async def _empty(self, link_id: UUID) -> None:
        if self._known(link_id) is None:
            return  # its row has gone, or cannot be opened: kept until a person has seen to it
        try:
            with self._spool.taking(link_id) as taking:
                while taking is not None and self._known(link_id) is not None:
                    look = _Look(taking)
                    await self._look_at_all(link_id, look)
                    if not look.left:
                        return
                    await asyncio.sleep(AGAIN_S)
        except OSError as error:
            log.error("webhooks of link %s cannot be read from disk: %s", link_id, error.strerror)

    async def _look_at_all(self, link_id: UUID, look: _Look) -> None:
        # From the oldest again each time: of two processes that write, the slower may show an older entry later.
        while paths := await asyncio.to_thread(look.taking.oldest, MOST_AT_ONCE, look.left):
            look.since = time.monotonic()
            wave: list[_Entry] = []
            senders: set[str] = set()
            for path in paths:
                entry = await self._entry(link_id, look, path)
                if entry is None:
                    continue
                its = entry.senders - {""}
                if its & senders or path in self._alone:
                    await self._store_wave(link_id, look, wave)
                    wave, senders = [], set()
                if its and entry.senders <= look.held:
                    self._leave(look, entry, its)
                    continue
                wave.append(entry)
                senders |= its
                if path in self._alone:
                    await self._store_wave(link_id, look, wave)
                    wave, senders = [], set()
            await self._store_wave(link_id, look, wave)

    async def _entry(self, link_id: UUID, look: _Look, path: Path) -> _Entry | None:
        its = self._whose.get(path)
        if its is not None and its <= look.held:
            look.left.add(path)
            return None
        try:
            return _Entry(path, await asyncio.to_thread(look.taking.read, path))
        except Broken as error:
            log.error("webhook %s of link %s cannot be read: %s", path.name, link_id, error)
            look.taking.put_aside(path)
            return None

    async def _store_wave(self, link_id: UUID, look: _Look, wave: list[_Entry]) -> None:
        """Texts of one sender go one after the other, others at once."""
        if not wave:
            return
        before = set(look.held)
        gone = await self._try(link_id, look, wave)
        if gone:
            return
        if len(wave) == 1:
            self._alone.add(wave[0].path)
            return
        if not await self._read_since(time.monotonic()):
            await asyncio.sleep(AGAIN_S)  # the database is away
            return
        # It is there: a fault over one of them may have taken the others of its batch with it.
        look.held = before
        for place, entry in enumerate(wave):
            if await self._try(link_id, look, [entry]):
                gone += 1
                continue
            self._alone.add(entry.path)
            if not gone and place + 1 == MOST_ALONE:
                for other in wave[place + 1 :]:
                    self._leave(look, other, other.senders)
                return

    async def _try(self, link_id: UUID, look: _Look, wave: list[_Entry]) -> int:
        """How many entries are gone. The others stay, and their senders are held."""
        way = self._way(link_id)
        unserved: list[_Entry] = []
        if way is not None and any(not way.serves(entry.items) for entry in wave):
            # The line may have been made since the links were read: what it is told now would be nobody's to read.
            if not await self._read_since(look.since):
                unserved = [entry for entry in wave if not way.serves(entry.items)]
            way = self._way(link_id)
        for entry in wave if way is None else unserved:
            self._leave(look, entry, entry.senders)
        if way is None:
            return 0
        tried = [entry for entry in wave if entry not in unserved]
        results = await asyncio.gather(*(way.store(entry.items, look.held) for entry in tried))
        gone = 0
        for entry, failed in zip(tried, results, strict=True):
            if failed and not self._put_aside(link_id, look, entry.path, failed):
                self._leave(look, entry, frozenset(whose for whose in failed if isinstance(whose, str)))
                continue
            if not failed:
                await asyncio.to_thread(look.taking.done, entry.path)
            self._forget(entry.path)
            look.left.discard(entry.path)
            gone += 1
        return gone

    def _leave(self, look: _Look, entry: _Entry, senders: frozenset[str]) -> None:
        look.leave(entry.path, senders)
        self._whose[entry.path] = entry.senders

    def _forget(self, path: Path) -> None:
        self._whose.pop(path, None)
        self._alone.discard(path)
        self._faults.pop(path, None)

    def _put_aside(self, link_id: UUID, look: _Look, path: Path, failed: dict[str | int, Exception]) -> bool:
        """Whether a fault of ours over this entry has lasted long enough to put it out of its sender's way."""
        fault = next((one for one in failed.values() if not _is_temporary(one)), None)
        if fault is None:
            return False
        count, first = self._faults.get(path, (0, time.monotonic()))
        self._faults[path] = (count + 1, first)
        for_good = count + 1 >= MOST_FAULTS and time.monotonic() - first >= FAULTS_S
        if count == 0 or for_good:
            log.error("webhook %s of link %s: %s", path.name, link_id, type(fault).__name__)
        if for_good:
            look.taking.put_aside(path)
        return for_good

    def _way(self, link_id: UUID) -> _Way | None:
        known = self._known(link_id)
        if known is None:
            return None
        entry = self._ways.get(link_id)
        if entry is not None and entry[0] is known:
            return entry[1]
        if entry is not None:
            self._close(entry[1])
        way = self._new_way(known)
        self._ways[link_id] = (known, way)
        return way


def _is_temporary(error: Exception) -> bool:
    return isinstance(error, IntakeError | psycopg.OperationalError | OSError)


class _NobodySends(Opposed):
    """Nothing is written from here: the gateways find who opted out in the table, each second."""

    def note(self, organisation_id: UUID, number: str, *, opted_out: bool) -> None:
        pass


class _Way:
    """From items of one link to rows, by the gateway's own intake."""

    def __init__(self, known: Known, *, dsn: str, texts: TextLanes, bells: Bells, keywords: KeywordBook) -> None:
        config = known.config
        self._results = LinkResults(config, dsn=dsn, bells=bells, on_stored=lambda: None)
        self._store = LinkStore(dsn)
        self._intake = LinkIntake(
            config,
            lines=known.lines,
            texts=texts,
            results=self._results.batches,
            store=self._store,
            long_texts=LongTexts(self._store, cast("Any", known.adapter), config.id, wait_s=PARTS_WAIT_S),
            on_completed=lambda organisation_id: bells.ring(organisations=[organisation_id]),
            late=self._results.late,
            on_state=lambda _state, _facts: None,
            still_ours=lambda: True,
            may_store=lambda: True,
            epoch=None,
            former_until=None,
            keywords=keywords,
            opposed=_NobodySends(dsn),
        )
        self._task = asyncio.create_task(self._results.run())
        self.used_at = time.monotonic()

    def serves(self, items: list[Item]) -> bool:
        return all(self._intake.serves(item.recipient) for item in items if isinstance(item, InboundText))

    async def store(self, items: list[Item], held: set[str]) -> dict[str | int, Exception]:
        """Why whose items are not stored; none: all are committed. A sender's go in order and end at the first that
        fails; what belongs to nobody goes by its place. Those of `held` senders are not tried."""
        self.used_at = time.monotonic()
        each: dict[str | int, list[Item]] = {}
        for place, item in enumerate(items):
            each.setdefault(_whose(item) or place, []).append(item)
        results = await asyncio.gather(
            *(self._in_turn(its, wait=whose in held) for whose, its in each.items()), return_exceptions=True
        )
        failed: dict[str | int, Exception] = {}
        for whose, result in zip(each, results, strict=True):
            if isinstance(result, Exception):
                failed[whose] = result
            elif result is not None:
                raise result  # cancelled
        return failed

    async def _in_turn(self, items: list[Item], *, wait: bool) -> None:
        """Raises IntakeError."""
        if wait:
            raise IntakeUnavailable("an older one of this sender is not stored yet")
        for item in items:
            if isinstance(item, InboundText):
                await self._intake.text(item)
            elif isinstance(item, InboundReceipt):
                await self._intake.receipt(item)
            else:
                await self._intake.unreadable(item)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._store.close()
