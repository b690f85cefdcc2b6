"""Reading inbound octets by their data_coding.

SMPP 3.4 (5.2.19) gives the low values; many SMSCs pass the GSM data coding scheme through instead (3GPP TS
23.038, section 4: 0x10-0x1F and 0xF0-0xFF message class, 0xC0-0xEF message waiting). What has no text
reading is shown as marked hexadecimal: a person can see that something came, and the raw octets are kept by
the caller.
"""

from dataclasses import dataclass

from channels_sms.text import gsm, national

# Names that InboundText.encoding may take.
GSM7, ASCII, LATIN1, UCS2, UTF8, BINARY = "gsm7", "ascii", "latin1", "ucs2", "utf8", "binary"

_TEXT_OCTETS = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D}
_PLAIN_CODECS = {0x03: "latin-1", 0x06: "iso8859-5", 0x07: "iso8859-8"}


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


def decode(
    payload: bytes,
    data_coding: int,
    *,
    single_shift: int = 0,
    locking_shift: int = 0,
    default_alphabet: str = GSM7,
) -> Decoded:
    """Text of one message (or of joined parts) without its UDH; never raises.

    `default_alphabet` is what this operator means by data_coding 0: gsm7, ascii or latin1.
    """
    rule = family(data_coding)
    if rule == "default":
        if default_alphabet in (LATIN1, ASCII):
            return Decoded(payload.decode("latin-1"), default_alphabet)
        return _default(payload, data_coding, single_shift, locking_shift)
    if rule == "ucs2":
        return Decoded(decode_ucs2(payload), UCS2)
    if rule == "binary":
        # Some operators send plain text under "octets": show it when it can be nothing else.
        if payload and _TEXT_OCTETS.issuperset(payload):
            return Decoded(payload.decode("ascii"), ASCII)
        return Decoded(as_hex(payload, data_coding), BINARY)
    if data_coding == 0x01:
        ascii_only = payload.isascii()
        return Decoded(payload.decode("latin-1"), ASCII if ascii_only else LATIN1)
    if data_coding in _PLAIN_CODECS:
        codec = _PLAIN_CODECS[data_coding]
        return Decoded(payload.decode(codec, "replace"), LATIN1 if codec == "latin-1" else codec)
    return Decoded(as_hex(payload, data_coding), BINARY)


def decode_ucs2(payload: bytes) -> str:
    """UTF-16, big endian unless a byte order mark says otherwise. Odd octet, lone surrogate: U+FFFD."""
    if payload[:2] == b"\xff\xfe":
        return payload[2:].decode("utf-16-le", "replace")
    if payload[:2] == b"\xfe\xff":
        payload = payload[2:]
    return payload.decode("utf-16-be", "replace")


def as_hex(payload: bytes, data_coding: int) -> str:
    return f"[data_coding 0x{data_coding:02X}: {payload.hex()}]"


def _default(payload: bytes, data_coding: int, single_shift: int, locking_shift: int) -> Decoded:
    if not payload.isascii():
        # An octet above 0x7F cannot be a septet: this operator sends 8-bit text under the default alphabet.
        # Text that is valid UTF-8 beyond ASCII is practically never Latin-1.
        try:
            return Decoded(payload.decode("utf-8"), UTF8)
        except UnicodeDecodeError:
            return Decoded(payload.decode("latin-1"), LATIN1)
    if locking_shift and locking_shift not in national.LOCKING:
        # Every letter belongs to a table that we lack: wrong letters would be worse than none.
        return Decoded(as_hex(payload, data_coding), BINARY)
    return Decoded(gsm.decode(payload, locking=locking_shift, single=single_shift), GSM7)
