"""How a text to send is cut into short messages, and what that costs.

Limits (3GPP TS 23.040): 140 octets of user data hold 160 septets or 70 UTF-16 units. In a long text each part
carries a header of 6 octets (153 septets, 67 units), or 7 with a 16-bit reference (152 septets, 66 units).

A cut never falls inside an escape pair, a surrogate pair or a grapheme cluster. (One exception: a cluster
that is longer than a whole part, a pile of combining marks, is cut between code points.) The same cutting
is written in TypeScript for the composer; tests/vectors/segments.json holds both to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from channels_sms.text import gsm, udh

GSM7, UCS2 = "gsm7", "ucs2"
MOST_PARTS = 255

_CLUSTER = regex.compile(r"\X")


class TooLong(ValueError):
    """More than 255 parts: no header can number them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What sending `text` costs. `units`: septets (gsm7) or UTF-16 code units (ucs2) of the whole text.

    `unicode_characters`: each distinct character that forces UCS-2, in order of appearance (empty for gsm7).
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


def plan(text: str, *, wide_reference: bool = False) -> Plan:
    if gsm.is_gsm(text):
        units = gsm.septets(text)
        return Plan(GSM7, units, _count(text, GSM7, units, wide_reference=wide_reference))
    units = _utf16_units(text)
    strangers = dict.fromkeys(character for character in text if not gsm.width(character))
    return Plan(UCS2, units, _count(text, UCS2, units, wide_reference=wide_reference), tuple(strangers))


def split(
    text: str,
    *,
    reference: int,
    wide_reference: bool = False,
    data_coding_gsm: int = 0,
    data_coding_ucs2: int = 8,
) -> list[Part]:
    """Cut `text`; the same arguments always give the same parts, octet for octet.

    `reference` is taken modulo 256, or 65,536 when wide. Raises TooLong.
    """
    encoding = GSM7 if gsm.is_gsm(text) else UCS2
    data_coding = data_coding_gsm if encoding == GSM7 else data_coding_ucs2
    encode = gsm.encode if encoding == GSM7 else encode_ucs2
    units = gsm.septets(text) if encoding == GSM7 else _utf16_units(text)
    pieces = list(_pieces(text, encoding, units, wide_reference=wide_reference))
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


def _utf16_units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _limits(encoding: str, *, wide_reference: bool) -> tuple[int, int]:
    """Units in a text that fits in one message, and in each part of a longer one."""
    if encoding == GSM7:
        return 160, 152 if wide_reference else 153
    return 70, 66 if wide_reference else 67


def _count(text: str, encoding: str, units: int, *, wide_reference: bool) -> int:
    return sum(1 for _ in _pieces(text, encoding, units, wide_reference=wide_reference))


def _pieces(text: str, encoding: str, units: int, *, wide_reference: bool) -> Iterator[str]:
    """Fill each part with as many whole clusters as fit; an empty text is one empty piece."""
    alone, most = _limits(encoding, wide_reference=wide_reference)
    if units <= alone:
        yield text
        return
    weigh = gsm.septets if encoding == GSM7 else _utf16_units
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
