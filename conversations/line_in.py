"""What the gateway hands to an adapter as its `Intake`: from what a provider said to rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from contacts.numbers import normalise
from conversations.adapters import (
    InboundPart,
    InboundReceipt,
    InboundText,
    InboundUnreadable,
    LinkConfig,
)
from conversations.batching import Batcher
from conversations.intake import ReadyText, Stored
from conversations.outbox import Outcome, ReadyReceipt
from conversations.store import LinkStore

log = logging.getLogger(__name__)


class LinkIntake:
    """The `Intake` of one link (see conversations.adapters). Holds no connection: batches and the store do."""

    def __init__(
        self,
        config: LinkConfig,
        *,
        lines: Mapping[str, UUID],
        texts: Batcher[ReadyText, Stored],
        results: Batcher[Outcome | ReadyReceipt, None],
        store: LinkStore,
        late: Callable[[UUID, tuple[str, ...]], None],
        on_state: Callable[[str, dict[str, Any]], None],
    ) -> None:
        self._config = config
        self._region = str(config.settings.get("region", "")) or "BJ"
        self._lines = lines
        self._texts = texts
        self._results = results
        self._store = store
        self._on_state = on_state
        self._late = late
        self._confirmed: list[str] = []

    async def text(self, item: InboundText) -> bool:
        line_id = self._lines.get(item.recipient.strip().lstrip("+"))
        if line_id is None:
            reason = f"no line of this link is called {item.recipient[:40]!r}"
            await self.unreadable(InboundUnreadable(item.link_id, item.key, item.raw, reason, item.sender))
            return True
        sender = normalise(item.sender, region=self._region, ton=item.sender_ton)
        stored = await self._texts.put(ReadyText(line_id, sender.value, item))
        return stored.message_id is not None or bool(stored.refused)

    async def part(self, item: InboundPart) -> None:
        kept = await self._store.keep_part(item)
        if kept.whole is not None:
            await self.whole(item.group, kept.whole)
        if kept.clash:
            kept = await self._store.keep_part(item)
            if kept.whole is not None and not kept.clash:
                await self.whole(item.group, kept.whole)

    async def whole(self, group: str, text: InboundText) -> None:
        """Store a complete long text as one, then let its parts go: in this order a crash repeats and loses nothing."""
        await self.text(text)
        await self._store.forget_parts(text.link_id, group, text.key)

    async def receipt(self, item: InboundReceipt) -> None:
        address = normalise(item.address, region=self._region).value if item.address else ""
        await self._results.put(ReadyReceipt(address, item))

    async def unreadable(self, item: InboundUnreadable) -> None:
        await self._store.keep_unreadable(item)

    async def unconfirmed(self) -> dict[bytes, str]:
        return await self._store.unconfirmed(self._config.id)

    def confirmed(self, keys: Sequence[str]) -> None:
        self._confirmed.extend(keys)

    def take_confirmed(self) -> list[str]:
        keys, self._confirmed = self._confirmed, []
        return keys

    def give_back_confirmed(self, keys: Sequence[str]) -> None:
        """They could not be written. Forgotten, they would let a text that is truly sent again pass for a copy."""
        self._confirmed[:0] = keys

    def late(self, attempt_id: UUID, provider_ids: Sequence[str] | str) -> None:
        self._late(attempt_id, (provider_ids,) if isinstance(provider_ids, str) else tuple(provider_ids))

    def state(self, state: str, **facts: Any) -> None:
        self._on_state(state, facts)
