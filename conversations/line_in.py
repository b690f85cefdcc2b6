"""What the gateway hands to an adapter as its `Intake`: from what a provider said to rows."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID
from weakref import WeakValueDictionary

from common.waiting import rung
from contacts.keywords import Keyword
from contacts.numbers import normalise
from conversations.adapters import (
    InboundPart,
    InboundReceipt,
    InboundText,
    InboundUnreadable,
    IntakeError,
    IntakeUnavailable,
    LinkConfig,
    SubmitRefused,
)
from conversations.batching import Batcher
from conversations.intake import ReadyText, Stored
from conversations.keyword_book import KeywordBook
from conversations.long_texts import Late, LongTexts, Whole
from conversations.opposed import Opposed
from conversations.outcomes import Outcome, ReadyReceipt
from conversations.store import LinkStore

log = logging.getLogger(__name__)

HELD = 3  # long texts of one round; each has waited for the database's patience
CLASHES = 5  # with other writers of the same link, which is only its former owner: one is the most there can be

FIRST_BINDS_S = 60.0  # from the first bind of a lease on: a link may have several, and each begins by asking


def _bare(address: str) -> str:
    """A line's address as it is compared: an operator may leave out the "+" that we wrote, or add one."""
    return address.strip().lstrip("+")


class Texts(Protocol):
    async def put(self, item: ReadyText, /) -> Stored:
        """Returns once it is committed, or put off. Raises IntakeError."""


class LinkIntake:
    """The `Intake` of one link (see conversations.adapters). Holds no connection: batches and the store do."""

    def __init__(
        self,
        config: LinkConfig,
        *,
        lines: Mapping[str, UUID],
        texts: Texts,
        results: Batcher[Outcome | ReadyReceipt, None],
        store: LinkStore,
        long_texts: LongTexts,
        on_completed: Callable[[UUID], None],
        late: Callable[[UUID, Sequence[str] | SubmitRefused], None],
        on_state: Callable[[str, dict[str, Any]], None],
        still_ours: Callable[[], bool],
        may_store: Callable[[], bool],
        epoch: int | None,
        former_until: datetime | None,
        keywords: KeywordBook,
        opposed: Opposed,
    ) -> None:
        self._config = config
        self._keywords = keywords
        self._opposed = opposed
        self._still_ours = still_ours
        self._may_store = may_store
        self._epoch = epoch
        self._ended = False
        self._storing = 0  # texts that were handed on and have no answer yet
        self._settled = asyncio.Event()
        self._settled.set()
        self._region = str(config.settings.get("region", "")) or "BJ"
        self._lines = {_bare(address): line_id for address, line_id in lines.items()}
        self._texts = texts
        self._results = results
        self._store = store
        self._long_texts = long_texts
        self._on_completed = on_completed  # hears of the organisation whose log has grown
        self._on_state = on_state
        self._late = late
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._confirmed: list[str] = []
        self._former_until = former_until
        self._first_bind: float | None = None

    def serves(self, address: str) -> bool:
        """Whether one of the link's lines has this address."""
        return _bare(address) in self._lines

    async def text(self, item: InboundText) -> bool:
        stored = await self._stored(item)
        return stored is None or stored.message_id is not None or bool(stored.refused)

    async def _stored(self, item: InboundText) -> Stored | None:
        """None: kept unread."""
        line_id = self._lines.get(_bare(item.recipient))
        if line_id is None:
            reason = f"no line of this link is called {item.recipient[:40]!r}"
            await self.unreadable(InboundUnreadable(item.link_id, item.key, item.raw, reason, item.sender))
            return None
        sender = normalise(item.sender, region=self._region, ton=item.sender_ton)
        if not sender.value:  # blanks, controls: whoever wrote would share one address with all such
            await self.unreadable(InboundUnreadable(item.link_id, item.key, item.raw, "no sender"))
            return None
        said, hint = self._keywords.judge(line_id, item.recipient, item.body, item.keyword)
        ready = ReadyText(
            line_id, sender.value, item, self.may_store, self._config.organisation_id,
            keyword=said.keyword if said else None, language=said.language if said else "", hint=hint,
            epoch=self._epoch,
        )  # fmt: skip
        if item.media:  # first: of a crash in between comes a copy, which would find the text and not what is with it
            await self._store.keep_media(item, self._config.organisation_id, line_id, sender.value)
        stored = await self._put(ready)
        if stored.put_off:
            raise IntakeUnavailable(stored.put_off)
        if said and said.keyword != Keyword.HELP and stored.message_id is not None:
            opted_out = said.keyword == Keyword.OPT_OUT
            self._opposed.note(self._config.organisation_id, sender.value, opted_out=opted_out)
        return stored

    async def _put(self, ready: ReadyText) -> Stored:
        self._storing += 1
        self._settled.clear()
        try:
            return await self._texts.put(ready)
        finally:
            self._storing -= 1
            if not self._storing:
                self._settled.set()

    def may_store(self) -> bool:
        """Asked right before a text is stored."""
        return not self._ended and self._may_store()

    def end(self) -> None:
        """The work under this lease is over. What still waits to be stored is not: it comes again, to whoever has the
        link then, who would not know that it is a copy."""
        self._ended = True

    async def settled(self, seconds: float) -> None:
        """Return when every text that was handed on is stored, or never will be; at the latest after `seconds`."""
        await rung(self._settled, seconds)

    async def part(self, item: InboundPart) -> None:
        # One after the other for each reference, in the order they came: some senders use the same one for every text.
        async with self._turn(item.group):
            for _ in range(CLASHES):
                if not self.may_store():
                    raise IntakeUnavailable("the link has another owner")
                kept = await self._long_texts.keep(item)
                if kept.whole is not None or kept.late is not None:
                    try:
                        await self._join(kept.whole or kept.late)
                    except IntakeError as error:
                        if kept.clash:
                            raise  # this part is not stored: the older text is in its way
                        # It is: the owner's sweep joins it. Refused now, it would come again under another key.
                        log.warning("a long text of link %s is joined later: %s", item.link_id, error)
                if not kept.clash:
                    return
        raise IntakeUnavailable("the reference is in use again and again")

    async def join_due(self) -> None:
        """Long texts that are whole and were left lying, or have waited long enough for what is missing.

        Raises IntakeError when HELD of them could not be stored: then it is the database, and not a held conversation.
        """
        held = 0
        for group, at_any_rate in await self._long_texts.due():
            async with self._turn(group):
                try:
                    await self._join(await self._long_texts.read(group, at_any_rate=at_any_rate))
                except IntakeError as error:
                    held += 1
                    if held == HELD:
                        raise
                    log.warning("a long text of link %s waits: %s", self._config.id, error)
                except Exception:
                    log.exception("a long text of link %s cannot be joined", self._config.id)  # the others still can

    async def forget_old(self) -> None:
        await self._long_texts.forget_old()

    async def _join(self, found: Whole | Late | None) -> None:
        """Store a long text as one, then let its parts go: in this order a crash repeats and loses nothing."""
        if isinstance(found, Whole):
            stored = await self._stored(found.text)
            message_id = stored.message_id if stored is not None else None
            await self._long_texts.stored(found, message_id, self._config.organisation_id)
        elif found is not None:
            organisation_id = await self._long_texts.complete(found)
            if organisation_id is not None:
                self._on_completed(organisation_id)

    def _turn(self, group: str) -> asyncio.Lock:
        return self._turns.setdefault(group, asyncio.Lock())

    async def receipt(self, item: InboundReceipt) -> None:
        address = normalise(item.address, region=self._region).value if item.address else ""
        await self._results.put(ReadyReceipt(address, item))

    async def unreadable(self, item: InboundUnreadable) -> None:
        await self._store.keep_unreadable(item)

    async def unconfirmed(self) -> dict[bytes, list[str]]:
        # What the owner before us left is offered again at the first binds, even when nobody was there for hours. Asked
        # later, so old a text could only be taken for a copy of what the subscriber truly sends again.
        now = time.monotonic()
        if self._first_bind is None:
            self._first_bind = now
        since = self._former_until if now - self._first_bind < FIRST_BINDS_S else None
        return await self._store.unconfirmed(self._config.id, since)

    def confirmed(self, keys: Sequence[str]) -> None:
        self._confirmed.extend(keys)

    def take_confirmed(self) -> list[str]:
        keys, self._confirmed = self._confirmed, []
        return keys

    def give_back_confirmed(self, keys: Sequence[str]) -> None:
        """They could not be written. Forgotten, they would let a text that is truly sent again pass for a copy."""
        self._confirmed[:0] = keys

    def late(self, attempt_id: UUID, answer: Sequence[str] | SubmitRefused) -> None:
        self._late(attempt_id, answer)

    def still_ours(self) -> bool:
        return self._still_ours()

    def state(self, state: str, **facts: Any) -> None:
        self._on_state(state, facts)
