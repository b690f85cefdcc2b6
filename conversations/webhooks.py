"""Providers that call us: proved, read, kept on disk, answered; then stored, in order, whenever the database is there.

    receive   (any thread)  find the link -> its adapter proves and reads the call -> spool, flushed -> 2xx
    run       (one loop)    links read again; spool -> the intake, as the gateway feeds it -> entry gone

There is one way, whether PostgreSQL is there or not, so the one that outages need is walked all day. A link that this
process has never read cannot be proved: 503, the provider tries again. Nothing is ever taken without the proof.
Needs no lease: what is stored twice is stored once, by the provider's key.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import psycopg

from common.errors import Invalid
from common.waiting import rung
from conversations.adapters import (
    Heard,
    InboundReceipt,
    InboundText,
    IntakeError,
    LinkConfig,
    WebhookRefused,
    WebhookRequest,
    Webhooks,
)
from conversations.bells import Bells
from conversations.intake import connect
from conversations.keyword_book import KeywordBook
from conversations.lanes import TextLanes
from conversations.line_in import LinkIntake
from conversations.links import adapter_class, config_of
from conversations.long_texts import PARTS_WAIT_S, LongTexts
from conversations.opposed import Opposed
from conversations.patience import cut_after
from conversations.results import LinkResults
from conversations.spool import Broken, Item, Spool, Taking
from conversations.store import LinkStore
from realtime import doorbell

log = logging.getLogger(__name__)

SILENCE_S = 3.0  # of the database
READ_EVERY_S = 5.0
REFRESH_S = 4.0  # that a call may wait for a link which this process does not know yet
HURRY_S = 1.0  # between two looks at the rows for callers: whoever calls with nonsense costs one a second
AGAIN_S = 0.5
IDLE_S = 60.0
MOST_AT_ONCE = 100
MOST_FAULTS = 3  # of ours over one entry, then it is put aside

_LINKS = """
select link.id, link.organisation_id, link.name, link.adapter, link.settings, link.secret, link.is_enabled,
       coalesce(jsonb_object_agg(line.address, line.id) filter (where line.id is not null), '{}'), organisation.region
from conversations_link link
join accounts_organisation organisation on organisation.id = link.organisation_id
left join conversations_linelink pair on pair.link_id = link.id
left join conversations_line line on line.id = pair.line_id and line.is_enabled
where link.adapter = any(%s)
group by link.id, organisation.region
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A link that may be called, as its row was when it was last read."""

    row: tuple[str, ...]
    config: LinkConfig
    adapter: type[Webhooks]
    enabled: bool
    lines: dict[str, UUID]


class _NobodySends(Opposed):
    """Nothing is written from here: the gateways find who opted out in the table, each second."""

    def note(self, organisation_id: UUID, number: str, *, opted_out: bool) -> None:
        pass


class Door:
    """`receive` from any thread; `run` in a loop of its own until cancelled."""

    def __init__(self, *, dsn: str, redis_url: str, place: Path, kinds: Callable[[], list[str]]) -> None:
        self.spool = Spool(place)
        self._dsn = dsn
        self._redis_url = redis_url
        self._kinds = kinds
        self._known: dict[UUID, Known] = {}
        self._ever_read = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._due = asyncio.Event()
        self._at_work = threading.Event()
        self._hurry = threading.Lock()
        self._closing: set[asyncio.Task[None]] = set()
        self._hurried_at, self._hurried_well = 0.0, False
        self._keywords = KeywordBook()
        self._ways: dict[UUID, tuple[Known, _Way]] = {}
        self._taking: dict[UUID, asyncio.Task[None]] = {}
        self._faults: dict[Path, int] = {}

    # --- callers, in any thread ----------------------------------------------------------------------------

    def receive(self, link_id: UUID, request: WebhookRequest) -> Heard:
        """Returns when what was said is durable: the answer may go. Raises WebhookRefused."""
        known = self._known.get(link_id)
        if known is None:
            there = self._read_again()
            known = self._known.get(link_id)
            if known is None and not there:
                raise WebhookRefused(503, "unavailable", "this link cannot be looked up now: call again")
        if known is None or not known.enabled:
            raise WebhookRefused(404, "no_link", "no such link is at work here")
        try:
            heard = known.adapter.hear(request, known.config)
        except WebhookRefused as refusal:
            if refusal.status != 403 or not self._read_again():
                raise
            anew = self._known.get(link_id)
            if anew is None or not anew.enabled or anew.row == known.row:
                raise
            heard = anew.adapter.hear(request, anew.config)  # its secret has just been changed
        if heard.items:
            try:
                self.spool.put(link_id, heard.items)
            except OSError as error:
                log.critical("webhooks cannot be kept: %s", error.strerror)
                raise WebhookRefused(503, "unavailable", "this cannot be kept now: call again") from None
            self._ring()
        return heard

    def _ring(self) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # its loop is closing: the next start finds the entry
                self._loop.call_soon_threadsafe(self._due.set)

    def _read_again(self) -> bool:
        """Whether the rows are as they were a second ago at most."""
        self._at_work.wait(REFRESH_S)  # the first call may come before the loop
        loop = self._loop
        if loop is None:
            return False
        with self._hurry:  # whoever comes meanwhile gets the same answer
            if time.monotonic() - self._hurried_at < HURRY_S:
                return self._hurried_well
            future = asyncio.run_coroutine_threadsafe(self._read_links(), loop)
            try:
                future.result(REFRESH_S)
            except (psycopg.Error, OSError, TimeoutError, CancelledError):
                future.cancel()
                self._hurried_well = False
            else:
                self._hurried_well = True
            self._hurried_at = time.monotonic()
            return self._hurried_well

    # --- the loop ------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End `run`, from any thread."""
        loop, task = self._loop, self._task
        if loop is not None and task is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                loop.call_soon_threadsafe(task.cancel)

    async def run(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        bells = Bells(self._dsn, self._redis_url)
        self._bells = bells
        self._texts = TextLanes(
            self._dsn, on_stored=lambda organisations: bells.ring(doorbell.UNHANDLED, organisations=organisations)
        )
        self._at_work.set()
        try:
            async with asyncio.TaskGroup() as group:
                for work in (self._texts.run(), bells.run(), self._follow_links(), self._take_out()):
                    group.create_task(work)
        finally:
            self._at_work.clear()
            self._loop = None
            for task in self._taking.values():
                task.cancel()
            await asyncio.gather(*self._taking.values(), return_exceptions=True)
            for _, way in self._ways.values():
                await way.close()
            await bells.close()

    async def _follow_links(self) -> None:
        while True:
            try:
                await self._read_links()
            except (psycopg.Error, OSError, TimeoutError) as error:
                log.warning("webhooks: links cannot be read: %s", type(error).__name__)
            await asyncio.sleep(READ_EVERY_S)

    async def _read_links(self) -> None:
        async with asyncio.timeout(SILENCE_S), await connect(self._dsn) as connection:
            with cut_after(connection, SILENCE_S):
                await self._keywords.load(connection)
                rows = await (await connection.execute(_LINKS, [self._kinds()])).fetchall()
        found: dict[UUID, Known] = {}
        for link_id, organisation_id, name, kind, settings, secret, enabled, lines, region in rows:
            row = tuple(map(repr, (organisation_id, name, kind, settings, bytes(secret), enabled, lines, region)))
            before = self._known.get(link_id)
            if before is not None and before.row == row:
                found[link_id] = before
                continue
            try:
                config = config_of(link_id, organisation_id, name, settings, bytes(secret), lines, region)
                adapter = cast("type[Webhooks]", adapter_class(kind))
            except (Invalid, ValueError, ImportError) as error:
                log.error("link %s cannot be called: %s", name, type(error).__name__)
                continue
            mine = {address: UUID(line_id) for address, line_id in lines.items()}
            found[link_id] = Known(row, config, adapter, enabled, mine)
        self._known, self._ever_read = found, True

    async def _take_out(self) -> None:
        """Each link's entries by a task of its own: one that cannot be stored holds up no other link."""
        while True:
            self._due.clear()
            for link_id in await asyncio.to_thread(self.spool.links):
                if link_id not in self._taking:
                    task = asyncio.create_task(self._empty(link_id))
                    self._taking[link_id] = task
                    task.add_done_callback(partial(self._taken, link_id))
            self._close_idle()
            await rung(self._due, 1.0)

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

    def _taken(self, link_id: UUID, _task: asyncio.Task[None]) -> None:
        self._taking.pop(link_id, None)

    async def _empty(self, link_id: UUID) -> None:
        try:
            with self.spool.taking(link_id) as taking:
                while taking is not None and self._ever_read:
                    paths = await asyncio.to_thread(taking.oldest, MOST_AT_ONCE)
                    if not paths:
                        return
                    if not await self._store(link_id, taking, paths):
                        await asyncio.sleep(AGAIN_S)
        except OSError as error:
            log.error("webhooks of link %s cannot be read from disk: %s", link_id, error.strerror)

    async def _store(self, link_id: UUID, taking: Taking, paths: list[Path]) -> bool:
        """Whether all is stored. Texts of one sender go one after the other, others at once."""
        wave: list[tuple[Path, list[Item]]] = []
        senders: set[str] = set()
        for path in paths:
            try:
                items = await asyncio.to_thread(taking.read, path)
            except Broken as error:
                log.error("webhook %s of link %s cannot be read: %s", path.name, link_id, error)
                taking.put_aside(path)
                continue
            its = {item.sender for item in items if not isinstance(item, InboundReceipt)}
            if its & senders:
                if not await self._store_wave(link_id, taking, wave):
                    return False
                wave, senders = [], set()
            wave.append((path, items))
            senders |= its
        return await self._store_wave(link_id, taking, wave)

    async def _store_wave(self, link_id: UUID, taking: Taking, wave: list[tuple[Path, list[Item]]]) -> bool:
        way = self._way(link_id)
        if way is None:
            return False  # its row has gone, or cannot be opened: kept until a person has seen to it
        results = await asyncio.gather(*(way.store(items) for _, items in wave), return_exceptions=True)
        well = True
        for (path, _), result in zip(wave, results, strict=True):
            if result is None:
                await asyncio.to_thread(taking.done, path)
                self._faults.pop(path, None)
                continue
            well = False
            if isinstance(result, IntakeError | psycopg.OperationalError | OSError):
                continue
            if isinstance(result, asyncio.CancelledError):
                raise result
            log.error("webhook %s of link %s: %s", path.name, link_id, type(result).__name__)
            self._faults[path] = self._faults.get(path, 0) + 1
            if self._faults[path] >= MOST_FAULTS:
                taking.put_aside(path)
                self._faults.pop(path)
        return well

    def _way(self, link_id: UUID) -> _Way | None:
        known = self._known.get(link_id)
        if known is None:
            return None
        entry = self._ways.get(link_id)
        if entry is not None and entry[0] is known:
            return entry[1]
        if entry is not None:
            self._close(entry[1])
        way = _Way(known, dsn=self._dsn, texts=self._texts, bells=self._bells, keywords=self._keywords)
        self._ways[link_id] = (known, way)
        return way


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
            former_until=None,
            keywords=keywords,
            opposed=_NobodySends(dsn),
        )
        self._task = asyncio.create_task(self._results.run())
        self.used_at = time.monotonic()

    async def store(self, items: list[Item]) -> None:
        """Returns when all are committed. Raises IntakeError."""
        self.used_at = time.monotonic()
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
