"""An operator who takes every text over, answers at once, and sends its receipt a moment later. In memory only.

Order: {"receipt_ms"}. Says {"port"}. For each further line it is given, it says
{"submitted": texts, "twice": texts that came more than once, "receipts": receipts acknowledged, "binds": sessions of
each account, "offered": {"acked", "refused", "seconds"} of subscribers' texts, "arrived": {text: when}, "first": when
the first text came since the last `closed`, "last": when the last receipt was acknowledged}.

Such a line may be {"offer": {"account", "count", "window", "to", "text"}}: from then on subscribers' texts are offered
over all of the account's sessions, so many a session without an answer, again when they are refused for now; or
{"watch": "words"}: when texts that begin so arrive is noted; or {"closed": [accounts]}: these are cut off, and their
binds refused, until the next such order. All times are on the clock of `time.monotonic`.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from collections import Counter, deque
from typing import Any, cast

import uvloop

from bench._order import taken
from channels_sms.smpp import codes, pdu
from channels_sms.smpp.framing import Frame, FrameReader

_HEADER = struct.Struct(">LLLL")
WINDOW = 500  # receipts without an answer, a session


class World:
    def __init__(self, receipt_ms: float) -> None:
        self.delay = receipt_ms / 1000
        self.texts: Counter[bytes] = Counter()
        self.number = 1_000_000
        self.receipts = 0
        self.sessions: list[Session] = []
        self.offer = Offer()
        self.watched = b""
        self.arrived: dict[str, float] = {}
        self.closed: frozenset[str] = frozenset()
        self.first = self.last = 0.0

    def told(self) -> dict[str, Any]:
        twice = sum(1 for count in self.texts.values() if count > 1)
        return {
            "submitted": len(self.texts), "twice": twice, "receipts": self.receipts,
            "binds": Counter(session.account for session in self.sessions),
            "offered": self.offer.told(), "arrived": self.arrived, "first": self.first, "last": self.last,
        }  # fmt: skip

    def hear(self, line: dict[str, Any]) -> None:
        if "watch" in line:
            self.watched, self.arrived = line["watch"].encode(), {}
        if "closed" in line:
            self.closed, self.first = frozenset(line["closed"]), 0.0
            for session in [one for one in self.sessions if one.account in self.closed]:
                session.cut()
        if "offer" in line:
            self.offer = Offer(**line["offer"])
            for session in self.sessions:
                session.offer()


class Offer:
    """Subscribers' texts, kept until they are acknowledged."""

    def __init__(
        self, account: str = "", count: int = 0, window: int = 1, to: str = "", text: str = "", numbers: int = 5_000
    ) -> None:
        self.account, self.window = account, window
        self.waiting = deque(range(count))
        self.acked = self.refused = 0
        self.bodies = [
            pdu.encode_message_body(
                pdu.ShortMessage(
                    source=f"22901900{n % numbers:05d}", source_ton=1, source_npi=1, destination=to,
                    destination_ton=3, body=f"{text} {n}".encode(),
                )
            )
            for n in range(count)
        ]  # fmt: skip
        self._began = self._last = time.monotonic()

    def answered(self, number: int, status: int) -> None:
        self._last = time.monotonic()
        if status == codes.OK:
            self.acked += 1
        else:
            self.refused += 1
            self.waiting.append(number)

    def told(self) -> dict[str, Any]:
        return {"acked": self.acked, "refused": self.refused, "seconds": self._last - self._began}


class Session(asyncio.Protocol):
    def __init__(self, world: World) -> None:
        self._world = world
        self._reader = FrameReader()
        self._out: list[bytes] = []
        self._fresh: list[tuple[bytes, str, str]] = []  # answered, their receipt not yet on its way
        self._due: list[tuple[bytes, str, str]] = []
        self._sequence = self._flying = 0
        self.account = ""
        self._offered: dict[int, tuple[Offer, int]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self in self._world.sessions:
            self._world.sessions.remove(self)
        for offer, number in self._offered.values():
            offer.waiting.append(number)
        for session in self._world.sessions:
            session.offer()

    def data_received(self, data: bytes) -> None:
        for frame in self._reader.feed(data):
            self._take(frame)
        self._send_receipts()
        self.offer()

    def offer(self) -> None:
        """Offer what the window has room for, and write all that is due."""
        offer = self._world.offer
        if offer.waiting and offer.account == self.account:
            for _ in range(min(offer.window - len(self._offered), len(offer.waiting))):
                number = offer.waiting.popleft()
                self._sequence += 1
                self._offered[self._sequence] = offer, number
                self._out.append(pdu.encode(codes.DELIVER_SM, 0, self._sequence, offer.bodies[number]))
        if self._out:
            self._transport.write(b"".join(self._out))
            self._out.clear()

    def _take(self, frame: Frame) -> None:
        if frame.command == codes.SUBMIT_SM:
            message = pdu.decode_message(frame.octets)
            self._world.first = self._world.first or time.monotonic()
            self._world.texts[message.body] += 1
            if self._world.watched and message.body.startswith(self._world.watched):
                self._world.arrived.setdefault(message.body.decode(), time.monotonic())
            self._world.number += 1
            identifier = b"%d" % self._world.number
            self._answer(frame, identifier + b"\0")
            self._fresh.append((identifier, message.source, message.destination))
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(self._world.delay, self._ripen)
        elif frame.command == codes.DELIVER_SM | codes.RESPONSE:
            if (offered := self._offered.pop(frame.sequence, None)) is not None:
                offered[0].answered(offered[1], frame.status)
                return
            self._flying -= 1
            self._world.receipts += frame.status == codes.OK
            self._world.last = time.monotonic()
        elif frame.command in (codes.BIND_TRANSCEIVER, codes.BIND_TRANSMITTER, codes.BIND_RECEIVER):
            self.account = frame.octets[16:].partition(b"\0")[0].decode()
            if self.account in self._world.closed:
                self._answer(frame, b"", codes.BIND_FAILED)
                return
            self._world.sessions.append(self)
            self._answer(frame, b"bench\0")
        elif frame.command in (codes.ENQUIRE_LINK, codes.UNBIND):
            self._answer(frame, b"")

    def cut(self) -> None:
        self._transport.abort()

    def _answer(self, frame: Frame, body: bytes, status: int = codes.OK) -> None:
        self._out.append(_HEADER.pack(16 + len(body), frame.command | codes.RESPONSE, status, frame.sequence) + body)

    def _ripen(self) -> None:
        self._timer = None
        self._due += self._fresh
        self._fresh = []
        self._send_receipts()
        self._transport.write(b"".join(self._out))
        self._out.clear()

    def _send_receipts(self) -> None:
        room = WINDOW - self._flying
        for identifier, source, destination in self._due[:room]:
            said = (
                b"id:%b sub:001 dlvrd:001 submit date:2611211200 done date:2611211200 stat:DELIVRD err:000 text:"
                % identifier
            )
            receipt = pdu.ShortMessage(
                source=destination, source_ton=1, source_npi=1, destination=source, esm_class=4, body=said
            )
            self._sequence += 1
            self._out.append(pdu.encode(codes.DELIVER_SM, 0, self._sequence, pdu.encode_message_body(receipt)))
            self._flying += 1
        del self._due[: max(0, room)]


async def main(order: dict[str, Any]) -> None:
    world = World(order["receipt_ms"])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(world), "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        world.hear(json.loads(line))
        sys.stdout.write(json.dumps(world.told()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main(taken()))
