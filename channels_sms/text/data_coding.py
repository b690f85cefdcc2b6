"""Reading inbound octets by their data_coding.

SMPP 3.4 (5.2.19) gives the low values; many SMSCs pass the GSM data coding scheme through instead (3GPP TS
23.038, section 4: 0x10-0x1F and 0xF0-0xFF message class, 0xC0-0xEF message waiting). What has no text
reading is shown as marked hexadecimal: a person can see that something came, and the raw octets are kept by
the caller. An operator may mean something else by a value: `table` holds what its link has been told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from channels_sms.text import gsm, national

# Names that InboundText.encoding may take.
GSM7, ASCII, LATIN1, UCS2, UTF8, BINARY = "gsm7", "ascii", "latin1", "ucs2", "utf8", "binary"
# Further ways to write two of them; what they hold is told as GSM7 and UCS2.
GSM7_PACKED, UCS2_LITTLE = "gsm7_packed", "ucs2_little"
ALPHABETS = (GSM7, GSM7_PACKED, ASCII, LATIN1, UCS2, UCS2_LITTLE, UTF8, BINARY)

_TEXT_OCTETS = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D}
_ISO = {0x06: "iso8859-5", 0x07: "iso8859-8"}
_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_NO_TABLE: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Decoded:
    text: str
    encoding: str


def family(data_coding: int) -> str:
    """Which rule reads this data_coding: "default", "binary", "ucs2" or "other"."""
    if data_coding == 0:
        return "default"
    if data_coding in (0x02, 0x04):
        return "binary"
    if data_coding == 0x08:
        return "ucs2"
    if data_coding >> 4 == 0x1:
        return ("default", "binary", "ucs2", "other")[data_coding >> 2 & 3]
    if data_coding >> 4 == 0xF:
        return "binary" if data_coding & 4 else "default"
    if data_coding >> 4 in (0xC, 0xD):
        return "default"
    if data_coding >> 4 == 0xE:
        return "ucs2"
    return "other"


def alphabet_of(
    data_coding: int, *, default_alphabet: str = GSM7, little_endian: bool = False, table: Mapping[int, str] = _NO_TABLE
) -> str:
    """The alphabet that this data_coding announces, one of ALPHABETS, "iso8859-5" or "iso8859-8"; "" for none known.

    `default_alphabet`: what this operator means by 0 and its like. `table` goes before every rule.
    """
    if data_coding in table:
        return table[data_coding]
    rule = family(data_coding)
    if rule == "default":
        return default_alphabet
    if rule == "ucs2":
        return UCS2_LITTLE if little_endian else UCS2
    if rule == "binary":
        return BINARY
    return {0x01: ASCII, 0x03: LATIN1}.get(data_coding) or _ISO.get(data_coding, "")


def decode(
    payload: bytes,
    data_coding: int,
    *,
    single_shift: int = 0,
    locking_shift: int = 0,
    default_alphabet: str = GSM7,
    alphabet: str | None = None,
) -> Decoded:
    """Text of one message (or of joined parts) without its UDH; never raises.

    `alphabet`: of `alphabet_of`, which is asked here when it is None. Packed septets have been unpacked by whoever
    knows the length of the header before them.
    """
    if alphabet is None:
        alphabet = alphabet_of(data_coding, default_alphabet=default_alphabet)
    if alphabet in (GSM7, GSM7_PACKED):
        return _default(payload, data_coding, single_shift, locking_shift)
    if alphabet in (UCS2, UCS2_LITTLE):
        return Decoded(decode_ucs2(payload, little_endian=alphabet == UCS2_LITTLE), UCS2)
    if alphabet == ASCII:
        eight_bits = family(data_coding) != "default" and not payload.isascii()
        return Decoded(payload.decode("latin-1"), LATIN1 if eight_bits else ASCII)
    if alphabet == LATIN1:
        return Decoded(payload.decode("latin-1"), LATIN1)
    if alphabet == UTF8:
        return _eight_bits(payload)
    if alphabet in _ISO.values():
        return Decoded(payload.decode(alphabet, "replace"), alphabet)
    # Some operators send plain text under "octets": show it when it can be nothing else.
    if alphabet == BINARY and payload and _TEXT_OCTETS.issuperset(payload):
        return Decoded(payload.decode("ascii"), ASCII)
    return Decoded(as_hex(payload, data_coding), BINARY)


def decode_ucs2(payload: bytes, *, little_endian: bool = False) -> str:
    """UTF-16 in the order told, unless a byte order mark says otherwise. Odd octet, lone surrogate: U+FFFD."""
    if payload[:2] in _MARKS:
        return payload[2:].decode(_MARKS[payload[:2]], "replace")
    return payload.decode("utf-16-le" if little_endian else "utf-16-be", "replace")


def as_hex(payload: bytes, data_coding: int) -> str:
    return f"[data_coding 0x{data_coding:02X}: {payload.hex()}]"


def _default(payload: bytes, data_coding: int, single_shift: int, locking_shift: int) -> Decoded:
    if not payload.isascii():
        # An octet above 0x7F cannot be a septet: this operator sends 8-bit text under the default alphabet.
        return _eight_bits(payload)
    if locking_shift and locking_shift not in national.LOCKING:
        # Every letter belongs to a table that we lack: wrong letters would be worse than none.
        return Decoded(as_hex(payload, data_coding), BINARY)
    return Decoded(gsm.decode(payload, locking=locking_shift, single=single_shift), GSM7)


def _eight_bits(payload: bytes) -> Decoded:
    """Text that is valid UTF-8 beyond ASCII is practically never Latin-1."""
    try:
        return Decoded(payload.decode("utf-8"), UTF8)
    except UnicodeDecodeError:
        return Decoded(payload.decode("latin-1"), LATIN1)
