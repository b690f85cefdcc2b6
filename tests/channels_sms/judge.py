"""Runs a stream of PDUs through a real session and connection, in process, and says what they did wrong.

What must come out is worked out here from the octets alone, by the rules of docs/bad-input.md: framing, answers and
what must have been kept are judged without the product's code.
"""

from __future__ import annotations

import asyncio
import struct
from collections import Counter
from collections.abc import Sequence
from random import Random
from uuid import UUID

from channels_sms.smpp import codes
from channels_sms.smpp.connection import Connection, Patience
from channels_sms.smpp.receipts import MessageIds
from channels_sms.smpp.session import Session, SessionError, Timing
from channels_sms.smpp.settings import SmppSettings
from conversations.adapters import (
    InboundPart,
    InboundReceipt,
    InboundText,
    InboundUnreadable,
    IntakeFull,
    IntakeUnavailable,
)
from tests.channels_sms.strategies import ALERT, ENQUIRE, MESSAGES, OUTBIND, RESPONSE, UNBIND, Pdu, Stream, framed

LONGEST = 70_000
LINK = UUID(int=1)
SETTINGS = SmppSettings(host="127.0.0.1", port=1, system_id="palabre", password="")
NACK, DELIVER_RESP, SUBMIT = 0x80000000, 0x80000005, 0x04
GOOD = framed(0x05, 0x7000, b"\0\1\1" + b"22997000001\0" + b"\3\0" + b"1919\0" + b"\0\0\0\0\0\0\0\0\0\4" + b"fini")
Item = InboundText | InboundPart | InboundReceipt | InboundUnreadable


class Paper(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closing = False

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    abort = close


class Shelf:
    """An intake that keeps what it is given, and now and then cannot."""

    def __init__(self, dice: Random, trouble: float) -> None:
        self.kept: list[Item] = []
        self.keys: set[str] = set()
        self._dice = dice
        self._trouble = trouble

    async def _keep(self, item: Item) -> None:
        if self._trouble:
            if self._dice.random() < 0.5:
                await asyncio.sleep(0)
            if self._dice.random() < self._trouble:
                raise self._dice.choice((IntakeUnavailable("away"), IntakeFull("full")))
        self.kept.append(item)

    async def text(self, item: InboundText) -> bool:
        await self._keep(item)
        return True

    async def part(self, item: InboundPart) -> None:
        await self._keep(item)

    async def receipt(self, item: InboundReceipt) -> None:
        await self._keep(item)

    async def unreadable(self, item: InboundUnreadable) -> None:
        await self._keep(item)

    def confirmed(self, keys: Sequence[str]) -> None:
        pass

    def late(self, attempt_id: UUID, answer: object) -> None:
        pass

    def still_ours(self) -> bool:
        return True

    def state(self, state: str, **facts: object) -> None:
        pass


def frames(octets: bytes) -> tuple[list[bytes], bool]:
    """(the whole PDUs at the front of a stream, whether an impossible length follows them)."""
    found, at = [], 0
    while len(octets) - at >= 4:
        (length,) = struct.unpack_from(">I", octets, at)
        if not 16 <= length <= LONGEST:
            return found, True
        if len(octets) - at < length:
            break
        found.append(octets[at : at + length])
        at += length
    return found, False


def answer_to(frame: bytes) -> tuple[int, int] | None:
    """(command, sequence number) of the one answer that a PDU gets; None: it gets none."""
    _, command, _, sequence = struct.unpack_from(">IIII", frame)
    if command & RESPONSE or command in (ALERT, OUTBIND):
        return None
    if command in (*MESSAGES, ENQUIRE, UNBIND):
        return command | RESPONSE, sequence
    return NACK, sequence


async def judge(stream: Stream, dice: Random, *, trouble: float = 0.0) -> list[str]:
    """What is wrong; empty: nothing."""
    shelf, paper = Shelf(dice, trouble), Paper()
    connection = Connection(
        LINK,
        SETTINGS,
        codes.BIND_TRANSCEIVER,
        shelf,
        MessageIds(),
        timing=Timing(),
        patience=Patience(),
        report=lambda *_: None,
        wake=lambda: None,
    )
    session = Session(connection, timing=Timing())
    session.connection_made(paper)
    session.state = "bound"
    submits = [session.request(SUBMIT, b"") for _ in range(2)]  # two that may be answered by chance
    wrong: list[str] = []
    read = b""
    for chunk in stream.chunks():
        if session.state == "closed":
            break
        read += chunk
        try:
            session.data_received(chunk)
        except Exception as error:
            wrong.append(f"the read loop raised {type(error).__name__}: {error}")
        if dice.random() < 0.5:
            await asyncio.sleep(0)
    while connection._tasks:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    wrong += _answers(read, session, paper, shelf)
    wrong += _texts(read, stream.pdus, shelf, trouble)
    if session.state == "bound" and not session._reader.partial:
        shelf._trouble = 0
        paper.written.clear()
        session.data_received(GOOD)
        while connection._tasks:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        if b"".join(paper.written) != framed(DELIVER_RESP, 0x7000, b"\0"):
            wrong.append("the next good text is not acknowledged")
    session.close("over")
    for submit in submits:
        if not submit.cancelled() and isinstance(submit.exception(), SessionError):
            continue  # it ended with the session: retrieved, as whoever waits would
    return wrong


def _answers(read: bytes, session: Session, paper: Paper, shelf: Shelf) -> list[str]:
    whole, broken = frames(read)
    written, rest = frames(b"".join(paper.written))
    if rest:
        return ["what we wrote is no stream of PDUs"]
    given: Counter[tuple[int, int]] = Counter()
    statuses: dict[tuple[int, int], list[int]] = {}
    nacked = False
    for frame in written:
        _, command, status, sequence = struct.unpack_from(">IIII", frame)
        if command == NACK and status == codes.INVALID_COMMAND_LENGTH:
            nacked = True
        elif command & RESPONSE:
            given[command, sequence] += 1
            statuses.setdefault((command, sequence), []).append(status)
    wanted = Counter(answer for frame in whole if (answer := answer_to(frame)) is not None)
    wrong = [f"answered though nothing asked for it: {dict(given - wanted)}"] if given - wanted else []
    left = any(struct.unpack_from(">I", frame, 4)[0] == UNBIND for frame in whole)
    if broken and not left and not nacked:
        wrong.append("broken framing is not nacked")
    if (broken or left) and session.state != "closed":
        wrong.append(f"still {session.state} after {'broken framing' if broken else 'an unbind'}")
    if not broken and not left and wanted - given:
        wrong.append(f"not answered: {dict(wanted - given)}")
    if not broken and not left and session.unanswered:
        wrong.append(f"{session.unanswered} are still counted as unanswered")
    kept = Counter(bytes(item.raw) for item in shelf.kept)
    if any(number > 1 for number in kept.values()):
        wrong.append("the same octets under the same number are stored twice")
    for frame in set(whole):
        _, command, _, sequence = struct.unpack_from(">IIII", frame)
        said = statuses.get((command | RESPONSE, sequence), [])
        final = [status for status in said if status not in (codes.TEMPORARY, codes.THROTTLED)]
        alone = sum(1 for other in set(whole) if other[4:8] == frame[4:8] and other[12:16] == frame[12:16]) == 1
        if command in MESSAGES and final and alone and frame not in kept:
            wrong.append(f"answered with {final} and not kept: {frame.hex()}")
    return wrong


def _texts(read: bytes, pdus: Sequence[Pdu], shelf: Shelf, trouble: float) -> list[str]:
    """Each plain text of a person that was read whole must be there as a text, in these words."""
    whole = frames(read)[0]
    if trouble or any(struct.unpack_from(">I", frame, 4)[0] == UNBIND for frame in whole):
        return []
    there = {bytes(item.raw): item.body for item in shelf.kept if isinstance(item, InboundText)}
    return [
        f"{pdu.words!r} came and {there.get(pdu.octets)!r} is kept"
        for pdu in pdus
        if pdu.words is not None and pdu.octets in whole and there.get(pdu.octets) != pdu.words
    ]


async def shrunk(stream: Stream, seed: int, *, trouble: float) -> Stream:
    """A smaller stream that is still judged wrong: PDUs and cuts left out one by one."""
    smaller = True
    while smaller:
        smaller = False
        candidates = [
            *(Stream(stream.pdus[:n] + stream.pdus[n + 1 :], stream.cuts) for n in range(len(stream.pdus))),
            *(Stream(stream.pdus, stream.cuts[:n] + stream.cuts[n + 1 :]) for n in range(len(stream.cuts))),
        ]
        for candidate in candidates:
            if await judge(candidate, Random(seed), trouble=trouble):
                stream, smaller = candidate, True
                break
    return stream
