"""PDUs as operators write them, and as faults, bugs and enemies write them.

Everything is drawn from a `Random`, so that one generator serves both uses: with `random.Random(seed)` for bulk (some
40 us a PDU), with Hypothesis' own (`streams`) for cases that shrink. Well-formed bodies are built here octet by octet
from section 4 of SMPP 3.4: neither our codec nor smpplib's has a part in them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random

from hypothesis import strategies as st

DELIVER, DATA, ENQUIRE, UNBIND = 0x05, 0x103, 0x15, 0x06
ALERT, OUTBIND = 0x102, 0x0B
RESPONSE = 0x80000000
MESSAGES = (DELIVER, DATA)
# Requests that are nobody's to make to us, vendors' own, and numbers of nothing.
STRANGE = (0x01, 0x02, 0x03, 0x04, 0x07, 0x08, 0x09, 0x21, 0x111, 0x112, 0x10200, 0x999, 0x7FFFFFFF, 0x00)
ANSWERS = (0x80000000, 0x80000004, 0x80000009, 0x80000015, 0x80000006, 0x80000103, 0x80000005, 0x80000999, 0xFFFFFFFF)
# TLV tags: those we read, standard ones that smpplib does not expect here, vendors' own.
TAGS = (0x001E, 0x0427, 0x0423, 0x0424, 0x020C, 0x020E, 0x020F, 0x0501, 0x001D, 0x0302, 0x0005, 0x130C, 0x1204, 0x1380)
VENDORS = (0x1400, 0x1401, 0x3FFF, 0x4000, 0xFFFF, 0x0000)
CODINGS = (0, 0, 0, 0, 8, 8, 8, 1, 3, 4, 2, 0x10, 0x18, 0xF0, 0xF1, 0xF5, 0xC8, 0xE0, 0x0D, 0x77)
WORDS = ("Bonjour", "STOP", "1", "mon solde svp", "ou est mon colis ?", "x" * 150, "oui\nnon", "<b>7*7</b>", "id:1 ok")
RICH = ("été à 5 €", "Ça va 😀", "👨‍👩‍👧‍👦", "مرحبا", "z̷̨̛")
SENDERS = ("22997000001", "+2290197000001", "97000001", "0022997000001", "22670000001", "1919", "Orange", "", " ",
           "2" * 25, "é\x01\x02", "+", "22997000001\n")  # fmt: skip
RECEIPT = b"id:%s sub:001 dlvrd:001 submit date:2611210930 done date:2611210931 stat:%s err:000 text:"


@dataclass(frozen=True, slots=True)
class Pdu:
    """One PDU. `words`: the text of a person, which must be stored as a text; None: nothing is known of its meaning."""

    octets: bytes
    words: str | None = None
    whole: bool = True  # command_length is true

    @property
    def command(self) -> int:
        return int.from_bytes(self.octets[4:8], "big")

    @property
    def sequence(self) -> int:
        return int.from_bytes(self.octets[12:16], "big")

    def numbered(self, sequence: int) -> Pdu:
        return replace(self, octets=self.octets[:12] + struct.pack(">I", sequence) + self.octets[16:])


@dataclass(frozen=True, slots=True)
class Stream:
    """What a peer writes: PDUs, and where the reads that receive them end."""

    pdus: tuple[Pdu, ...]
    cuts: tuple[int, ...] = field(default=())

    @property
    def octets(self) -> bytes:
        return b"".join(pdu.octets for pdu in self.pdus)

    def chunks(self) -> list[bytes]:
        octets = self.octets
        places = sorted({0, *(cut % (len(octets) + 1) for cut in self.cuts), len(octets)})
        return [octets[a:b] for a, b in pairwise(places)]


def framed(command: int, sequence: int, body: bytes, *, status: int = 0, length: int | None = None) -> bytes:
    return struct.pack(">IIII", 16 + len(body) if length is None else length, command, status, sequence) + body


def tlv(tag: int, value: bytes, length: int | None = None) -> bytes:
    return struct.pack(">HH", tag, len(value) if length is None else length) + value


def _text(dice: Random) -> tuple[int, bytes, str]:
    """data_coding, octets, and the words they must read as."""
    if dice.random() < 0.4:
        words = dice.choice(RICH)
        return 8, words.encode("utf-16-be"), words
    words = dice.choice(WORDS)
    return dice.choice((0, 1, 3)), words.encode("ascii"), words


def _udh(dice: Random) -> bytes:
    """Headers of all kinds: sound, absurd, and of no kind at all."""
    number, total = dice.choice(((1, 2), (2, 2), (1, 1), (7, 3), (0, 3), (3, 0), (255, 255), (1, 255), (2, 3)))
    reference = dice.randrange(256)
    return dice.choice(
        (
            bytes((5, 0, 3, reference, total, number)),
            bytes((6, 8, 4, 0, reference, total, number)),
            bytes((7, 0x24, 1, 3, 0, 3, reference, total)),  # the last element runs past the header
            b"\x00",
            bytes((dice.randrange(256),)),
            bytes((11, 5, 4, 0x15, 0x8A, 0, 0, 0, 3, reference, total, number)),
            dice.randbytes(dice.randrange(9)),
        )
    )


def _tlvs(dice: Random) -> bytes:
    """Some parameters, each with a length that is true."""
    chosen = dice.choices((*TAGS, *VENDORS), k=dice.choice((0, 0, 0, 1, 1, 2, 5)))
    return b"".join(tlv(tag, dice.randbytes(dice.choice((0, 1, 1, 2, 3, 8, 60)))) for tag in chosen)


def message_body(dice: Random, command: int = DELIVER) -> tuple[bytes, str | None]:
    """The body of a deliver_sm or data_sm whose lengths are all true; its words when it is a plain text of a person."""
    sender = dice.choice(SENDERS[:4]) if dice.random() < 0.7 else dice.choice(SENDERS)
    recipient = dice.choice(("1919", "1919", "1919", "3334", "+1919", "", "999999"))
    coding, octets, words = _text(dice)
    esm, tlvs, meaning = 0, b"", None
    kind = dice.random()
    if kind < 0.45:
        meaning = words
        tlvs = b"".join(tlv(dice.choice(VENDORS), dice.randbytes(4)) for _ in range(dice.choice((0, 0, 1, 2))))
    elif kind < 0.55:
        esm, octets = 0x40, _udh(dice) + octets
    elif kind < 0.7:
        esm = dice.choice((4, 4, 0x20, 0, 0x08))
        octets = RECEIPT % (dice.choice((b"7", b"39f99dd5", b"", b"0" * 70)), dice.choice((b"DELIVRD", b"ODD", b"")))
    elif kind < 0.8:
        coding, octets = dice.choice(CODINGS), dice.randbytes(dice.randrange(160))
    else:
        esm, coding, tlvs = dice.randrange(256), dice.choice(CODINGS), _tlvs(dice)
    service = b"USSD" if dice.random() < 0.02 else dice.choice((b"", b"CMT"))
    if service == b"USSD" or sender not in SENDERS[:4] or recipient not in ("1919", "3334", "+1919"):
        meaning = None
    head = b"".join(
        (
            service + b"\0",
            bytes((dice.choice((0, 1, 1, 2, 5)), dice.randrange(3))),
            sender.encode("latin-1") + b"\0",
            bytes((dice.choice((0, 3)), dice.randrange(3))),
            recipient.encode("latin-1") + b"\0",
        )
    )
    if command == DATA:
        return head + bytes((esm, 0, coding)) + tlvs + tlv(0x0424, octets), meaning
    if len(octets) > 254 or dice.random() < 0.1:
        tlvs, octets = tlvs + tlv(0x0424, octets), b""
    fixed = bytes((esm, 0, 0)) + b"\0" + b"\0" + bytes((0, 0, coding, 0, len(octets)))
    return head + fixed + octets + tlvs, meaning


def sound(dice: Random, sequence: int) -> Pdu:
    """A PDU that keeps all the rules of its kind (though perhaps of no business here)."""
    kind = dice.random()
    if kind < 0.65:
        command = DELIVER if dice.random() < 0.85 else DATA
        body, words = message_body(dice, command)
        return Pdu(framed(command, sequence, body), words)
    if kind < 0.75:
        return Pdu(framed(ENQUIRE, sequence, b""))
    if kind < 0.85:
        status = dice.choice((0, 0, 0x58, 0x0B, 0x14, 0x45, 0xFFFFFFFF))
        body = dice.choice((b"", b"abc\0", b"\0", b"x", b"abc\0" + tlv(0x001D, b"no")))
        return Pdu(framed(dice.choice(ANSWERS), dice.choice((1, 2, 3, sequence)), body, status=status))
    if kind < 0.93:
        return Pdu(framed(dice.choice(STRANGE), sequence, dice.randbytes(dice.randrange(40))))
    return Pdu(framed(dice.choice((ALERT, OUTBIND)), sequence, dice.choice((b"", b"smsc\0secret\0", b"\xff"))))


def _flip(dice: Random, octets: bytearray) -> None:
    for _ in range(dice.choice((1, 1, 2, 8))):
        if len(octets) > 16:
            octets[dice.randrange(16, len(octets))] ^= 1 << dice.randrange(8)


def _truncate(dice: Random, octets: bytearray) -> None:
    del octets[dice.randrange(16, len(octets) + 1) :]


def _splice(dice: Random, octets: bytearray) -> None:
    at = dice.randrange(16, len(octets) + 1)
    octets[at:at] = dice.choice((b"\0", b"\xff" * 4, dice.randbytes(dice.randrange(1, 30)), bytes(octets[16:])))


def _without_ends(dice: Random, octets: bytearray) -> None:
    octets[16:] = octets[16:].replace(b"\0", dice.choice((b"", b"\1")))


def _tail(dice: Random, octets: bytearray) -> None:
    """Parameters whose lengths lie, or less than a parameter."""
    octets += dice.choice(
        (b"\x04", b"\x04\x24\x00", tlv(0x0424, b"abc", 9), tlv(0x1401, b"", 0xFFFF), tlv(0x001E, b"7", 2))
    )


def _sm_length(dice: Random, octets: bytearray) -> None:
    """With short addresses the length stands some 35 octets in: one octet near there becomes another."""
    at = 16 + dice.randrange(20, 45)
    if at < len(octets):
        octets[at] = dice.choice((0, 1, 0x7F, 0xFE, 0xFF))


MUTATIONS = (_flip, _flip, _truncate, _splice, _without_ends, _tail, _tail, _sm_length)


def damaged(dice: Random, pdu: Pdu) -> Pdu:
    """The PDU after one or two mishaps to its body. Its command_length is true: the body is what lies."""
    octets = bytearray(pdu.octets)
    for _ in range(dice.choice((1, 1, 2))):
        dice.choice(MUTATIONS)(dice, octets)
    if dice.random() < 0.05:
        octets[4:8] = struct.pack(">I", dice.choice((*STRANGE, *ANSWERS, DELIVER, DATA)))
    octets[:4] = struct.pack(">I", len(octets))
    return Pdu(bytes(octets))


def misframed(dice: Random, pdu: Pdu) -> Pdu:
    """With a command_length that cannot be true, or that swallows or leaves some of what follows."""
    length = dice.choice((0, 1, 15, 0x10000 + 5000, 0x7FFFFFFF, 0xFFFFFFFF, len(pdu.octets) + 3, len(pdu.octets) - 1))
    return Pdu(struct.pack(">I", length) + pdu.octets[4:], whole=False)


def stream(dice: Random, *, most: int = 6, framing: float = 0.03, leaving: float = 0.02) -> Stream:
    """Up to `most` PDUs, sound and damaged, some twice, some out of their order, read in pieces.

    `framing`, `leaving`: how often a PDU has a false length, or is an unbind.
    """
    pdus: list[Pdu] = []
    for sequence in range(1, dice.randrange(1, most + 1) + 1):
        pdu = sound(dice, sequence)
        if dice.random() < 0.5:
            pdu = damaged(dice, pdu)
        fate = dice.random()
        if fate < framing:
            pdu = misframed(dice, pdu)
        elif fate < framing + leaving:
            pdu = Pdu(framed(UNBIND, sequence, b""))
        pdus.append(pdu)
        if dice.random() < 0.1:
            pdus.append(dice.choice(pdus))  # again, octet for octet
        if dice.random() < 0.05:
            pdus.append(dice.choice(pdus).numbered(sequence))  # other octets under this number, or a copy under another
    if dice.random() < 0.1:
        dice.shuffle(pdus)
    how = dice.random()
    if how < 0.4:
        cuts: tuple[int, ...] = ()
    elif how < 0.9:
        cuts = tuple(dice.randrange(1 << 16) for _ in range(dice.randrange(1, 6)))
    else:
        cuts = tuple(range(64))  # octet by octet at the start
    return Stream(tuple(pdus), cuts)


streams = st.randoms(use_true_random=False).map(stream)
