"""The gateway: the one process that touches operators and providers.

It owns links by lease, feeds what they receive to the intake in natural batches, and drains the outbox through them.
Another gateway beside it stands by for each link, and takes over when a lease expires.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
from contextlib import suppress
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings

from common.memory import settled
from common.readiness import clear_ready, mark_ready
from common.waiting import rung
from conversations.bells import Bells
from conversations.fail_over import FailOver
from conversations.intake import connect
from conversations.keyword_book import KeywordBook
from conversations.lanes import TextLanes
from conversations.left_behind import LeftBehind
from conversations.link_owner import LinkOwner
from conversations.link_tests import LinkTests, Steps, steps_of
from conversations.links import adapter_class, config_of
from conversations.opposed import Opposed
from conversations.patience import cut_after, cut_all
from realtime import doorbell

log = logging.getLogger(__name__)

SILENCE_S = 5.0  # of the database
LOOK_S = 5.0  # at the links, in case a bell was lost
AGAIN_S = 0.5  # after they could not be read: until they can, nobody is connected

_LINKS = """
select link.id, link.organisation_id, link.name, link.adapter, link.settings, link.secret,
       coalesce(jsonb_object_agg(line.address, line.id) filter (where line.id is not null), '{}'), organisation.region,
       link.is_draining
from conversations_link link
join accounts_organisation organisation on organisation.id = link.organisation_id
left join conversations_linelink pair on pair.link_id = link.id
left join conversations_line line on line.id = pair.line_id and line.is_enabled
where WHICH
group by link.id, organisation.region
order by link.id
"""
LOAD_LINKS = _LINKS.replace("WHICH", "link.is_enabled")
LOAD_LINK = _LINKS.replace("WHICH", "link.id = %(link)s")

SAVE_STATE = """
insert into conversations_linkstate as s (link_id, state, error, facts, since, updated_at, down_since)
values (%(link)s, %(state)s::text, %(error)s, %(facts)s::jsonb, clock_timestamp(), clock_timestamp(),
        case when %(state)s::text not in ('bound', 'draining') then clock_timestamp() end)
on conflict (link_id) do update set
    -- After a silence nobody knows since when.
    down_since = case when excluded.down_since is null then null
        when s.down_since is null or s.updated_at < clock_timestamp() - interval '15 seconds' then excluded.down_since
        else s.down_since end,
    state = excluded.state, error = excluded.error, facts = excluded.facts, updated_at = clock_timestamp(),
    since = case when s.state = excluded.state and not %(anew)s then s.since else clock_timestamp() end
"""


class Gateway:
    def __init__(self, *, dsn: str, redis_url: str, owner: str) -> None:
        self._dsn = dsn
        self._owner = owner
        self._bells = Bells(dsn, redis_url)
        self._texts = TextLanes(
            dsn, on_stored=lambda organisations: self._bells.ring(doorbell.UNHANDLED, organisations=organisations)
        )
        self._keywords = KeywordBook()
        self._opposed = Opposed(dsn)
        self._fail_over = FailOver(dsn, on_moved=lambda organisations: self._bells.ring(organisations=organisations))
        self._left_behind = LeftBehind(
            dsn, owner=owner, on_stored=lambda organisations: self._bells.ring(organisations=organisations)
        )
        self._tests = LinkTests(dsn, ours=self._ours, steps=self._steps)
        self._control: psycopg.AsyncConnection[Any] | None = None
        self._owners: dict[UUID, tuple[tuple[Any, ...], LinkOwner, asyncio.Task[None]]] = {}
        self._states: dict[UUID, tuple[str, dict[str, Any]]] = {}
        self._saved: dict[UUID, tuple[str, dict[str, Any]]] = {}
        self._saved_at = 0.0
        self._state_connection: psycopg.AsyncConnection[Any] | None = None
        self._reload = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()
        self._reload.set()

    async def run(self) -> None:
        """Work until `stop`: then drain every link, store what is left, give the leases back."""
        tasks = [
            asyncio.create_task(work, name=name)
            for name, work in (
                ("intake", self._texts.run()),
                ("bells", self._bells.run()),
                ("listen", self._listen()),
                ("states", self._save_states()),
                ("opposed", self._opposed.run()),
                ("fail-over", self._fail_over.run()),
                ("left behind", self._left_behind.run()),
                ("tests", self._tests.run()),
            )
        ]
        for task in tasks:
            task.add_done_callback(lambda _: self._reload.set())
        try:
            while not self._stopping.is_set():
                look_again_s = LOOK_S
                try:
                    await self._arrange_links()
                except (psycopg.Error, OSError) as error:
                    log.error("links cannot be read: %s", type(error).__name__)
                    self._control, look_again_s = None, AGAIN_S
                for task in tasks:
                    if task.done():
                        # Without it texts would wait for ever, or links never change: better to be started again.
                        log.critical("%s has ended", task.get_name())
                        await self._leave()
                        task.result()
                await rung(self._reload, look_again_s)
                self._reload.clear()
            await self._leave()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=2.0)
            cut_all()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._bells.close()
            for connection in (self._control, self._state_connection):
                if connection is not None:
                    await connection.close()

    async def _leave(self) -> None:
        for _, owner, task in self._owners.values():
            owner.stop()
            if not owner.holds_lease:
                task.cancel()  # it has nothing to leave in order, and may be waiting for PostgreSQL
        running = [task for _, _, task in self._owners.values()]
        if running:
            await asyncio.wait(running, timeout=8.0)
        with suppress(psycopg.Error, OSError, TimeoutError):  # who watches sees it by the silence, too
            async with asyncio.timeout(2.0):
                await self._save_states_once(silence_s=1.0)

    async def _arrange_links(self) -> None:
        """Start, restart or stop owners so that they match the rows."""
        if self._control is None or self._control.closed:
            self._control = await connect(self._dsn)
        with cut_after(self._control, SILENCE_S):
            await self._keywords.load(self._control)
            rows = await (await self._control.execute(LOAD_LINKS)).fetchall()
        wanted = {row[0]: tuple(map(repr, row[:-1])) for row in rows}
        draining = {row[0] for row in rows if row[-1]}
        for link_id, (before, owner, task) in list(self._owners.items()):
            if link_id in draining:
                owner.drain()
            if wanted.get(link_id) != before or task.done() or (owner.leaving and link_id not in draining):
                owner.stop()
                await asyncio.wait([task], timeout=9.0)
                if not task.done():
                    # A second owner would get the lease at once, being us: not while the first may be at work.
                    log.error("link %s has not stopped yet", owner.config.name)
                    continue
                del self._owners[link_id]
        for link_id in set(self._states) - set(wanted):  # deleted or switched off: nothing more to say
            self._states.pop(link_id, None)
            self._saved.pop(link_id, None)
        for link_id, organisation_id, name, kind, link_settings, secret, lines, region, _ in rows:
            if link_id in self._owners:
                continue
            try:
                owner = self._make_owner(link_id, organisation_id, name, kind, link_settings, secret, lines, region)
            except Exception as error:  # one link that cannot be made costs the others nothing
                if self._states.get(link_id, ("",))[0] != "failed":
                    log.error("link %s cannot be made: %s", name, type(error).__name__)
                self._note_state(link_id, "failed", {"error": str(error)})
                continue
            if link_id in draining:
                owner.drain()
            task = asyncio.create_task(owner.run(), name=f"link {name}")
            self._owners[link_id] = (wanted[link_id], owner, task)

    def _make_owner(
        self,
        link_id: UUID,
        organisation_id: UUID,
        name: str,
        kind: str,
        link_settings: dict[str, Any],
        secret: bytes,
        lines: dict[str, str],
        region: str,
    ) -> LinkOwner:
        """Raises whatever is wrong with the row: its secret cannot be opened, its adapter is not here..."""
        return LinkOwner(
            config_of(link_id, organisation_id, name, link_settings, secret, lines, region),
            adapter_class(kind),
            lines={address: UUID(line_id) for address, line_id in lines.items()},
            owner=self._owner,
            dsn=self._dsn,
            texts=self._texts,
            bells=self._bells,
            on_state=self._note_state,
            keywords=self._keywords,
            opposed=self._opposed,
        )

    def _ours(self) -> list[UUID]:
        return [link_id for link_id, (_, owner, _) in self._owners.items() if owner.holds_lease]

    async def _steps(self, link_id: UUID, connection: psycopg.AsyncConnection[Any]) -> Steps:
        """How a link is tried: as its row is now, which need not be enabled."""
        with cut_after(connection, SILENCE_S):
            row = await (await connection.execute(LOAD_LINK, {"link": link_id})).fetchone()
        if row is None:
            return
        entry = self._owners.get(link_id)
        async for one in steps_of(
            adapter_class(row[3]), config_of(*row[:3], *row[4:8]), entry[1].adapter if entry else None
        ):
            yield one

    async def _listen(self) -> None:
        """Wake on NOTIFY; without it the sweeps of each owner do the same a little later."""
        while True:
            try:
                async with await connect(self._dsn) as connection:
                    await connection.execute(f'listen "{doorbell.OUTBOX}"')
                    await connection.execute(f'listen "{doorbell.LINKS}"')
                    async for notice in connection.notifies():
                        if notice.channel == doorbell.LINKS:
                            self._reload.set()
                            self._tests.wake()
                        else:
                            for _, owner, _ in self._owners.values():
                                owner.wake()
            except (psycopg.Error, OSError):
                await asyncio.sleep(1.0)

    def _note_state(self, link_id: UUID, state: str, facts: dict[str, Any]) -> None:
        before = self._states.get(link_id)
        self._states[link_id] = (state, {**facts})
        if before is None or before[0] != state:
            log.info("link %s: %s %s", link_id, state, facts.get("error", ""))
            with suppress(OSError):  # a full disk is no reason to leave an operator
                self._mark_ready()

    def _mark_ready(self) -> None:
        names = {link_id: owner.config.name for link_id, (_, owner, _) in self._owners.items()}
        bound = [
            names[link_id] for link_id, (state, _) in self._states.items() if state == "bound" and link_id in names
        ]
        mark_ready("gateway", bound=sorted(bound), links=sorted(names.values()))

    async def _save_states(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            try:
                await self._save_states_once()
                self._mark_ready()
            except (psycopg.Error, OSError):
                continue

    async def _save_states_once(self, silence_s: float = SILENCE_S) -> None:
        """Write what changed, and everything each five seconds, so that a reader can tell old from silent."""
        now = asyncio.get_running_loop().time()
        everything = now - self._saved_at >= 5.0
        if everything:
            self._saved_at = now
        if self._state_connection is None or self._state_connection.closed or self._state_connection.broken:
            self._state_connection = await connect(self._dsn)
        for link_id, (state, facts) in list(self._states.items()):
            entry = self._owners.get(link_id)
            if entry is not None and not entry[1].holds_lease and state != "failed":
                continue  # the owner elsewhere says how it is
            said = (state, {**facts, **(entry[1].facts() if entry is not None else {})})
            if self._saved.get(link_id) == said and not everything:
                continue
            # What another process, or this link's owner before, had connected is not what is connected now.
            anew = state == "bound" and link_id not in self._saved
            self._saved[link_id] = said  # even where it cannot be written: a deleted link must not stop the rest
            shown = {key: value for key, value in said[1].items() if key != "error"}
            with cut_after(self._state_connection, silence_s), suppress(psycopg.IntegrityError):
                await self._state_connection.execute(
                    SAVE_STATE,
                    {
                        "link": link_id,
                        "state": state,
                        "error": str(facts.get("error", ""))[:300],
                        "facts": json.dumps(shown, default=str),
                        "anew": anew,
                    },
                )


def owner_name() -> str:
    """Who we are on a lease. A supervisor that reaps its children gives a name that outlives them (PALABRE_OWNER),
    so that a restarted process takes its own leases back at once; any other process is a stranger."""
    given = os.environ.get("PALABRE_OWNER", "")
    return given or f"{socket.gethostname()}:{os.getpid()}:{os.urandom(4).hex()}"


async def _main() -> None:
    clear_ready("gateway")
    gateway = Gateway(dsn=settings.DATABASE_URL, redis_url=settings.REDIS_URL, owner=f"gateway@{owner_name()}")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, gateway.stop)
    settled()
    await gateway.run()
    clear_ready("gateway")


def main() -> None:
    """Run the gateway until SIGTERM."""
    import uvloop

    uvloop.run(_main())
