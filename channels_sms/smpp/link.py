"""The adapter of an SMPP link: what the gateway holds and calls (conversations.adapters.LinkAdapter)."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, ClassVar, NamedTuple

from channels_sms.smpp import alphabets, codes, inbound, outbound
from channels_sms.smpp import probe as probing
from channels_sms.smpp import settings as smpp_settings
from channels_sms.smpp.connection import Connection, Patience
from channels_sms.smpp.evidence import Recollection
from channels_sms.smpp.figures import RoundTrips, of_link
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

log = logging.getLogger(__name__)

# Of its kinds of bind, the link shows the state that most needs a look.
_WORST_FIRST = ("failed", "unbound", "connecting", "draining", "bound")
_DRAIN_S = 3.0  # for answers; with the unbind this stays under the 5 s of the contract
# A part waits no longer than this for room: what allowed it (a lease, a consent) was checked before the wait.
_ROOM_S = 1.0


class SmppLink:
    """One account with one operator: its binds, each with a window of its own, and the rate of them all.

    A part leaves by the bind with the most room; texts and receipts come by any. One bind that is lost connects again
    while the others go on.
    """

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
        self._states: dict[Connection, _Said] = {}
        self._connections: list[Connection] = []
        self._senders: list[Connection] = []
        self._waiting = [0, 0, 0]  # parts in `submit` that may not leave yet, by lane
        self._fault = ""
        try:
            self._settings = smpp_settings.read(config.settings, config.secret)
        except smpp_settings.InvalidSettings as error:
            self._fault = str(error)
            return
        self._ids = MessageIds(self._settings.message_ids)
        self._pace = Pace(self._settings.rate_per_s, time.monotonic)
        self._round_trips = RoundTrips()
        self._recollection = Recollection()
        self._admitted = {command: asyncio.Event() for command in self._settings.commands}
        for command in self._settings.commands:
            self._connections.append(self._connection(command))
        self._senders = [one for one in self._connections if one.command != codes.BIND_RECEIVER]

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

    @staticmethod
    async def probe(config: LinkConfig, running: "SmppLink | None") -> AsyncIterator[dict[str, Any]]:
        settings = smpp_settings.read(config.settings, config.secret)
        async for step in probing.probe(settings, running._connections if running is not None else []):
            yield step

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
        return self.room()

    @property
    def paced(self) -> bool:
        return not self._fault and self._pace.bounded

    def room(self, *, lane: int = 2, ahead: int = 0) -> int:
        if not self._connections:
            return 0
        window = self._room(self._sessions())
        if not self._pace.bounded:
            return window
        waiting = sum(self._waiting[: lane + 1])
        if lane == 0 and not waiting and not self._pace.paused:
            return min(window, 1)  # it takes the next place, whoever waits for one
        if ahead >= max(1.0, self._pace.rate):
            return 0  # a second's worth waits for the parts before it
        return max(0, min(window, self._pace.available() - waiting))

    async def wait_ready(self) -> None:
        while not self.ready():
            await self._wait_for_room()

    async def submit(self, part: OutboundPart) -> tuple[str, ...]:
        """The gateway asks for no more than `ready()` parts; one more than that waits a moment, unwritten."""
        if self._fault:
            raise NotBound(self._fault)
        body = outbound.submit_body(part, self._settings)
        sessions = self._sessions()
        if not self._is_turn(part.lane, sessions):
            await self._wait_for_turn(part.lane)
            sessions = self._sessions()
        if not sessions:
            raise NotBound("the link is not bound for sending")
        session = min(sessions, key=attrgetter("in_flight"))
        self._pace.take(part.weight)
        written = time.monotonic()
        try:
            frame = await session.request(self._settings.submit_command, body, context=part, windowed=True)
            self._round_trips.add(time.monotonic() - written)
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

    def facts(self) -> dict[str, Any]:
        if self._fault:
            return {}
        return of_link(
            binds=[self._bind_facts(number, one) for number, one in enumerate(self._connections, 1)],
            window=self._settings.window * len(self._sessions()),
            rate=self._settings.rate_per_s,
            pace=self._pace,
            round_trips=self._round_trips,
        )

    # --- inside ---

    def _connection(self, command: int) -> Connection:
        timing = self.timing._replace(enquire=self._settings.enquire_s, response=self._settings.response_timeout_s)
        first = all(one.command != command for one in self._connections)
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
            recollection=self._recollection,
            admitted=None if first else self._admitted[command],
        )

    def _sessions(self) -> list[Session]:
        """Those by which parts may leave."""
        if self._draining.is_set():
            return []
        found = [one.session for one in self._senders if one.bound]
        return [session for session in found if session is not None and not session.congested]

    async def _wait_for_turn(self, lane: int) -> None:
        """Until a part of this lane may leave, or the link is not bound any more. Raises NotBound."""
        limit = max(_ROOM_S, self._pace.delay() + _ROOM_S / 2)
        self._waiting[lane] += 1
        try:
            async with asyncio.timeout(limit):
                while (sessions := self._sessions()) and not self._is_turn(lane, sessions):
                    await self._wait_for_room()
        except TimeoutError:
            raise NotBound(f"no room in the window or the rate for {limit:.3g} s") from None
        finally:
            self._waiting[lane] -= 1

    def _is_turn(self, lane: int, sessions: Sequence[Session]) -> bool:
        """Whether the window and the rate let a part leave, and none of a more urgent lane waits for the same."""
        return not any(self._waiting[:lane]) and self._room(sessions) > 0 and self._pace.available() > 0

    def _room(self, sessions: Sequence[Session]) -> int:
        """Parts for which the windows have room."""
        return sum(max(0, self._settings.window - session.in_flight) for session in sessions)

    async def _wait_for_room(self) -> None:
        """Until something changes, or the rate lets the next part leave."""
        only_rate = self._room(self._sessions()) > 0
        self._wake.clear()
        await rung(self._wake, self._pace.delay() + 0.001 if only_rate else None)

    def _report(self, connection: Connection, state: str, error: str, facts: dict[str, Any]) -> None:
        self._states[connection] = _Said(state, error, facts, datetime.now(UTC))
        if state == "bound":
            self._admitted[connection.command].set()
        elif state == "failed" and not any(one.bound for one in self._connections if one.command == connection.command):
            self._admitted[connection.command].clear()
        self._wake.set()
        # Of one kind, the bind that is best off speaks for all: what it can do, the link can.
        kinds = [[said for one, said in self._states.items() if one.command == command] for command in self._admitted]
        if not all(kinds):
            return  # the other kind of the pair has not said anything yet
        shown = min((max(kind, key=_rank) for kind in kinds), key=_rank)
        if error and state != "bound" and shown.state == "bound":
            bind = self._connections.index(connection) + 1
            log.warning("link %s: bind %d is %s: %s", self._config.name, bind, state, error)
        self._intake.state(shown.state, error=shown.error, **shown.facts)

    def _bind_facts(self, number: int, connection: Connection) -> dict[str, Any]:
        said = self._states.get(connection)
        session = connection.session
        return {
            "number": number,
            "kind": codes.COMMAND_NAMES[connection.command].removeprefix("bind_"),
            "state": said.state if said else "connecting",
            "error": said.error if said else "",
            "since": said.at.isoformat(timespec="seconds") if said else None,
            "in_flight": session.in_flight if session else 0,
        }


class _Said(NamedTuple):
    """The last word of a bind."""

    state: str
    error: str
    facts: dict[str, Any]
    at: datetime


def _rank(said: _Said) -> int:
    return _WORST_FIRST.index(said.state)
