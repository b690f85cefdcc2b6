"""What became of parts, from the moment it is known until it is stored. It lives as long as the link's owner object,
with the lease or without: nobody else knows these things, and a receipt finds its message only by them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import psycopg

from conversations.adapters import IntakeError, IntakeFull, LinkConfig, OutboundPart, SubmitRefused
from conversations.batching import Batcher
from conversations.bells import Bells
from conversations.intake import RESULT_SETTINGS, connect
from conversations.models import DeliveryState
from conversations.outcomes import RETRY_S, Outcome, ReadyReceipt, refused, store_results
from conversations.patience import cut_after

log = logging.getLogger(__name__)

SILENCE_S = 10.0  # of the database
# Tries, about a second apart, of an outcome whose batch fails by a fault that is not the database's absence. Then it is
# stored without its words (a receipt will not find it); were even that to fail, it is tried every PAUSE_S as long as we
# live: an outcome that nobody stores would keep the answers after it waiting, and could be taken for a claim unheard.
MOST_FAULTS = 60
PAUSE_S = 60.0
UNANSWERED_KEPT = 20_000  # parts whose answer may still come after we have given it up


class LinkResults:
    """The answers and receipts of one link, stored in natural batches, however long the database is away."""

    def __init__(self, config: LinkConfig, *, dsn: str, bells: Bells, on_stored: Callable[[], None]) -> None:
        """`on_stored` hears of each stored batch: an answer may be what the next of its conversation waited for."""
        self.config = config
        self._dsn = dsn
        self._bells = bells
        self._on_stored = on_stored
        self._over = False
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._keeping: dict[asyncio.Future[None], UUID] = {}  # what is being stored -> its attempt
        self._unanswered: OrderedDict[UUID, UUID] = OrderedDict()  # attempt -> message
        self.batches: Batcher[Outcome | ReadyReceipt, None] = Batcher(
            self._store, largest=200, room=20_000, patience_s=float("inf")
        )

    async def run(self) -> None:
        """Store until cancelled."""
        try:
            await self.batches.run()
        finally:
            self._over = True
            if self._connection is not None:
                await self._connection.close()

    def begun(self, part: OutboundPart) -> None:
        """From now on an answer to this part may come, even late."""
        self._unanswered[part.attempt_id] = part.message_id
        if len(self._unanswered) > UNANSWERED_KEPT:
            self._unanswered.popitem(last=False)

    def known(self) -> set[UUID]:
        """The attempts that are being submitted here, or whose outcome is about to be stored."""
        return {*self._unanswered, *self._keeping.values()}

    def keep(self, outcome: Outcome) -> None:
        """Have it stored, whatever it takes."""
        if outcome.state != DeliveryState.UNKNOWN:
            self._unanswered.pop(outcome.attempt_id, None)
        try:
            stored = self.batches.give(outcome)
        except IntakeError as error:
            self._insist(outcome, error)
        else:
            self._keeping[stored] = outcome.attempt_id
            stored.add_done_callback(partial(self._given, outcome))

    def _given(self, outcome: Outcome, stored: asyncio.Future[None]) -> None:
        del self._keeping[stored]
        error = None if stored.cancelled() else stored.exception()
        if isinstance(error, IntakeError):
            self._insist(outcome, error)

    def _insist(self, outcome: Outcome, error: IntakeError) -> None:
        task = asyncio.get_running_loop().create_task(self._store_surely(outcome, error))
        self._keeping[task] = outcome.attempt_id
        task.add_done_callback(self._keeping.pop)

    def late(self, attempt_id: UUID, answer: Sequence[str] | SubmitRefused) -> None:
        """An answer after we had given it up."""
        message_id = self._unanswered.get(attempt_id)
        if message_id is None:
            return
        if isinstance(answer, SubmitRefused):
            self.keep(refused(attempt_id, message_id, answer, retry_after_s=RETRY_S))
        else:
            self.keep(Outcome(attempt_id, message_id, DeliveryState.SENT, tuple(answer)))

    async def kept(self, seconds: float) -> None:
        """Return when all that is known is stored; after `seconds` in any case."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._keeping:
                    await asyncio.wait(list(self._keeping))
                await self.batches.emptied()

    async def _store_surely(self, outcome: Outcome, error: IntakeError) -> None:
        """After the first try has come to nothing."""
        faults = 0
        while True:
            if isinstance(error, IntakeFull):
                await asyncio.sleep(0.5)
            else:
                faults += 1
                if self._over:  # the next owner will call it unknown
                    self._tell("and could not be stored", outcome, error)
                    return
                if faults == MOST_FAULTS:
                    self._tell("and cannot be stored as it is", outcome, error)
                    outcome = replace(outcome, provider_ids=(), error_text="")
                # A fault that was ours, or another's of the same batch: each comes back after a pause of its own
                # length, so that they part.
                own = 0.5 + outcome.attempt_id.int % 1000 / 1000
                await asyncio.sleep(own if faults <= MOST_FAULTS else PAUSE_S)
            try:
                await self.batches.put(outcome)
            except IntakeError as again:
                error = again
            else:
                return

    def _tell(self, words: str, outcome: Outcome, error: Exception) -> None:
        log.error(
            "link %s: attempt %s is %s, the provider's id is %r, %s: %s",
            self.config.name,
            outcome.attempt_id,
            outcome.state.label,
            (outcome.provider_ids or ("",))[0],
            words,
            error,
        )

    async def _store(self, items: Sequence[Outcome | ReadyReceipt]) -> Sequence[None]:
        if self._connection is None or self._connection.closed:
            self._connection = await connect(self._dsn, **RESULT_SETTINGS)
        with cut_after(self._connection, SILENCE_S):
            if items:
                organisations = await store_results(
                    self._connection,
                    link_id=self.config.id,
                    outcomes=[item for item in items if isinstance(item, Outcome)],
                    receipts=[item for item in items if isinstance(item, ReadyReceipt)],
                )
                self._bells.ring(organisations=organisations)
                self._on_stored()
            else:
                await self._connection.execute("select 1")
        return [None] * len(items)
