"""A scripted operator on a real socket: it says exactly the octets a test wants, and an intake that remembers.

Its PDUs are built by smpplib, so that it is no mirror of our own codec.
"""

import asyncio
import struct
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import uuid4

from smpplib import smpp

from channels_sms.smpp.connection import Patience
from channels_sms.smpp.link import SmppLink
from channels_sms.smpp.session import Timing
from conversations.adapters import LinkConfig, OutboundPart

WAIT_S = 10
BIND_TRX, BIND_TRX_RESP = 0x00000009, 0x80000009
SUBMIT, SUBMIT_RESP = 0x00000004, 0x80000004
DELIVER, DELIVER_RESP = 0x00000005, 0x80000005
ENQUIRE, ENQUIRE_RESP = 0x00000015, 0x80000015
UNBIND, UNBIND_RESP = 0x00000006, 0x80000006
NACK = 0x80000000


class Shim:
    """What smpplib asks of a client."""

    sequence = 0

    def next_sequence(self):
        return 1


def pdu(name, sequence, status=0, **fields):
    built = smpp.make_pdu(name, client=Shim(), **fields)
    built.sequence = sequence
    built.status = status
    return built.generate()


def header(length, command, status=0, sequence=1):
    return struct.pack(">IIII", length, command, status, sequence)


def raw(command, sequence, body=b"", status=0):
    return header(16 + len(body), command, status, sequence) + body


def deliver(sequence, text=b"bonjour", *, source="22997000001", destination="1919", **fields):
    fields = {"source_addr_ton": 1, "source_addr_npi": 1, "dest_addr_ton": 3, **fields}
    return pdu("deliver_sm", sequence, source_addr=source, destination_addr=destination, short_message=text, **fields)


def receipt_text(identifier, stat="DELIVRD", err="000"):
    return (
        f"id:{identifier} sub:001 dlvrd:001 submit date:2611210930 done date:2611210931 "
        f"stat:{stat} err:{err} text:Bonjour"
    ).encode()


class Pdu(NamedTuple):
    command: int
    status: int
    sequence: int
    body: bytes


class Visit:
    """One connection that our link made to the operator."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def read(self):
        async with asyncio.timeout(WAIT_S):
            length, command, status, sequence = struct.unpack(">IIII", await self.reader.readexactly(16))
            return Pdu(command, status, sequence, await self.reader.readexactly(length - 16))

    async def expect(self, command, status=None):
        """The next PDU, which must be this one."""
        found = await self.read()
        assert found.command == command, f"0x{found.command:08X} came, 0x{command:08X} expected"
        assert status is None or found.status == status, hex(found.status)
        return found

    async def expect_silence(self, seconds=0.15):
        try:
            octets = await asyncio.wait_for(self.reader.read(16), seconds)
        except TimeoutError:
            return
        raise AssertionError(f"{octets.hex()} came, silence expected")

    async def expect_end(self):
        async with asyncio.timeout(WAIT_S):
            try:
                assert await self.reader.read(1) == b""
            except ConnectionError:
                pass

    def send(self, *octets):
        self.writer.write(b"".join(octets))

    async def accept_bind(self, command=BIND_TRX):
        bind = await self.expect(command)
        self.send(raw(command | 0x80000000, bind.sequence, b"smsc\0"))
        return bind

    def cut(self):
        """Lose the connection, as a network does."""
        self.writer.transport.abort()


class Operator:
    def __init__(self):
        self.visits = asyncio.Queue()
        self.port = 0

    async def visit(self, *, bound=True):
        visit = await asyncio.wait_for(self.visits.get(), WAIT_S)
        if bound:
            await visit.accept_bind()
        return visit


class FakeIntake:
    """Remembers what it was given; `fails` and `gate` play the database."""

    def __init__(self):
        self.texts, self.parts, self.receipts, self.unreadables = [], [], [], []
        self.confirmed_keys, self.late_answers, self.states = [], [], []
        self.keys = set()
        self.duplicates = []
        self.stored_unconfirmed = {}
        self.fails = None
        self.ours = True
        self.gate = asyncio.Event()
        self.gate.set()
        self.moved = asyncio.Event()

    async def _pass(self):
        await self.gate.wait()
        self.moved.set()
        if self.fails is not None:
            raise self.fails

    async def text(self, item):
        await self._pass()
        if item.key in self.keys:
            self.duplicates.append(item)
            return False
        self.keys.add(item.key)
        self.texts.append(item)
        return True

    async def part(self, item):
        await self._pass()
        if item.key not in self.keys:
            self.keys.add(item.key)
            self.parts.append(item)

    async def receipt(self, item):
        await self._pass()
        self.receipts.append(item)

    async def unreadable(self, item):
        await self._pass()
        self.unreadables.append(item)

    async def unconfirmed(self):
        return dict(self.stored_unconfirmed)

    def confirmed(self, keys):
        self.confirmed_keys.extend(keys)
        self.moved.set()

    def late(self, attempt_id, answer):
        self.late_answers.append((attempt_id, answer))
        self.moved.set()

    def still_ours(self):
        return self.ours

    def state(self, state, **facts):
        self.states.append((state, facts))
        self.moved.set()

    async def until(self, condition):
        """Wait until `condition()`; prints nothing and never longer than WAIT_S."""
        async with asyncio.timeout(WAIT_S):
            while not condition():
                self.moved.clear()
                try:
                    await asyncio.wait_for(self.moved.wait(), 0.05)
                except TimeoutError:
                    pass


class QuickLink(SmppLink):
    """The same link with a short temper between attempts."""

    patience = Patience(first=0.02, most=0.1, account_first=0.3, account_most=0.6, stable=60)
    timing = Timing(partial_pdu=1.0, unbind=0.5)


def config(port, **settings):
    secret = settings.pop("secret", "motpasse")
    return LinkConfig(
        id=uuid4(),
        organisation_id=uuid4(),
        name="MTN",
        settings={"host": "127.0.0.1", "port": port, "system_id": "palabre", **settings},
        secret=secret,
        lines=("1919",),
    )


def outbound(
    text="Bonjour", *, part=1, parts=1, reference=7, destination="+22997000001", source="1919", encoding="", weight=1
):
    return OutboundPart(uuid4(), uuid4(), part, parts, source, destination, text, reference, 0, encoding, weight)


@asynccontextmanager
async def operator(*, tls=None):
    peer = Operator()

    async def arrive(reader, writer):
        await peer.visits.put(Visit(reader, writer))

    server = await asyncio.start_server(arrive, "127.0.0.1", 0, ssl=tls)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        while not peer.visits.empty():
            peer.visits.get_nowait().cut()


@asynccontextmanager
async def running(link):
    task = asyncio.create_task(link.run())
    try:
        yield link
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def bound_link(**settings):
    """(operator, visit, link, intake), bound."""
    async with operator() as peer:
        intake = FakeIntake()
        link = QuickLink(config(peer.port, **settings), intake)
        async with running(link):
            visit = await peer.visit()
            await intake.until(lambda: any(state == "bound" for state, _ in intake.states))
            try:
                yield peer, visit, link, intake
            finally:
                visit.cut()


def tlv(tag, value):
    return struct.pack(">HH", tag, len(value)) + value


def with_tlvs(octets, *tlvs):
    whole = octets + b"".join(tlvs)
    return struct.pack(">I", len(whole)) + whole[4:]


async def submitted(visit, link, part, *, status=0, identifier=b"abc"):
    """Submit, answer, and give what smpplib reads in our octets."""
    sending = asyncio.create_task(link.submit(part))
    found = await visit.expect(SUBMIT)
    visit.send(raw(SUBMIT_RESP, found.sequence, identifier + b"\0" if not status else b"", status))
    await sending
    return smpp.parse_pdu(raw(SUBMIT, found.sequence, found.body), client=Shim())
