"""A link whose provider is called over HTTP for each text: its window, its rate, and how it is."""

from __future__ import annotations

import asyncio
import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from channels_sms.smpp import alphabets
from channels_sms.smpp.figures import RoundTrips, of_link
from channels_sms.smpp.pace import Pace
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

_ROOM_S = 1.0  # that a claimed text waits for room, at most: what allowed it was checked before the wait
_DRAIN_S = 4.0
_GAP = "[…]"
LOOK_EVERY_S = 60.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_TRIAL_S = 5.0  # that a text which waits has time to show that the provider is back: it is claimed within 2 s or so


class Unwell(Exception):
    """The provider cannot be used now, for any text. `state`: "failed" where only a person can mend it."""

    def __init__(self, reason: str, *, state: str = "connecting") -> None:
        super().__init__(reason)
        self.state = state


class CallingLink(ABC):
    """What Twilio and the aggregators have in common. A kind of link says how it looks and how it calls.

    A whole text is one call: the provider cuts it. While the provider is unwell nothing is claimed, and it is looked
    at again after a pause that doubles until a text is taken (or two looks in a row found it well). Where there is
    nothing to look at, one text tries after the pause; the link is not called bound before that text is taken, or
    nothing wanted to leave.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(
        medium="sms", longest_text=1530, counts_segments=True, attachments=False, receipts=True
    )
    first_pause_s: ClassVar[float] = _FIRST_PAUSE_S
    trial_s: ClassVar[float] = _TRIAL_S

    def __init__(self, config: LinkConfig, intake: Intake) -> None:
        self._config = config
        self._intake = intake
        self._draining = asyncio.Event()
        self._turned = asyncio.Event()  # a call has found the provider unwell, or we are to leave
        self._wake = asyncio.Event()
        self._well = False  # texts may be handed over
        self._bound = False  # and everybody has been told so
        self._look_at = 0.0
        self._in_flight = 0
        self._fault = ""
        self._pause_s = self.first_pause_s
        self._round_trips = RoundTrips()
        try:
            self.check(config.settings, config.secret)
        except ValueError as error:
            self._fault = str(error)
        self._window, self._rate = limits(config.settings) if not self._fault else (1, 0.0)
        self._pace = Pace(self._rate, time.monotonic)

    # --- what a kind of link says --------------------------------------------------------------------------

    @staticmethod
    @abstractmethod
    def check(settings: Mapping[str, Any], secret: str) -> None:
        """Raises ValueError in words that begin with the setting's name."""

    async def look(self) -> bool:
        """True: the provider says that texts can be handed over. False: there is nothing to ask. Raises Unwell."""
        return False

    @abstractmethod
    async def call(self, part: OutboundPart) -> tuple[str, ...]:
        """Hand over one text; returns the provider's ids. Raises Unwell (surely nothing was taken), DeliveryError."""

    @abstractmethod
    async def close(self) -> None:
        """Let connections go."""

    # --- conversations.adapters.LinkAdapter ----------------------------------------------------------------

    @staticmethod
    def plan(text: str, settings: Mapping[str, Any]) -> Planned:
        planned = alphabets.plan(text, {})
        return Planned(planned.encoding, planned.parts, 1)

    @staticmethod
    def spare(text: str, settings: Mapping[str, Any]) -> str:
        return alphabets.spare(text, {})

    @staticmethod
    def join(parts: Sequence[StoredPart]) -> JoinedText:
        """Parts are UTF-8: providers of this kind join long texts themselves."""
        total = max(part.total for part in parts)
        there = {part.part: part.payload.decode("utf-8", "replace") for part in parts}
        missing = tuple(number for number in range(1, total + 1) if number not in there)
        text = "".join(there.get(number, _GAP) for number in range(1, total + 1))
        return JoinedText(text, alphabets.plan(text, {}).encoding, total, missing)

    async def run(self) -> None:
        if self._fault:
            self._intake.state("failed", error=f"settings: {self._fault}")
            await self._draining.wait()
            return
        self._intake.state("connecting")
        try:
            while not self._draining.is_set():
                self._turned.clear()
                if time.monotonic() >= self._look_at:
                    await self._find_out()
                await rung(self._turned, max(0.0, self._look_at - time.monotonic()))
        finally:
            self._well = False
            try:
                await self._answers()  # of a call whose connection is closed nobody knows what became
            finally:
                await self.close()

    async def drain(self) -> None:
        self._well = False
        self._draining.set()
        self._turned.set()
        self._wake.set()
        if not self._fault:
            self._intake.state("draining")
        await self._answers()

    async def _answers(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                while self._in_flight:
                    self._wake.clear()
                    await self._wake.wait()

    def ready(self) -> int:
        if not self._well or self._draining.is_set():
            return 0
        return max(0, min(self._most() - self._in_flight, self._pace.available()))

    async def wait_ready(self) -> None:
        while not self.ready():
            self._wake.clear()
            only_rate = self._well and self._in_flight < self._most()
            await rung(self._wake, self._pace.delay() + 0.001 if only_rate else None)

    async def submit(self, part: OutboundPart) -> tuple[str, ...]:
        if self._fault:
            raise NotBound(self._fault)
        try:
            async with asyncio.timeout(max(_ROOM_S, self._pace.delay() + _ROOM_S / 2)):
                while not self.ready():
                    if not self._well:
                        raise NotBound("the provider cannot be reached")
                    await self.wait_ready()
        except TimeoutError:
            raise NotBound("no room in the window or the rate") from None
        if not self._intake.still_ours():
            raise NotBound("the lease is over")
        self._in_flight += 1
        self._pace.take(part.weight)
        began = time.monotonic()
        try:
            ids = await self.call(part)
            self._round_trips.add(time.monotonic() - began)
        except Unwell as error:
            if self._well:  # of the calls that fail together the first counts
                self._unwell(error)
                self._turned.set()
            raise NotBound(str(error)) from None
        except SubmitRefused as error:
            if error.throttled:
                self._pace.throttled(error.wait_s)
            raise
        except TimeoutError:
            raise SubmitUnknown("no answer in time") from None
        finally:
            self._in_flight -= 1
            self._wake.set()
        self._pause_s = self.first_pause_s
        if self._well:
            self._tell_bound()
        return ids

    def facts(self) -> dict[str, Any]:
        if self._fault:
            return {}
        found = of_link(binds=(), window=self._window, rate=self._rate, pace=self._pace, round_trips=self._round_trips)
        return {**found, "in_flight": self._in_flight}

    # --- inside --------------------------------------------------------------------------------------------

    def _most(self) -> int:
        """Calls at once. While nobody knows whether the provider is back, one text tries for all."""
        return self._window if self._bound else 1

    async def _find_out(self) -> None:
        try:
            said_so = await self.look()
        except Unwell as error:
            self._unwell(error)
            return
        if self._turned.is_set():  # the look is older than what turned it
            return
        in_doubt = not said_so and not self._bound and self._pause_s > self.first_pause_s
        if in_doubt and (not self._well or self._in_flight):
            self._well = True
            self._look_at = time.monotonic() + self.trial_s
        else:
            if said_so and self._bound:
                self._pause_s = self.first_pause_s
            self._well = True
            self._look_at = time.monotonic() + LOOK_EVERY_S
            self._tell_bound()
        self._wake.set()

    def _tell_bound(self) -> None:
        if not self._bound and not self._draining.is_set():
            self._bound = True
            self._intake.state("bound")
            self._wake.set()

    def _unwell(self, error: Unwell) -> None:
        self._well = self._bound = False
        self._look_at = time.monotonic() + self._pause_s
        self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
        self._wake.set()
        if not self._draining.is_set():
            self._intake.state(error.state, error=str(error))


def limits(settings: Mapping[str, Any]) -> tuple[int, float]:
    """(calls without an answer at once, texts a second; 0: no limit). Raises ValueError in words."""
    window = number(settings, "window", 10, least=1, most=200)
    return int(window), number(settings, "rate_per_s", 0, least=0, most=10_000)


def number(settings: Mapping[str, Any], name: str, default: float, *, least: float, most: float) -> float:
    value = settings.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number")
    if not least <= value <= most:
        raise ValueError(f"{name} is {value}, it must be from {least} to {most}")
    return value


def text(settings: Mapping[str, Any], name: str, default: str = "") -> str:
    value = settings.get(name, default)
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a text")
    return value.strip()
