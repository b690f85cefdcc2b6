"""Providers that call us: proved, read, kept on disk, answered; then stored, in order, whenever the database is there.

    receive   (any thread)  find the link -> its adapter proves and reads the call -> spool, flushed -> 2xx
    run       (one loop)    links read again; spool -> the intake (conversations/taking_out.py) -> entry gone

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
from pathlib import Path
from typing import cast
from uuid import UUID

import psycopg

from common.errors import Invalid
from conversations.adapters import Heard, WebhookRefused, WebhookRequest, Webhooks
from conversations.bells import Bells
from conversations.intake import connect
from conversations.keyword_book import KeywordBook
from conversations.lanes import TextLanes
from conversations.links import adapter_class, config_of
from conversations.patience import cut_after
from conversations.spool import Spool
from conversations.taking_out import Known, TakingOut
from realtime import doorbell

log = logging.getLogger(__name__)

SILENCE_S = 3.0  # of the database
READ_EVERY_S = 5.0
REFRESH_S = 4.0  # that a call may wait for a link which this process does not know yet
HURRY_S = 1.0  # between two looks at the rows for callers: whoever calls with nonsense costs one a second

_UNREADABLE = (psycopg.Error, OSError, TimeoutError)  # the rows, now

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


class Door:
    """`receive` from any thread; `run` in a loop of its own until cancelled."""

    def __init__(self, *, dsn: str, redis_url: str, place: Path, kinds: Callable[[], list[str]]) -> None:
        self.spool = Spool(place)
        self._dsn = dsn
        self._redis_url = redis_url
        self._kinds = kinds
        self._known: dict[UUID, Known] = {}
        self._closed: set[UUID] = set()  # rows that are there and cannot be opened
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._out: TakingOut | None = None
        self._at_work = threading.Event()
        self._hurry = threading.Lock()
        self._hurried_at, self._hurried_well = 0.0, False
        self._keywords = KeywordBook()
        self._read_at = float("-inf")  # when the reading began that `_known` is from; monotonic

    # --- callers, in any thread ----------------------------------------------------------------------------

    def receive(self, link_id: UUID, request: WebhookRequest) -> Heard:
        """Returns when what was said is durable: the answer may go. Raises WebhookRefused."""
        known = self._known.get(link_id)
        if known is None or not known.enabled:
            there = self._read_again()
            known = self._known.get(link_id)
            if known is None and not there:
                raise WebhookRefused(503, "unavailable", "this link cannot be looked up now: call again")
        if known is None and link_id not in self._closed:
            raise WebhookRefused(404, "no_link", "no such link is at work here")
        if known is None or not known.enabled:  # the provider keeps what it has; told "not found" it would give it up
            raise WebhookRefused(503, "stopped", "this link takes nothing now: call again")
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
        loop, out = self._loop, self._out
        if loop is not None and out is not None:
            with contextlib.suppress(RuntimeError):  # its loop is closing: the next start finds the entry
                loop.call_soon_threadsafe(out.due.set)

    def _read_again(self) -> bool:
        """Whether the rows are as they were a second ago at most."""
        self._at_work.wait(REFRESH_S)  # the first call may come before the loop
        loop = self._loop
        if loop is None:
            return False
        with self._hurry:  # whoever comes meanwhile gets the same answer
            if time.monotonic() - self._hurried_at < HURRY_S:
                return self._hurried_well
            reading = self._read_links()
            try:
                future = asyncio.run_coroutine_threadsafe(reading, loop)
            except RuntimeError:  # the loop has ended a moment ago; another begins
                reading.close()
                return False
            try:
                future.result(REFRESH_S)
            except (*_UNREADABLE, CancelledError):
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
        """May be called again when it has failed: what is bound to its loop is made anew."""
        bells = Bells(self._dsn, self._redis_url)
        texts = TextLanes(
            self._dsn, on_stored=lambda organisations: bells.ring(doorbell.UNHANDLED, organisations=organisations)
        )
        out = TakingOut(
            self.spool,
            known=self._as_read,
            read_since=self._read_since,
            dsn=self._dsn,
            texts=texts,
            bells=bells,
            keywords=self._keywords,
        )
        self._reading = asyncio.Lock()
        self._loop, self._task, self._out = asyncio.get_running_loop(), asyncio.current_task(), out
        self._at_work.set()
        try:
            async with asyncio.TaskGroup() as group:
                for work in (texts.run(), bells.run(), self._follow_links(), out.run()):
                    group.create_task(work)
        finally:
            self._at_work.clear()
            self._loop, self._out = None, None
            await out.close()
            await bells.close()

    def _as_read(self, link_id: UUID) -> Known | None:
        return self._known.get(link_id)

    async def _follow_links(self) -> None:
        while True:
            try:
                await self._read_links()
            except _UNREADABLE as error:
                log.warning("webhooks: links cannot be read: %s", type(error).__name__)
            await asyncio.sleep(READ_EVERY_S)

    async def _read_since(self, moment: float) -> bool:
        """Whether the links are known as they were after `moment` (monotonic)."""
        if self._read_at < moment:
            try:
                await self._read_links()
            except _UNREADABLE as error:
                log.warning("webhooks: links cannot be read: %s", type(error).__name__)
                return False
        return True

    async def _read_links(self) -> None:
        async with self._reading:  # else an older answer could come after a newer one
            began = time.monotonic()
            async with asyncio.timeout(SILENCE_S), await connect(self._dsn) as connection:
                with cut_after(connection, SILENCE_S):
                    await self._keywords.load(connection)
                    rows = await (await connection.execute(_LINKS, [self._kinds()])).fetchall()
            found: dict[UUID, Known] = {}
            closed: set[UUID] = set()
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
                    closed.add(link_id)
                    continue
                mine = {address: UUID(line_id) for address, line_id in lines.items()}
                found[link_id] = Known(row, config, adapter, enabled, mine)
            self._closed, self._known, self._read_at = closed, found, began
