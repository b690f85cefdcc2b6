"""The adapter of an SMPP link: what the gateway holds and calls (conversations.adapters.LinkAdapter)."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from channels_sms.smpp import alphabets, codes, inbound, outbound
from channels_sms.smpp import settings as smpp_settings
from channels_sms.smpp.connection import Connection, Patience
from channels_sms.smpp.pace import Pace
from channels_sms.smpp.receipts import MessageIds
from channels_sms.smpp.session import NoAnswer, NotWritten, Session, Timing
from common.waiting import rung
from conversations.adapters import (
    Capabilities,
    Intake,
    JoinedText,
    LinkConfig,
    NotBound,
    OutboundPart,
    Planned,
    StoredPart,
    SubmitRefused,
    SubmitUnknown,
)

# Of several binds, the link shows the state that most needs a look.
_WORST_FIRST = ("failed", "unbound", "connecting", "draining", "bound")
_DRAIN_S = 3.0  # for answers; with the unbind this stays under the 5 s of the contract
# A part waits no longer than this for room: what allowed it (a lease, a consent) was checked before the wait.
_ROOM_S = 1.0


class SmppLink:
    """One account with one operator: its bind (or pair of binds), its window and its rate."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        medium="sms", longest_text=1530, counts_segments=True, attachments=False, receipts=True
    )
    patience: ClassVar[Patience] = Patience()
    timing: ClassVar[Timing] = Timing()

    def __init__(self, config: LinkConfig, intake: Intake) -> None:
        self._config = config
        self._intake = intake
        self._draining = asyncio.Event()
        self._wake = asyncio.Event()
        self._states: dict[int, tuple[str, str, dict[str, Any]]] = {}
        self._connections: list[Connection] = []
        self._sender: Connection | None = None
        self._fault = ""
        try:
            self._settings = smpp_settings.read(config.settings, config.secret)
        except smpp_settings.InvalidSettings as error:
            self._fault = str(error)
            return
        self._ids = MessageIds(self._settings.message_ids)
        self._pace = Pace(self._settings.rate_per_s, time.monotonic)
        self._connections = [self._connection(command) for command in self._settings.commands]
        senders = [one for one in self._connections if one.command != codes.BIND_RECEIVER]
        self._sender = senders[0] if senders else None

    @staticmethod
    def check(settings: Mapping[str, Any], secret: str) -> None:
        smpp_settings.read(settings, secret)

    @staticmethod
    def plan(text: str, settings: Mapping[str, Any]) -> Planned:
        """With 8-bit references. More than 255 parts are refused only at `submit`."""
        return alphabets.plan(text, settings)

    @staticmethod
    def spare(text: str, settings: Mapping[str, Any]) -> str:
        return alphabets.spare(text, settings)

    @staticmethod
    def join(parts: Sequence[StoredPart]) -> JoinedText:
        return inbound.join(parts)

    async def run(self) -> None:
        if self._fault:
            # Trying again cannot help: wait for other settings, which come as another adapter.
            self._intake.state("failed", error=f"settings: {self._fault}")
            await self._draining.wait()
            return
        async with asyncio.TaskGroup() as group:
            for connection in self._connections:
                group.create_task(connection.run())

    async def drain(self) -> None:
        self._draining.set()
        self._wake.set()
        if not self._fault:
            self._intake.state("draining")
        await asyncio.gather(*(connection.stop(patience=_DRAIN_S) for connection in self._connections))

    def ready(self) -> int:
        session = self._sending_session()
        if session is None or session.congested:
            return 0
        return max(0, min(self._settings.window - session.in_flight, self._pace.available()))

    async def wait_ready(self) -> None:
        while not self.ready():
            await self._wait_for_room()

    async def submit(self, part: OutboundPart) -> tuple[str, ...]:
        """The gateway asks for no more than `ready()` parts; one more than that waits a moment, unwritten."""
        if self._fault:
            raise NotBound(self._fault)
        body = outbound.submit_body(part, self._settings)
        try:
            async with asyncio.timeout(_ROOM_S):
                while self._sending_session() is not None and not self.ready():
                    await self._wait_for_room()
        except TimeoutError:
            raise NotBound(f"no room in the window or the rate for {_ROOM_S:g} s") from None
        session = self._sending_session()
        if session is None:
            raise NotBound("the link is not bound for sending")
        self._pace.take(part.weight)
        try:
            frame = await session.request(codes.SUBMIT_SM, body, context=part, windowed=True)
            identifier = outbound.provider_id(frame)
        except NotWritten as error:
            raise NotBound(str(error)) from None
        except NoAnswer as error:
            raise SubmitUnknown(str(error)) from None
        except SubmitRefused as error:
            if error.throttled:
                self._pace.throttled()
            raise
        return self._ids.of_answer(identifier)

    # --- inside ---

    def _connection(self, command: int) -> Connection:
        timing = self.timing._replace(enquire=self._settings.enquire_s, response=self._settings.response_timeout_s)
        return Connection(
            self._config.id,
            self._settings,
            command,
            self._intake,
            self._ids,
            timing=timing,
            patience=self.patience,
            report=self._report,
            wake=self._wake.set,
        )

    def _sending_session(self) -> Session | None:
        if self._sender is None or self._draining.is_set() or not self._sender.bound:
            return None
        return self._sender.session

    async def _wait_for_room(self) -> None:
        """Until something changes, or the rate lets the next part leave."""
        session = self._sending_session()
        only_rate = session is not None and session.in_flight < self._settings.window and not session.congested
        self._wake.clear()
        await rung(self._wake, self._pace.delay() + 0.001 if only_rate else None)

    def _report(self, connection: Connection, state: str, error: str, facts: dict[str, Any]) -> None:
        self._states[connection.command] = (state, error, facts)
        worst = min(self._states.values(), key=lambda entry: _WORST_FIRST.index(entry[0]))
        if len(self._states) < len(self._connections) and worst[0] == "bound":
            return  # the other bind of the pair has not said anything yet
        self._wake.set()
        self._intake.state(worst[0], error=worst[1], **worst[2])
