"""The contract between the gateway and whatever carries messages: one adapter a medium and provider.

An adapter reads from its provider and awaits `intake` before it acknowledges; it is handed parts to submit, and
answers with the provider's id or one of the refusals below. It never sees the database, and nobody above
`config` sees an adapter.

DeliveryError
|-- SubmitRefused   the provider said no; `throttled`: slow down and try again; `permanent`: never again
|-- SubmitUnknown   written, or perhaps written, and no answer: what happened is not known
`-- NotBound        surely nothing was written: try again later

IntakeError
|-- IntakeUnavailable   not stored (the database is away): answer a temporary error, the operator keeps the text
`-- IntakeFull          not stored (too many in the queue): answer "throttled"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a medium can do. Sent to the browser: nobody else asks what kind of line it is.

    `attachments`: pictures, sounds and films may be sent. `media`: of which types; `most_media` with one text, of
    `largest_media` octets together.
    """

    medium: str
    longest_text: int  # characters
    counts_segments: bool
    attachments: bool
    receipts: bool
    media: tuple[str, ...] = ()
    most_media: int = 0
    largest_media: int = 0


@dataclass(frozen=True, slots=True)
class LinkConfig:
    """One enabled Link, as its adapter sees it. `lines` are the addresses that it serves, such as "1919".

    `webhooks`: where a provider that calls us reaches this link (see Webhooks), without the kind at its end.
    """

    id: UUID
    organisation_id: UUID
    name: str
    settings: Mapping[str, Any]
    secret: str = field(repr=False)
    lines: tuple[str, ...]
    webhooks: str = ""


@dataclass(frozen=True, slots=True)
class InboundMedium:
    """A picture, a sound, a film that belongs to a text: where its provider keeps it, and what it calls it."""

    url: str = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True)
class InboundText:
    """A whole text from a subscriber. `sender` and `recipient` as the provider gave them.

    `key` is transport evidence, unique for a link and a real text: the same text delivered again carries the same
    key, the same words truly sent again carry another. At most 200 characters.
    """

    link_id: UUID
    key: str
    sender: str
    recipient: str
    sender_ton: int
    body: str = field(repr=False)  # words of people stay out of logs, and so out of every repr
    raw: bytes = field(repr=False)
    encoding: str
    parts: int = 1
    thread_key: str = ""
    fingerprint: bytes | None = None
    missing: tuple[int, ...] = ()  # parts that never came, shown as a gap
    keyword: str = ""  # what the provider says that it asks for (contacts.keywords.Keyword); "": it says nothing
    media: tuple[InboundMedium, ...] = ()  # fetched when the text is stored (conversations/attachments.py)


@dataclass(frozen=True, slots=True)
class InboundPart:
    """One part of a long text, made durable before its own acknowledgement.

    `group` names the text it belongs to on this link (at most 300 characters); `part` counts from 1. `data` holds
    what `LinkAdapter.join` needs besides the payload, as JSON values: the gateway only keeps it.
    """

    link_id: UUID
    key: str
    group: str
    part: int
    total: int
    sender: str
    recipient: str
    sender_ton: int
    payload: bytes = field(repr=False)
    data: Mapping[str, Any]
    raw: bytes = field(repr=False)
    thread_key: str = ""
    fingerprint: bytes | None = None


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part as the gateway hands it back for joining."""

    part: int
    total: int
    payload: bytes = field(repr=False)
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JoinedText:
    """A long text again. `missing` parts are shown as a gap."""

    text: str = field(repr=False)
    encoding: str
    total: int
    missing: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class InboundReceipt:
    """What became of a message. `provider_ids`: spellings of its id, best first.

    `state` is delivered, failed, expired, rejected, enroute, accepted or unknown.
    """

    link_id: UUID
    provider_ids: tuple[str, ...]
    address: str
    state: str
    error: str
    text: str = field(repr=False)
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class InboundUnreadable:
    """Something that could not be read. Kept byte for byte, with an alarm, and acknowledged once."""

    link_id: UUID
    key: str
    raw: bytes = field(repr=False)
    error: str
    sender: str = ""


class Planned(NamedTuple):
    """What a text costs over one link, and how it will be handed over.

    `parts`: short messages that the subscriber's phone gets and the operator charges for. `submits`: how often
    `submit` is called for it; 0: once for each part. It is 1 where the provider cuts a long text itself.
    """

    encoding: str
    parts: int
    submits: int = 0


@dataclass(frozen=True, slots=True)
class OutboundPart:
    """One part to submit. The adapter cuts `text` by `reference` always the same way and sends part `part`.

    `parts` counts submits. `encoding` is what `plan` said ("": nobody planned); the link's settings may be others by
    now, and parts that have left cannot be cut anew. `weight`: short messages that this one submit becomes.
    """

    attempt_id: UUID
    message_id: UUID
    part: int
    parts: int
    source: str
    destination: str
    text: str = field(repr=False)
    reference: int
    lane: int
    encoding: str = ""
    weight: int = 1
    opposed: bool = False  # the number opted out before the claim: never handed to an adapter
    regardless: bool = False  # of an opt-out, too: what confirms it
    media: int = 0  # pictures, sounds, films that leave with it: conversations/media_links.py says where they are had


class IntakeError(Exception):
    pass


class IntakeUnavailable(IntakeError):
    pass


class IntakeFull(IntakeError):
    pass


class DeliveryError(Exception):
    pass


class SubmitRefused(DeliveryError):
    """`spelled`: the code as this provider writes it, for providers that do not write 0x00000058.

    `wait_s`: with a throttle, how long the provider asked to be left alone; 0: it did not say.
    """

    wait_s = 0.0

    def __init__(self, code: int, reason: str, *, permanent: bool, throttled: bool = False, spelled: str = "") -> None:
        self.spelled = spelled or f"0x{code:08X}"
        super().__init__(f"{reason} ({self.spelled})")
        self.code = code
        self.reason = reason
        self.permanent = permanent
        self.throttled = throttled


class SubmitUnknown(DeliveryError):
    """`provider_ids`: spellings of the id that receipts will name, where it is known without an answer."""

    def __init__(self, reason: str, *, provider_ids: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.provider_ids = provider_ids


class NotBound(DeliveryError):
    pass


class Intake(Protocol):
    """What the gateway gives to an adapter. Each `await` returns after the rows are committed."""

    async def text(self, item: InboundText) -> bool:
        """Store a text. False: it was seen before, acknowledge all the same. Raises IntakeError."""

    async def part(self, item: InboundPart) -> None:
        """Store a part; the text itself is accepted by the gateway once whole. Raises IntakeError."""

    async def receipt(self, item: InboundReceipt) -> None:
        """Store a receipt, matched or parked. Raises IntakeError."""

    async def unreadable(self, item: InboundUnreadable) -> None:
        """Keep the bytes and raise an alarm. Raises IntakeError."""

    async def unconfirmed(self) -> dict[bytes, list[str]]:
        """Fingerprint -> keys, oldest first, of this link's last texts whose answers the peer may not have got: of the
        last minute; at first, of the last minute of the owner before us, however long nobody owned the link."""

    def confirmed(self, keys: Sequence[str]) -> None:
        """The peer has shown life after our answers to these. Written behind, in batches."""

    def late(self, attempt_id: UUID, answer: Sequence[str] | SubmitRefused) -> None:
        """An answer came after `submit` had given up on it: what was unknown is known. `answer`: the spellings of the
        provider's id, verbatim first, or its refusal."""

    def still_ours(self) -> bool:
        """Whether the link is ours for certain. Ask right before each write to the provider: a process that was stopped
        and goes on finds another owner at work, and must not say one word more."""

    def state(self, state: str, **facts: Any) -> None:
        """Say how the link is: connecting, bound, unbound, failed, draining; `error` in words; other facts."""


class LinkAdapter(Protocol):
    """One link at work. Made by the gateway that holds the link's lease; never two of one link at once.

    What an adapter may have besides:

    `paced` (bool): a rate, and not only a window, bounds what leaves now.
    `room(lane=, ahead=)`: asked instead of `ready()`. How many parts of this lane, or a more urgent one, may be claimed
    while `ahead` parts that were claimed wait for the ones before them. In `submit`, lane 0 goes before the others.
    `probe(config, running)` (static): tries the link for an administrator and yields what came of each step
    (conversations/link_tests.py). `running`: the adapter of the same link where it is at work, not to be disturbed.
    `for_sender(address)` (of the class): the capabilities of a line with this address, where they are not all alike.
    `facts()`: figures of this moment for the people who watch the link, as JSON values (docs/watching.md).
    """

    capabilities: ClassVar[Capabilities]

    def __init__(self, config: LinkConfig, intake: Intake) -> None: ...

    @staticmethod
    def check(settings: Mapping[str, Any], secret: str) -> None:
        """Raises ValueError, whose text begins with the name of the setting that cannot be used. Pure."""

    @staticmethod
    def plan(text: str, settings: Mapping[str, Any]) -> Planned:
        """How `text` will be sent by a link of these settings. Pure and quick: asked for each message stored."""

    @staticmethod
    def spare(text: str, settings: Mapping[str, Any]) -> str:
        """`text` with signs that cost a short message or more replaced by their likes, where that saves one; else as it
        is. No word changes and nothing is left out. Pure. Asked where the line says so (Line.saver)."""

    @staticmethod
    def join(parts: Sequence[StoredPart]) -> JoinedText:
        """A long text out of its parts, in any order; some may be missing (they never came). Pure."""

    async def run(self) -> None:
        """Connect, keep the session, connect again; returns after `drain`, or when cancelled."""

    async def drain(self) -> None:
        """Take no more work, wait up to 5 s for answers, leave the provider in good order."""

    def ready(self) -> int:
        """How many parts may be submitted now, by window and rate. 0: none."""

    async def wait_ready(self) -> None:
        """Return as soon as `ready()` may be above zero."""

    async def submit(self, part: OutboundPart) -> tuple[str, ...]:
        """Hand over one part. Returns the spellings of the provider's id, verbatim first. Raises DeliveryError."""


# --- Providers that call us ------------------------------------------------------------------------------------

TEXTS, RECEIPTS = "texts", "receipts"  # the kinds of webhook: the last word of its address


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """What somebody posted to a link's address. `url`: the public one, with its query; names of headers are small."""

    kind: str
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Heard(NamedTuple):
    """What a webhook says, and how the provider wants to be answered once that is durable."""

    items: tuple[InboundText | InboundReceipt | InboundUnreadable, ...]
    content_type: str = "text/plain"
    answer: bytes = b""


class WebhookRefused(Exception):
    """Nothing of it is kept. `status`: 400 and its likes, 403 where it is not shown that the provider wrote it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Webhooks(Protocol):
    """What an adapter has besides where its provider calls us (conversations/webhooks.py)."""

    @staticmethod
    def hear(request: WebhookRequest, config: LinkConfig) -> Heard:
        """Prove that the provider wrote it, then read it. Pure: it is asked while the database is away, too.

        There is no way around the proof: no setting, no mode. Raises WebhookRefused.
        """


class KeepsMedia(Protocol):
    """What an adapter has besides whose provider keeps what comes with a text."""

    @staticmethod
    def media(url: str, config: LinkConfig) -> MediaAccess:
        """Raises ValueError for an address that is none of the provider's."""


class MediaAccess(NamedTuple):
    """`headers`: for the host of the address alone. `emulated`: it may be on this machine (never in production)."""

    headers: Mapping[str, str]
    emulated: bool = False
