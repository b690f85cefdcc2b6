"""Septets packed into octets, as they travel on the air (3GPP TS 23.038, 6.1.2.1), for operators that want them so.

Behind a header the first septet begins on a septet border counted from the first octet of the header, so up to six fill
bits stand between them (3GPP TS 23.040, 9.2.3.24). SMPP tells octets, not septets: where seven bits are left over, the
last septet may be one or none. 23.038 (6.1.2.3.1) has a carriage return there, many write zeros, which read as "@".
"""

_RETURN = 0x0D
_AT = 0x00
_FULL = 140  # octets of user data in one short message


def fill_bits(header_octets: int) -> int:
    """Bits between a header of so many octets (its own length octet counts) and the first septet."""
    return -header_octets * 8 % 7


def pack(septets: bytes, *, header_octets: int = 0) -> bytes:
    """`septets`, one an octet, packed; goes right behind the header. Raises ValueError for an octet above 0x7F."""
    if not septets:
        return b""
    if max(septets) > 0x7F:
        raise ValueError("an octet above 0x7F is no septet")
    fill = fill_bits(header_octets)
    bits = fill + 7 * len(septets)
    if -bits % 8 == 7:  # a whole septet more would be read: let it be one that shows nothing
        septets += bytes((_RETURN,))
    packed = 0
    for place, septet in enumerate(septets):
        packed |= septet << fill + 7 * place
    return packed.to_bytes(-(-bits // 8), "little")


def unpack(octets: bytes, *, header_octets: int = 0) -> bytes:
    """The septets in `octets`, one an octet. A last one of which nobody can know whether it is there is dropped when it
    looks like padding."""
    fill = fill_bits(header_octets)
    packed = int.from_bytes(octets, "little") >> fill
    count = max(0, len(octets) * 8 - fill) // 7
    septets = bytes(packed >> 7 * place & 0x7F for place in range(count))
    if not septets or (len(octets) * 8 - fill) % 7:
        return septets
    # A part that is full ends where its text was cut: there, an "@" is one.
    cut_here = header_octets > 0 and header_octets + len(octets) == _FULL
    padding = septets[-1] == _RETURN or (septets[-1] == _AT and not cut_here)
    return septets[:-1] if padding else septets
