"""What the last owner of a link left without an answer, where nobody will own the link after him.

A link that is enabled has its next owner, who finds what the one before him had begun (conversations/outbox.py). One
that was switched off while its owner died has none: its texts would be "being sent" for ever. Under its lease, so that
an owner who goes on after all writes nothing more, they become `unknown`, as they are.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg

from conversations.intake import LOOKUP_SETTINGS, connect
from conversations.outbox import unfinished
from conversations.outcomes import store_results
from conversations.patience import cut_after
from jobs import leases

log = logging.getLogger(__name__)

LOOK_EVERY_S = 30.0
SURELY_S = 15  # after the end of its lease: longer than one lasts
LEASE_S = 30
SILENCE_S = 10.0  # of the database

_WITHOUT_OWNER = """
select link.id, link.name from conversations_link link
left join jobs_lease lease on lease.name = 'link:' || link.id
where not link.is_enabled
  and (lease.name is null or lease.expires_at < clock_timestamp() - make_interval(secs => %(surely)s))
  and exists (select from conversations_attempt a where a.link_id = link.id and a.state = 1 and not a.withdrawn)
"""


class LeftBehind:
    """`on_stored` hears of the organisations whose texts are no longer being sent."""

    def __init__(self, dsn: str, *, owner: str, on_stored: Callable[[set[UUID]], None]) -> None:
        self._dsn = dsn
        self._owner = owner
        self._on_stored = on_stored

    async def run(self) -> None:
        """Look every LOOK_EVERY_S until cancelled. Of two gateways that look at once one gets the lease."""
        while True:
            try:
                async with await connect(self._dsn, **LOOKUP_SETTINGS) as connection:
                    while True:
                        organisations = await settle(connection, owner=self._owner)
                        if organisations:
                            self._on_stored(organisations)
                        await asyncio.sleep(LOOK_EVERY_S)
            except (psycopg.Error, OSError) as error:
                log.warning("what was left behind cannot be settled: %s", type(error).__name__)
                await asyncio.sleep(LOOK_EVERY_S)


async def settle(connection: psycopg.AsyncConnection[Any], *, owner: str) -> set[UUID]:
    """The organisations whose texts were settled."""
    found: set[UUID] = set()
    # A name of its own: an owner may take back what it holds itself, and a link that has been switched on again since
    # it was looked at is at work under `owner`.
    owner = f"{owner[:100]}: left behind"
    with cut_after(connection, SILENCE_S):
        links = await (await connection.execute(_WITHOUT_OWNER, {"surely": SURELY_S})).fetchall()
    for link_id, name in links:
        lease = {"name": f"link:{link_id}", "owner": owner}
        with cut_after(connection, SILENCE_S):
            row = await (await connection.execute(leases.TAKE, {**lease, "seconds": LEASE_S})).fetchone()
            if row is None:
                continue  # somebody owns it again
            try:
                left = await unfinished(connection, link_id=link_id, epoch=row[0])
                found |= await store_results(connection, link_id=link_id, outcomes=left, receipts=[])
            finally:
                await connection.execute(leases.GIVE_BACK, {**lease, "epoch": row[0]})
        log.warning("%d parts that %s left without an answer are unknown", len(left), name)
    return found
