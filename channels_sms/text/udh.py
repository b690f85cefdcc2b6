"""The user data header: small elements in front of the text (3GPP TS 23.040, 9.2.3.24).

Layout: one octet of total length, then elements `identifier, length, data` in any order.
"""

from dataclasses import dataclass

CONCATENATION_8, CONCATENATION_16 = 0x00, 0x08
PORT_8, PORT_16 = 0x04, 0x05
SINGLE_SHIFT, LOCKING_SHIFT = 0x24, 0x25


class MalformedHeader(ValueError):
    """The header's own lengths do not fit; the whole user data is to be shown as it came."""


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Place of a part in a long text; `reference_bits` is 8 or 16 and belongs to the identity of the text."""

    reference: int
    reference_bits: int
    total: int
    number: int


@dataclass(frozen=True, slots=True)
class Header:
    concatenation: Concatenation | None = None
    single_shift: int = 0
    locking_shift: int = 0
    ports: tuple[int, int] | None = None
    elements: tuple[tuple[int, bytes], ...] = ()


def build(concatenation: Concatenation) -> bytes:
    """Header with only a concatenation element: 6 octets (8-bit reference) or 7 (16-bit)."""
    place = bytes((concatenation.total, concatenation.number))
    if concatenation.reference_bits == 16:
        return b"\x06\x08\x04" + (concatenation.reference & 0xFFFF).to_bytes(2, "big") + place
    return b"\x05\x00\x03" + bytes((concatenation.reference & 0xFF,)) + place


def parse(data: bytes) -> tuple[Header, bytes]:
    """Split user data into its header and the text after it. Raises MalformedHeader.

    Only call this when esm_class has the UDH indicator (0x40): outside it, the first octets are text.
    A concatenation with total 0, part 0 or part > total is ignored as 23.040 asks: the text stands alone.
    """
    if not data:
        raise MalformedHeader("user data is empty but a header was announced")
    end = 1 + data[0]
    if end > len(data):
        raise MalformedHeader(f"header of {data[0]} octets in {len(data) - 1}")
    concatenation: Concatenation | None = None
    single = locking = 0
    ports: tuple[int, int] | None = None
    elements: list[tuple[int, bytes]] = []
    position = 1
    while position < end:
        if position + 2 > end or position + 2 + data[position + 1] > end:
            raise MalformedHeader("an element runs past the header")
        identifier, length = data[position], data[position + 1]
        value = data[position + 2 : position + 2 + length]
        position += 2 + length
        elements.append((identifier, value))
        if identifier == CONCATENATION_8 and length == 3:
            concatenation = _place(value[0], 8, value[1], value[2]) or concatenation
        elif identifier == CONCATENATION_16 and length == 4:
            concatenation = _place(value[0] << 8 | value[1], 16, value[2], value[3]) or concatenation
        elif identifier == SINGLE_SHIFT and length == 1:
            single = value[0]
        elif identifier == LOCKING_SHIFT and length == 1:
            locking = value[0]
        elif identifier == PORT_8 and length == 2:
            ports = (value[0], value[1])
        elif identifier == PORT_16 and length == 4:
            ports = (value[0] << 8 | value[1], value[2] << 8 | value[3])
    return Header(concatenation, single, locking, ports, tuple(elements)), data[end:]


def _place(reference: int, bits: int, total: int, number: int) -> Concatenation | None:
    return Concatenation(reference, bits, total, number) if 1 <= number <= total else None


def sar(*, reference: bytes, total: bytes, number: bytes) -> Concatenation | None:
    """The same place told by TLVs (raw values of sar_msg_ref_num, sar_total_segments, sar_segment_seqnum)."""
    if not (1 <= len(reference) <= 2 and len(total) == 1 and len(number) == 1):
        return None
    return _place(int.from_bytes(reference, "big"), 16, total[0], number[0])
