"""What a link's owner writes a little later than it is known, and looks for now and then."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from conversations.line_in import LinkIntake
from conversations.results import LinkResults
from conversations.store import LinkStore
from jobs.leases import HeldLease

log = logging.getLogger(__name__)


async def write_behind(intake: LinkIntake, store: LinkStore, lease: HeldLease, results: LinkResults) -> None:
    """Every half second: which answers the peer surely has. Every two: long texts that wait for a part. Every ten:
    parts that an earlier owner sent or was about to send."""
    link = results.config
    turn = 0
    while True:
        try:
            await confirm(link.id, intake, store)
            if turn % 20 == 0:
                await _take_up(store, lease, results)
                await intake.forget_old()
            if turn % 4 == 0:
                await intake.join_due()
        except Exception as error:
            log.warning("link %s: writing behind failed: %s", link.name, type(error).__name__)
        turn += 1
        await asyncio.sleep(0.5)


async def take_up(store: LinkStore, lease: HeldLease, results: LinkResults) -> None:
    """Every ten seconds what earlier owners left unanswered; for an owner that rests, as nobody else would ever say
    what became of it."""
    while True:
        try:
            await _take_up(store, lease, results)
        except Exception as error:
            log.warning("link %s: what was left cannot be read: %s", results.config.name, type(error).__name__)
        await asyncio.sleep(10)


async def _take_up(store: LinkStore, lease: HeldLease, results: LinkResults) -> None:
    left = await store.unfinished(results.config.id, lease.epoch)
    if left:
        log.warning("link %s: %d parts left unanswered by former owners", results.config.name, len(left))
    for outcome in left:
        results.keep(outcome)


async def confirm(link_id: UUID, intake: LinkIntake, store: LinkStore) -> None:
    keys = intake.take_confirmed()
    if not keys:
        return
    try:
        await store.confirm(link_id, keys)
    except BaseException:
        intake.give_back_confirmed(keys)
        raise
