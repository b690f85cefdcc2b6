"""How a text to send is cut into short messages, and what that costs.

Limits (3GPP TS 23.040): 140 octets of user data hold 160 septets, 140 letters of Latin-1 or 70 UTF-16 units. In a
long text each part carries a header of 6 octets (153 septets, 134 letters, 67 units), or 7 with a 16-bit reference
(152, 133, 66). Latin-1 is used only where an operator takes it, and only for what the GSM alphabet lacks.

A cut never falls inside an escape pair, a surrogate pair or a grapheme cluster. (One exception: a cluster
that is longer than a whole part, a pile of combining marks, is cut between code points.) The same cutting
is written in TypeScript for the composer; tests/vectors/segments.json holds both to it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import regex

from channels_sms.text import gsm, udh

GSM7, LATIN1, UCS2 = "gsm7", "latin1", "ucs2"
MOST_PARTS = 255

# Units in a text that fits in one message, and in each part of a longer one: with an 8-bit reference, and a 16-bit one.
_LIMITS = {GSM7: (160, 153, 152), LATIN1: (140, 134, 133), UCS2: (70, 67, 66)}
_ALL_LATIN1 = regex.compile(r"[\t\n\r\x20-\x7e\xa0-\xff]*")  # without the controls above 0x7F

_CLUSTER = regex.compile(r"\X")


class TooLong(ValueError):
    """More than 255 parts: no header can number them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What sending `text` costs. `units`: septets (gsm7), octets (latin1) or UTF-16 code units (ucs2) of all of it.

    `unicode_characters`: each distinct character that forces UCS-2, in order of appearance (empty for the others).
    """

    encoding: str
    units: int
    parts: int
    unicode_characters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One short message: `udh` (empty for a text that fits in one) goes before `payload`."""

    encoding: str
    data_coding: int
    udh: bytes
    payload: bytes


def encode_ucs2(text: str) -> bytes:
    """UTF-16BE. A lone surrogate, which no encoder may write, becomes U+FFFD (also one unit)."""
    try:
        return text.encode("utf-16-be")
    except UnicodeEncodeError:
        return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace").encode("utf-16-be")


def is_latin1(text: str) -> bool:
    return _ALL_LATIN1.fullmatch(text) is not None


def encoding_of(text: str, *, latin1: bool = False) -> str:
    """The cheapest alphabet that has every character. `latin1`: the operator takes it."""
    if gsm.is_gsm(text):
        return GSM7
    return LATIN1 if latin1 and is_latin1(text) else UCS2


def plan(text: str, *, wide_reference: bool = False, latin1: bool = False) -> Plan:
    encoding = encoding_of(text, latin1=latin1)
    units = _WEIGHERS[encoding](text)
    parts = sum(1 for _ in _pieces(text, encoding, units, wide_reference=wide_reference))
    if encoding != UCS2:
        return Plan(encoding, units, parts)
    strangers = dict.fromkeys(character for character in text if not gsm.width(character))
    # Where Latin-1 is taken, what it has is not what forces Unicode; unless it is (an ê beside a €).
    forcing = tuple(one for one in strangers if not is_latin1(one)) if latin1 else ()
    return Plan(UCS2, units, parts, forcing or tuple(strangers))


def split(
    text: str,
    *,
    reference: int,
    wide_reference: bool = False,
    encoding: str = "",
    latin1: bool = False,
    data_coding_gsm: int = 0,
    data_coding_latin1: int = 3,
    data_coding_ucs2: int = 8,
) -> list[Part]:
    """Cut `text`; the same arguments always give the same parts, octet for octet.

    `encoding`: as planned before; "" plans it anew. `reference` is taken modulo 256, or 65,536 when wide. Septets are
    left unpacked. Raises TooLong, and gsm.NotGsm or UnicodeEncodeError for an `encoding` that cannot write the text.
    """
    encoding = encoding or encoding_of(text, latin1=latin1)
    data_coding = {GSM7: data_coding_gsm, LATIN1: data_coding_latin1, UCS2: data_coding_ucs2}[encoding]
    encode = _ENCODERS[encoding]
    pieces = list(_pieces(text, encoding, _WEIGHERS[encoding](text), wide_reference=wide_reference))
    if len(pieces) == 1:
        return [Part(encoding, data_coding, b"", encode(text))]
    if len(pieces) > MOST_PARTS:
        raise TooLong(f"{len(pieces)} parts; a header can number {MOST_PARTS}")
    bits = 16 if wide_reference else 8
    return [
        Part(
            encoding,
            data_coding,
            udh.build(udh.Concatenation(reference, bits, len(pieces), number)),
            encode(piece),
        )
        for number, piece in enumerate(pieces, 1)
    ]


def encode(text: str, encoding: str) -> bytes:
    """The whole text uncut, septets unpacked. Raises as `split`."""
    return _ENCODERS[encoding](text)


def _utf16_units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


_WEIGHERS: dict[str, Callable[[str], int]] = {GSM7: gsm.septets, LATIN1: len, UCS2: _utf16_units}
_ENCODERS: dict[str, Callable[[str], bytes]] = {
    GSM7: gsm.encode,
    LATIN1: lambda text: text.encode("latin-1"),
    UCS2: encode_ucs2,
}


def _pieces(text: str, encoding: str, units: int, *, wide_reference: bool) -> Iterator[str]:
    """Fill each part with as many whole clusters as fit; an empty text is one empty piece."""
    alone, narrow, wide = _LIMITS[encoding]
    if units <= alone:
        yield text
        return
    most = wide if wide_reference else narrow
    weigh = _WEIGHERS[encoding]
    start = filled = 0
    for match in _CLUSTER.finditer(text):
        cluster = match.group()
        weight = weigh(cluster)
        if filled + weight <= most:
            filled += weight
            continue
        if weight <= most:
            yield text[start : match.start()]
            start, filled = match.start(), weight
            continue
        position = match.start()
        for character in cluster:
            weight = weigh(character)
            if filled + weight > most:
                yield text[start:position]
                start, filled = position, 0
            filled += weight
            position += 1
    yield text[start:]
