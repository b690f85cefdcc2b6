"""From parts that a link's owner has claimed to what became of each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from conversations.adapters import (
    DeliveryError,
    LinkAdapter,
    LinkConfig,
    NotBound,
    OutboundPart,
    SubmitRefused,
    SubmitUnknown,
)
from conversations.figures import Figures
from conversations.models import DeliveryState
from conversations.opposed import Opposed
from conversations.outcomes import RETRY_S, Outcome, refused
from conversations.results import LinkResults

log = logging.getLogger(__name__)


class Submitting:
    """`may_write` is asked before each part is handed over: whether the lease still has time for it."""

    def __init__(
        self,
        config: LinkConfig,
        *,
        results: LinkResults,
        figures: Figures,
        may_write: Callable[[], bool],
        opposed: Opposed,
    ) -> None:
        self._config = config
        self._results = results
        self._figures = figures
        self._may_write = may_write
        self._opposed = opposed
        self.tasks: set[asyncio.Task[None]] = set()
        self.ahead = 0  # parts that are claimed and not handed over yet: each waits for the one before it

    def begin(self, adapter: LinkAdapter, parts: Sequence[OutboundPart]) -> None:
        """Submit what was claimed, in the order of the claim."""
        for part in parts:
            self._results.begun(part)
        for _, answer in groupby(parts, key=attrgetter("message_id")):
            mine = list(answer)
            self.ahead += len(mine)
            task = asyncio.create_task(self._submit(adapter, mine))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _submit(self, adapter: LinkAdapter, parts: Sequence[OutboundPart]) -> None:
        """The parts of one answer, each when the one before has its own: told "not now", a part would come behind those
        after it, and of a text that is refused for good no further part may leave."""
        waiting = len(parts)
        try:
            for place, part in enumerate(parts, 1):
                waiting -= 1
                self.ahead -= 1
                outcome, go_on = await self._submit_part(adapter, part)
                self._results.keep(outcome)
                if not go_on:
                    for later in parts[place:]:
                        self._results.keep(again(later.attempt_id, later.message_id, "a part before it was not taken"))
                    return
        finally:
            self.ahead -= waiting

    def _is_opposed(self, part: OutboundPart) -> bool:
        """Whether its number had opted out at the claim, or has since: asked as late as can be."""
        if part.regardless:
            return False
        return part.opposed or (self._config.organisation_id, part.destination) in self._opposed

    async def _submit_part(self, adapter: LinkAdapter, part: OutboundPart) -> tuple[Outcome, bool]:
        """What became of it, and whether the next part may follow. Swallows being cancelled: what is known is kept."""
        silence = Outcome(
            part.attempt_id, part.message_id, DeliveryState.UNKNOWN, error_code="silence", error_text="no answer"
        )
        if self._is_opposed(part):
            return _opted_out(part), False
        try:
            if not self._may_write():
                raise NotBound("the lease is about to expire")
            if part.media and not adapter.capabilities.attachments:
                raise SubmitRefused(0, "this link carries no attachments", permanent=True, spelled="no_media")
            ids = await adapter.submit(part)
        except NotBound:
            return again(part.attempt_id, part.message_id, "not bound"), False
        except SubmitRefused as refusal:
            if refusal.throttled:
                self._figures.throttled(str(refusal))
            else:
                self._figures.failed("refused", str(refusal))
            return refused(part.attempt_id, part.message_id, refusal, retry_after_s=RETRY_S), False
        except DeliveryError as error:
            self._figures.failed("unanswered", str(error))
            if isinstance(error, SubmitUnknown):
                silence = replace(silence, provider_ids=error.provider_ids)
            return silence, True  # it may have arrived: without the others it would be nothing
        except asyncio.CancelledError:
            self._figures.failed("unanswered", "stopped before the answer came")
            return silence, False
        except Exception as error:
            log.exception("link %s: submitting failed in our own code", self._config.name)
            self._figures.failed("unanswered", f"a fault of ours: {type(error).__name__}")
            fault = Outcome(
                part.attempt_id, part.message_id, DeliveryState.UNKNOWN, error_code="fault", error_text="fault of ours"
            )
            return fault, True
        self._figures.sent()
        return Outcome(part.attempt_id, part.message_id, DeliveryState.SENT, tuple(ids)), True


def again(attempt_id: UUID, message_id: UUID, reason: str) -> Outcome:
    """Surely nothing was written: back to the queue."""
    return Outcome(
        attempt_id, message_id, DeliveryState.QUEUED, error_text=reason, withdrawn=True, retry_after_s=RETRY_S
    )


def _opted_out(part: OutboundPart) -> Outcome:
    return Outcome(
        part.attempt_id, part.message_id, DeliveryState.FAILED, error_code="opted_out", error_text="opted out"
    )
