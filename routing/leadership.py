"""Which organisations this process leads: one lease each, renewed every second on a connection of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg

from common.places import place_of
from conversations.patience import cut_after
from jobs import leases
from jobs.leases import HeldLease

log = logging.getLogger(__name__)

LEASE_S = 4.0
RENEW_EVERY_S = 1.0
ANSWER_S = 3.0  # for a round of renewals: a connection whose other end has vanished would be silent for minutes


class Leadership:
    """`held` is what may be acted upon: a lease that could not be renewed leaves it when its own deadline comes near.

    The database checks the epoch again inside each transaction that acts, so this is only a courtesy to ourselves.
    """

    def __init__(self, dsn: str, owner: str, on_change: Callable[[], None]) -> None:
        self._dsn = dsn
        self._owner = owner
        self._on_change = on_change
        self._held: dict[UUID, HeldLease] = {}
        self._names: dict[UUID, str] = {}
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self.first_look = asyncio.Event()  # set once we know whether we lead or stand by

    @property
    def held(self) -> dict[UUID, HeldLease]:
        return {id_: lease for id_, lease in self._held.items() if lease.left() > 0}

    @property
    def names(self) -> list[str]:
        """Of the organisations that we lead, for people."""
        return sorted(self._names[id_] for id_ in self.held)

    async def run(self) -> None:
        """Take and renew, for ever; a database that is away or silent is asked again each second."""
        before: set[UUID] = set()
        while True:
            try:
                await self._renew_all()
                self.first_look.set()
            except Exception as error:  # whatever it is: without leases nothing would be assigned any more
                log.warning("leases wait for the database: %s", type(error).__name__)
                await self._drop_connection()
            if (now := set(self.held)) != before:
                before = now
                log.info("leading: %s", ", ".join(self.names) or "nobody")
                self._tell()
            await asyncio.sleep(RENEW_EVERY_S)

    def _tell(self) -> None:
        try:
            self._on_change()
        except Exception as error:  # a disk that is full is no reason to stop leading
            log.error("nobody hears who leads: %s at %s", type(error).__name__, place_of(error))

    async def give_back(self) -> None:
        """Let others lead at once. Best effort: what is not given back expires."""
        try:
            for lease in self._held.values():
                connection = await self._connected()
                await connection.execute(
                    leases.GIVE_BACK, {"name": lease.name, "owner": lease.owner, "epoch": lease.epoch}
                )
        except (psycopg.Error, OSError):
            pass
        self._held.clear()
        await self._drop_connection()

    async def _renew_all(self) -> None:
        connection = await self._connected()
        with cut_after(connection, ANSWER_S):
            rows = await (await connection.execute("select id, name from accounts_organisation")).fetchall()
            self._names = dict(rows)
            for id_ in self._held.keys() - self._names.keys():
                del self._held[id_]
            for id_ in self._names:
                lease = await self._renewed(connection, id_) or await self._taken(connection, id_)
                if lease is None:
                    self._held.pop(id_, None)
                else:
                    self._held[id_] = lease

    async def _renewed(self, connection: psycopg.AsyncConnection[Any], id_: UUID) -> HeldLease | None:
        held = self._held.get(id_)
        if held is None:
            return None
        asked_at = leases.ticking()
        row = await (
            await connection.execute(
                leases.RENEW,
                {"name": held.name, "owner": held.owner, "epoch": held.epoch, "seconds": LEASE_S},
            )
        ).fetchone()
        return None if row is None else HeldLease(held.name, held.owner, held.epoch, asked_at + LEASE_S)

    async def _taken(self, connection: psycopg.AsyncConnection[Any], id_: UUID) -> HeldLease | None:
        asked_at, name = leases.ticking(), f"routing:{id_}"
        row = await (
            await connection.execute(leases.TAKE, {"name": name, "owner": self._owner, "seconds": LEASE_S})
        ).fetchone()
        return None if row is None else HeldLease(name, self._owner, row[0], asked_at + LEASE_S)

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._dsn,
                autocommit=True,
                connect_timeout=3,
                application_name="palabre dispatcher leases",
                # A statement that hangs must not keep us from seeing that our leases run out.
                options="-c statement_timeout=2000",
            )
        return self._connection

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                await connection.close()
