"""One SMPP session over one TCP connection: states, sequence numbers, the window, the clocks.

    open -> bound -> unbinding -> closed        (open and bound may fall straight to closed)

It knows nothing of texts. Requests of the operator that carry messages go to `Handler.request`, which answers
with `respond` whenever it is ready, in any order. Writes made in one turn of the loop leave in one segment.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, cast

from channels_sms.smpp import codes, pdu
from channels_sms.smpp.framing import BrokenFraming, Frame, FrameReader
from channels_sms.smpp.outbox import Outbox
from channels_sms.smpp.repeats import Repeats
from channels_sms.smpp.requests import BIND_ANSWERS, Request, Requests
from common.waiting import rung

log = logging.getLogger(__name__)

_LINGER_S = 2.0
# With more unanswered texts the operator is told to slow down: its own window should have held it before.
_MOST_UNANSWERED = 2000
MESSAGE_REQUESTS = frozenset({codes.DELIVER_SM, codes.DATA_SM})
_FOR_NOW = frozenset({codes.TEMPORARY, codes.THROTTLED})
_ANSWER_BODY = b"\0"  # deliver_sm_resp and data_sm_resp: an empty message_id (4.6.2)


class SessionError(Exception):
    """Why a request has no answer: NotWritten or NoAnswer."""


class NotWritten(SessionError):
    """No octet of it reached the transport."""


class NoAnswer(SessionError):
    """It was written (perhaps only in part) and no answer came in time, or the session ended first."""


class Timing(NamedTuple):
    """Seconds."""

    enquire: float = 30.0
    response: float = 10.0
    partial_pdu: float = 10.0
    prove: float = 5.0  # answers older than this, not yet proved received, are proved by an enquire_link
    unbind: float = 1.5


class Handler(Protocol):
    """The session's owner."""

    def request(self, session: "Session", frame: Frame) -> None:
        """A deliver_sm or data_sm while bound. Answer it once with `session.respond`."""

    def late(self, session: "Session", context: Any, frame: Frame) -> None:
        """The answer to a request that had been given up."""

    def proved(self, session: "Session", mark: int) -> None:
        """The peer has surely read everything written up to `mark` (a value that `respond` gave)."""

    def changed(self, session: "Session") -> None:
        """Room in the window, or the state, may have changed."""


class Session(asyncio.Protocol):
    """`state`: "open" (connected, not bound), "bound", "unbinding" (no new requests) or "closed"."""

    def __init__(
        self,
        handler: Handler,
        *,
        timing: Timing = Timing(),  # noqa: B008 (immutable)
        may_write: Callable[[], bool] = lambda: True,
    ) -> None:
        self.state = "open"
        self.ended = asyncio.Event()
        self.reason = ""
        self.unanswered = 0  # requests of the operator that we have yet to answer
        self.congested = False
        self._handler = handler
        self._timing = timing
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._reader = FrameReader()
        self._requests = Requests()
        self._repeats = Repeats()
        self._out = Outbox(self._loop, may_write)
        self._heard = self._loop.time()
        self._partial_since: float | None = None
        self._unproved_since: float | None = None
        self._missed = 0
        self._enquiring = False
        self._tick: asyncio.TimerHandle | None = None
        self._quiet = asyncio.Event()
        self._farewells: list[int] = []  # sequence numbers of the operator's unbind, as often as he says it
        self._leave_by = 0.0

    @property
    def in_flight(self) -> int:
        """Requests that count against the window."""
        return self._requests.in_flight

    def secured(self) -> ssl.SSLObject | None:
        """The TLS of the connection; None: it has none."""
        return self._transport.get_extra_info("ssl_object") if self._transport is not None else None

    # --- requests of ours ---

    def request(
        self, command: int, body: bytes = b"", *, context: Any = None, windowed: bool = False
    ) -> "asyncio.Future[Frame]":
        """Queue a request; the future gets the answer's frame, NotWritten or NoAnswer.

        `context` comes back through `Handler.late` when the answer comes after NoAnswer. Raises NotWritten.
        """
        if self.state == "closed" or not self._out.usable:
            raise NotWritten(self.reason or "the session is closed")
        sequence = self._requests.next_sequence()
        future: asyncio.Future[Frame] = self._loop.create_future()
        mark = self._out.send(pdu.encode(command, 0, sequence, body), sequence=sequence)
        deadline = self._loop.time() + self._timing.response
        self._requests.add(sequence, Request(command, future, deadline, mark, context, windowed))
        return future

    def respond(self, frame: Frame, status: int) -> int:
        """Answer a request of the operator; returns the mark that proves, once passed, that the answer was read.

        After the session has ended this does nothing: the operator will offer the text again.
        """
        self.unanswered -= 1
        answer = pdu.encode(frame.command | codes.RESPONSE, status, frame.sequence, _ANSWER_BODY)
        copies = self._repeats.forget(frame) if status in _FOR_NOW else self._repeats.answered(frame, answer)
        mark = self._out.mark
        if self.state != "closed":
            mark = self._out.send(answer * (1 + copies))
            if self._unproved_since is None:
                self._unproved_since = self._loop.time()
        self._settle()
        return mark

    def prove(self) -> None:
        """Ask the peer for a sign that it has read our answers, where that is not known (`Handler.proved`)."""
        if self._unproved_since is not None and not self._enquiring and self.state in ("bound", "unbinding"):
            self._ask()

    async def leave(self, *, patience: float) -> None:
        """Take no more, wait up to `patience` seconds for answers owed by both sides, unbind, close."""
        self.retire()
        self._quiet.clear()
        self._settle()
        await rung(self._quiet, patience)
        if self.state == "unbinding":
            try:
                async with asyncio.timeout(self._timing.unbind):
                    await self.request(codes.UNBIND)
            except (SessionError, TimeoutError):
                pass
        self.close("unbound by us")

    def retire(self) -> None:
        """Take no more texts (they are refused for now, the operator keeps them) and send none."""
        if self.state == "bound":
            self._become("unbinding")

    def close(self, reason: str) -> None:
        """Write what is queued and end the session. In-flight requests get NoAnswer."""
        if self.state == "closed":
            return
        self._out.flush()
        self._end(reason)

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it
        self._out.open(self._transport)
        link = transport.get_extra_info("socket")
        if link is not None and link.family in (socket.AF_INET, socket.AF_INET6):
            # Without it, Nagle's algorithm and delayed acknowledgements hold a link to some 25 texts/s.
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        self._heard = self._loop.time()
        self._schedule_tick()

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        self._missed = 0
        whole = False
        try:
            for frame in self._reader.feed(data):
                whole = True
                self._take(frame)
                if self.state == "closed":
                    return
        except BrokenFraming as error:
            log.warning("smpp framing broken: %s", error)
            self._out.send(pdu.encode(codes.GENERIC_NACK, codes.INVALID_COMMAND_LENGTH, error.sequence))
            self.close(f"framing broken: {error}")
            return
        if not self._reader.partial:
            self._partial_since = None
        elif whole or self._partial_since is None:
            self._partial_since = self._heard  # under load, reads end inside a PDU each time: a new one is no delay

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(f"connection lost: {exc}" if exc else "the operator closed the connection")

    def pause_writing(self) -> None:
        # The peer does not read our answers: give it no more work, and take none from it.
        self.congested = True
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self.congested = False
        if self._partial_since is not None:
            self._partial_since = self._loop.time()  # the rest may long be here: it was us who did not read
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
        self._handler.changed(self)

    # --- inside ---

    def _take(self, frame: Frame) -> None:
        command = frame.command
        if command & codes.RESPONSE:
            self._take_answer(frame)
        elif command in MESSAGE_REQUESTS:
            self._take_message(frame)
        elif command == codes.ENQUIRE_LINK:
            self._out.send(pdu.encode(codes.ENQUIRE_LINK_RESP, 0, frame.sequence))
        elif command == codes.UNBIND:
            if not self._farewells:
                self._leave_by = self._loop.time() + self._timing.unbind
            self._farewells.append(frame.sequence)
            self._become("unbinding")
            self._settle()
        elif command in (codes.ALERT_NOTIFICATION, codes.OUTBIND):
            # Neither has an answer (4.12.1, 4.1.7), and we bind by ourselves.
            log.info("smpp %s ignored", codes.COMMAND_NAMES[command])
        else:
            log.warning("smpp command 0x%08X refused", command)
            self._out.send(pdu.encode(codes.GENERIC_NACK, codes.INVALID_COMMAND_ID, frame.sequence))

    def _take_answer(self, frame: Frame) -> None:
        request = self._requests.take(frame)
        if request is not None:
            if frame.command in BIND_ANSWERS and frame.status == codes.OK and self.state == "open":
                # At once, not when the future's waiter runs: a text may follow in the same segment.
                self._become("bound")
            if not request.future.done():
                request.future.set_result(frame)
            elif request.context is not None:
                self._handler.late(self, request.context, frame)  # the waiter was cancelled
            self._proved(request.mark)
            self._handler.changed(self)
            self._settle()
            return
        context = self._requests.take_late(frame)
        if context is not None:
            self._handler.late(self, context, frame)
            return
        log.warning("smpp answer 0x%08X to sequence %d ignored: nothing asked for it", frame.command, frame.sequence)

    def _take_message(self, frame: Frame) -> None:
        if self.state == "open":
            self._out.send(
                pdu.encode(frame.command | codes.RESPONSE, codes.WRONG_BIND_STATE, frame.sequence, _ANSWER_BODY)
            )
            return
        repeated, answer = self._repeats.find(frame)
        if repeated:
            if answer is not None:
                self._out.send(answer)
            return
        self.unanswered += 1
        if self.state != "bound":
            self.respond(frame, codes.TEMPORARY)
        elif self.unanswered > _MOST_UNANSWERED:
            self.respond(frame, codes.THROTTLED)
        else:
            self._handler.request(self, frame)

    def _proved(self, mark: int) -> None:
        """TCP keeps order: a peer that answers a request has read every answer that we wrote before it."""
        if self._unproved_since is not None:
            all_proved = mark >= self._out.mark
            self._unproved_since = None if all_proved else self._loop.time()
        self._handler.proved(self, mark)

    def _settle(self) -> None:
        """When nothing is owed on either side, answer the operator's unbind, which waits for that."""
        if self.state == "closed":
            return
        busy = bool(self.unanswered or self.in_flight)
        if not busy:
            self._quiet.set()
        if not self._farewells or (busy and self._loop.time() < self._leave_by):
            return
        for sequence in self._farewells:
            self._out.send(pdu.encode(codes.UNBIND_RESP, 0, sequence))
        self.close("unbound by the operator")

    def _become(self, state: str) -> None:
        self.state = state
        self._handler.changed(self)

    def _end(self, reason: str) -> None:
        if self.state == "closed":
            return
        self.reason = reason
        if self._tick:
            self._tick.cancel()
        unwritten = self._out.abandon()
        abandoned = self._requests.abandon()
        if self._transport is not None:
            self._transport.close()
            # A peer that does not read would keep a closing transport, and what it holds, for many minutes.
            self._loop.call_later(_LINGER_S, self._transport.abort)
        self._become("closed")
        for sequence, request in abandoned.items():
            if not request.future.done():
                kind = NotWritten if sequence in unwritten else NoAnswer
                request.future.set_exception(kind(reason))
                request.future.exception()  # retrieved: nobody may be waiting any more
        self._quiet.set()
        self.ended.set()

    # --- clocks ---

    def _schedule_tick(self) -> None:
        timing = self._timing
        every = min(timing.enquire, timing.response, timing.partial_pdu, timing.prove) / 4
        self._tick = self._loop.call_later(min(1.0, max(0.01, every)), self._on_tick)

    def _on_tick(self) -> None:
        if self.state == "closed":
            return
        now = self._loop.time()
        waited = 0.0 if self._partial_since is None or self.congested else now - self._partial_since
        if waited > self._timing.partial_pdu:
            self.close(f"half a PDU for {self._timing.partial_pdu:g} s")
            return
        self._expire(now)
        self._enquire(now)
        self._settle()
        if self.state != "closed":
            self._schedule_tick()

    def _expire(self, now: float) -> None:
        expired = self._requests.expired(now)
        for request in expired:
            if not request.future.done():
                request.future.set_exception(NoAnswer(f"no answer for {self._timing.response:g} s"))
                request.future.exception()
        if expired:
            self._handler.changed(self)

    def _enquire(self, now: float) -> None:
        if self._enquiring or self.state not in ("bound", "unbinding"):
            return
        idle = now - self._heard >= self._timing.enquire
        unproved = self._unproved_since is not None and now - self._unproved_since >= self._timing.prove
        if idle or unproved or self._missed:
            self._ask()

    def _ask(self) -> None:
        try:
            answer = self.request(codes.ENQUIRE_LINK)
        except NotWritten:
            return
        self._enquiring = True
        answer.add_done_callback(self._enquired)

    def _enquired(self, answer: "asyncio.Future[Frame]") -> None:
        self._enquiring = False
        if self.state == "closed" or answer.cancelled() or answer.exception() is None:
            return
        self._missed += 1
        if self._missed >= 2:
            self.close("two enquire_link without an answer")
