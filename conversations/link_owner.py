"""A link at work in the process that holds its lease.

    take the lease -> run the adapter, claim and submit; mark what earlier owners left unanswered
    lose it (or be asked to stop) -> drain before it expires -> give it back
    asked to drain -> claim nothing more, wait for the answers, leave the operator -> hold the lease, at rest

Every claim carries the epoch of the lease, and nothing is written to a socket once the lease's own deadline (counted
from before the statement that granted it) has come near: asked again right before each write, since a process may be
stopped at any instruction and go on when another owner has long been at work.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg

from common.waiting import rung
from conversations import ramp
from conversations.adapters import LinkAdapter, LinkConfig, OutboundPart
from conversations.bells import Bells
from conversations.figures import Counted, Figures
from conversations.intake import LOOKUP_SETTINGS, connect
from conversations.keyword_book import KeywordBook
from conversations.line_in import LinkIntake, Texts
from conversations.long_texts import PARTS_WAIT_S, LongTexts
from conversations.opposed import Opposed
from conversations.outbox import LAST_LANE, claim, under_way
from conversations.patience import cut_after
from conversations.results import LinkResults
from conversations.store import LinkStore
from conversations.submitting import Submitting, again
from conversations.written_behind import confirm, take_up, write_behind
from jobs import leases
from jobs.leases import HeldLease

log = logging.getLogger(__name__)

LEASE_S = 10.0
RENEW_EVERY_S = 3.0
# No write in the last seconds of a lease that could not be renewed; the drain must end before it expires.
MARGIN_S = 3.0
DRAIN_S = 5.5
SURELY_S = 0.5  # before the end of a lease nothing at all is written: what a write takes to get through to the operator
STORING_S = 5.0  # nor is a text stored: a statement may be at work so long, unseen by a new owner (intake.BOUNDS)
SILENCE_S = 5.0  # of the database
# After a claim whose answer never came: as long as its statement may still be at work in the server.
DOUBT_S = 30.0
LOOK_EVERY_S = 3.0


class LostLease(Exception):
    """Somebody else owns the link, or may own it before we could know."""


class LinkOwner:
    """Tries for one link's lease and, while it has it, does the link's work. `run` until cancelled."""

    def __init__(
        self,
        config: LinkConfig,
        adapter: type[LinkAdapter],
        *,
        lines: Mapping[str, UUID],
        owner: str,
        dsn: str,
        texts: Texts,
        bells: Bells,
        on_state: Callable[[UUID, str, dict[str, Any]], None],
        keywords: KeywordBook,
        opposed: Opposed,
    ) -> None:
        self.config = config
        self._keywords = keywords
        self._opposed = opposed
        self._adapter_class = adapter
        self._lines = lines
        self._owner = owner
        self._dsn = dsn
        self._texts = texts
        self._bells = bells
        self._on_state = on_state
        self._lease: HeldLease | None = None
        self._due = asyncio.Event()
        self._fresh = asyncio.Event()  # due, and not only because an answer has come
        self._stop = asyncio.Event()
        self._leave = asyncio.Event()
        self._claims: psycopg.AsyncConnection[Any] | None = None
        self._control: psycopg.AsyncConnection[Any] | None = None
        self._results = LinkResults(config, dsn=dsn, bells=bells, on_stored=self._due.set)
        self._counts = Figures()
        self._submitting = Submitting(
            config,
            results=self._results,
            figures=self._counts,
            may_write=lambda: self._left() > MARGIN_S,
            opposed=opposed,
        )
        self._ramp = ramp.Ramp(config.id, ramp.read(config.settings))
        self._adapter: LinkAdapter | None = None
        self._doubt_until = self._look_at = 0.0
        self._claiming = False

    def wake(self) -> None:
        """Something new may be due in the outbox."""
        self._fresh.set()
        self._due.set()

    def stop(self) -> None:
        """Drain, give the lease back, return from `run`."""
        self._stop.set()

    def drain(self) -> None:
        """Take nothing new, wait for the answers, leave the operator; then keep the lease and rest until stopped."""
        self._leave.set()

    @property
    def leaving(self) -> bool:
        return self._leave.is_set()

    async def run(self) -> None:
        storing = asyncio.create_task(self._results.run(), name=f"{self.config.name}: results")
        try:
            await self._own(f"link:{self.config.id}")
            await self._results.kept(2.0)
        finally:
            storing.cancel()
            await asyncio.gather(storing, return_exceptions=True)
            await self._close()

    async def _own(self, name: str) -> None:
        while not self._stop.is_set():
            try:
                self._lease = await self._take(name)
                if self._lease is None:
                    # The owner elsewhere writes the link's state; we say nothing over it.
                    await self._pause(1.0)
                    continue
                log.info("link %s is ours, epoch %d", self.config.name, self._lease.epoch)
                await (self._rest(self._lease) if self.leaving else self._work(self._lease))
            except LostLease as reason:
                log.error("link %s: %s", self.config.name, reason)
                await self._pause(0.5)
            except (psycopg.Error, OSError) as error:
                log.error("link %s waits for the database: %s", self.config.name, type(error).__name__)
                await self._pause(0.5)
            except Exception:
                log.exception("link %s failed; it starts again", self.config.name)
                await self._pause(1.0)

    @property
    def holds_lease(self) -> bool:
        return self._lease is not None

    @property
    def adapter(self) -> LinkAdapter | None:
        """At work now."""
        return self._adapter if self._lease is not None else None

    @property
    def figures(self) -> dict[str, int]:
        """Parts, since this process began."""
        return self._counts.counts

    def facts(self) -> dict[str, Any]:
        """Everything that the people who watch the link are shown, besides its state."""
        told = getattr(self._adapter, "facts", None)  # an adapter need not say any
        found = {**(told() if told is not None else {}), **self._counts.facts(), "ramp": self._ramp.facts()}
        if found["ramp"] and found["ramp"]["holds"]:
            found["slow"] = [*found.get("slow", []), "ramp"]
        return found

    async def _pause(self, seconds: float) -> None:
        await rung(self._stop, seconds)

    async def _take(self, name: str) -> HeldLease | None:
        self._control = await self._open(self._control)
        before = leases.ticking()
        with cut_after(self._control, SILENCE_S):
            cursor = await self._control.execute(leases.TAKE, {"name": name, "owner": self._owner, "seconds": LEASE_S})
            row = await cursor.fetchone()
        return HeldLease(name, self._owner, row[0], before + LEASE_S, row[1]) if row else None

    async def _work(self, lease: HeldLease) -> None:
        store = LinkStore(self._dsn)
        wait_s = float(self.config.settings.get("parts_wait_s") or PARTS_WAIT_S)
        intake = LinkIntake(
            self.config,
            lines=self._lines,
            texts=Counted(self._texts, self._counts),
            results=self._results.batches,
            store=store,
            long_texts=LongTexts(store, self._adapter_class, self.config.id, wait_s=wait_s),
            on_completed=lambda organisation_id: self._bells.ring(organisations=[organisation_id]),
            former_until=lease.former_until,
            late=self._results.late,
            on_state=lambda state, facts: self._on_state(self.config.id, state, facts),
            still_ours=lambda: self._left() > SURELY_S,
            may_store=lambda: self._left() > STORING_S,
            epoch=lease.epoch,
            keywords=self._keywords,
            opposed=self._opposed,
        )
        adapter = self._adapter = self._adapter_class(self.config, intake)
        self._due.set()
        tasks = [
            asyncio.create_task(work, name=f"{self.config.name}: {name}")
            for name, work in (
                ("session", adapter.run()),
                ("lease", self._renew()),
                ("outbox", self._send(adapter)),
                ("evidence", write_behind(intake, store, lease, self._results)),
                ("counts", self._counts.follow(self._dsn, self.config.id, self._ramp)),
                ("stop", self._stop.wait()),
                ("drain", self._empty()),
            )
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            # Asked to stop, or one of them failed: leave in good order first, whatever it was, yet within the lease.
            with contextlib.suppress(Exception):
                await asyncio.wait_for(adapter.drain(), min(DRAIN_S, max(0.0, self._left() - 0.5)))
            await self._end([tasks[0]])
            if self._submitting.tasks:
                await asyncio.wait(list(self._submitting.tasks), timeout=1.0)
            with contextlib.suppress(Exception):
                await confirm(self.config.id, intake, store)
            await self._results.kept(min(2.0, max(0.0, self._left() - 0.5)))  # before somebody calls them unknown
            for task in done:
                task.result()
        finally:
            self._adapter = None
            intake.end()
            # Whatever has no answer now gets none: its submitting ends as unknown.
            await self._end([*tasks, *self._submitting.tasks])
            # The next owner, perhaps ourselves in a moment, asks what was stored before he gets any of it again.
            await intake.settled(STORING_S)
            await self._give_back(lease)
            self._lease = None
            self._on_state(self.config.id, "unbound", {})
            await store.close()

    async def _empty(self) -> None:
        """Asked to drain: nothing is claimed any more, and what was has its answer, or never will."""
        await self._leave.wait()
        self._on_state(self.config.id, "draining", {})
        while self._claiming or self._submitting.tasks:  # noqa: ASYNC110 (two things, and one of them a set)
            await asyncio.sleep(0.05)

    async def _rest(self, lease: HeldLease) -> None:
        """Drained: nobody else may connect, and we do not."""
        self._on_state(self.config.id, "drained", {})
        store = LinkStore(self._dsn)
        works = (self._renew(), self._stop.wait(), take_up(store, lease, self._results))
        tasks = [asyncio.create_task(work) for work in works]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._end(tasks)
            await self._give_back(lease)
            self._lease = None
            await store.close()

    async def _end(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            _, stubborn = await asyncio.wait(tasks, timeout=2 * SILENCE_S)
            for task in stubborn:
                log.error("link %s: %s does not end", self.config.name, task.get_name())

    async def _give_back(self, lease: HeldLease) -> None:
        with contextlib.suppress(Exception):
            if self._lease is not None and self._control is not None:
                with cut_after(self._control, 1.0):
                    await self._control.execute(
                        leases.GIVE_BACK, {"name": lease.name, "owner": lease.owner, "epoch": lease.epoch}
                    )

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S if self._left() > LEASE_S - RENEW_EVERY_S - 0.5 else 0.3)
            lease = self._lease
            if lease is None:
                raise LostLease("no lease to renew")
            before = leases.ticking()
            budget = max(0.2, self._left() - MARGIN_S)
            try:
                async with asyncio.timeout(budget):
                    self._control = await self._open(self._control)
                with cut_after(self._control, max(0.1, budget - (leases.ticking() - before))):
                    cursor = await self._control.execute(
                        leases.RENEW,
                        {"name": lease.name, "owner": lease.owner, "epoch": lease.epoch, "seconds": LEASE_S},
                    )
                    row = await cursor.fetchone()
            except (psycopg.Error, OSError, TimeoutError) as error:
                if self._left() <= MARGIN_S:
                    raise LostLease("the lease cannot be renewed: leaving before it expires") from error
                continue
            if row is None:
                self._lease = None
                raise LostLease("another process owns it now")
            self._lease = HeldLease(lease.name, lease.owner, lease.epoch, before + LEASE_S)

    def _left(self) -> float:
        """Seconds until the lease may be somebody else's."""
        return 0.0 if self._lease is None else self._lease.left()

    async def _send(self, adapter: LinkAdapter) -> None:
        """Claim what is due as far as the window and the rate have room; submit in the order of the claim.

        What is claimed cannot be overtaken by what is more urgent, so little is: of a link with a rate, what it sends
        in a fifth of a second. A person's answer goes before the rest of long texts that are under way.
        """
        while not self.leaving:
            room, lane = self._room(adapter, LAST_LANE), LAST_LANE
            if room <= 0 and self._fresh.is_set():
                room, lane = self._room(adapter, 0), 0
            if room <= 0:
                await self._wait_for_room(adapter)
                continue
            allowed = self._ramp.left()
            if allowed <= 0:
                lane = min(lane, ramp.LAST_FREE_LANE)
            elif lane > ramp.LAST_FREE_LANE and allowed < room:
                room = int(allowed)
            urgent = lane == 0
            self._fresh.clear()
            if not urgent:
                self._due.clear()
            parts: Sequence[OutboundPart] = ()
            lease = self._lease
            self._claiming = not self.leaving
            if lease is not None and self._left() > MARGIN_S and self._claiming:
                try:
                    self._claims = await self._open(self._claims)
                    with cut_after(self._claims, SILENCE_S):
                        await self._look_for_unheard(self._claims, lease)
                        parts = await claim(
                            self._claims, lease=lease, link_id=self.config.id, room=room, last_lane=lane
                        )
                except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
                    log.warning("link %s cannot claim: %s", self.config.name, type(error).__name__)
                    self._doubt_until = leases.ticking() + DOUBT_S
                    await asyncio.sleep(0.5)
            self._ramp.took(len(parts), campaign=any(part.lane > ramp.LAST_FREE_LANE for part in parts))
            self._submitting.begin(adapter, parts)
            self._claiming = False
            if parts or urgent:
                await asyncio.sleep(0)  # let them take their places in the window before room is counted again
            else:
                await rung(self._due, 1.0)  # the sweep of each second: a bell may be lost
        await self._stop.wait()

    def _room(self, adapter: LinkAdapter, lane: int) -> int:
        ask = getattr(adapter, "room", None)
        return ask(lane=lane, ahead=self._submitting.ahead) if ask is not None else adapter.ready()

    async def _wait_for_room(self, adapter: LinkAdapter) -> None:
        if not (getattr(adapter, "paced", False) and self._submitting.tasks):
            await adapter.wait_ready()
        elif self._fresh.is_set():
            await asyncio.sleep(0.01)
        else:  # what is claimed may take each place as it comes free; what is new may be more urgent
            await rung(self._fresh, 0.01)

    async def _look_for_unheard(self, connection: psycopg.AsyncConnection[Any], lease: HeldLease) -> None:
        """A claim whose answer never came (its connection broke, or the database was silent too long) may have been
        committed all the same: under our present epoch, so that no later owner would look for it. Its parts were surely
        not written. Called between claims only: whatever we have heard of is known by then."""
        now = leases.ticking()
        if now >= self._doubt_until or now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY_S
        # Before the look: an outcome that is stored while its rows come is known to nobody here afterwards.
        known = self._results.known()
        for attempt_id, message_id in await under_way(connection, link_id=self.config.id, epoch=lease.epoch):
            if attempt_id not in known:
                log.warning("link %s: attempt %s was claimed unheard: back to the queue", self.config.name, attempt_id)
                self._results.keep(again(attempt_id, message_id, "claimed unheard"))

    async def _open(self, connection: psycopg.AsyncConnection[Any] | None) -> psycopg.AsyncConnection[Any]:
        if connection is None or connection.closed or connection.broken:
            return await connect(self._dsn, **LOOKUP_SETTINGS)
        return connection

    async def _close(self) -> None:
        for connection in (self._claims, self._control):
            if connection is not None:
                with contextlib.suppress(Exception):
                    await connection.close()
