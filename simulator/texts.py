"""Texts on their way in and out of PDUs: numbers, cutting of long texts, joining of what the service sent."""

from __future__ import annotations

import re
from dataclasses import dataclass

from channels_sms.text import data_coding as coding
from channels_sms.text import packing, parts, udh
from channels_sms.text.joining import ReceivedPart
from simulator import codec

_UDH = 0x40
_OLD_BENIN = re.compile(r"^229(\d{8})$")


class BadNumber(ValueError):
    """Not something that a phone can be called; the message says what is expected."""


def subscriber_number(raw: str) -> str:
    """International digits without '+'. Accepts '+', '00', spaces, Benin's national 01... and its old 8 digits."""
    digits = re.sub(r"[\s().\u00a0-]", "", raw).removeprefix("+")
    digits = digits.removeprefix("00")
    if not digits.isascii() or not digits.isdigit():
        raise BadNumber(f"{raw!r} is not a phone number")
    if len(digits) == 10 and digits.startswith("01"):
        digits = "229" + digits
    if old := _OLD_BENIN.match(digits):
        digits = f"22901{old[1]}"
    if not 8 <= len(digits) <= 15:
        raise BadNumber(f"{raw!r} does not have between 8 and 15 digits")
    return digits


def shown_as(number: str, style: str) -> tuple[str, int]:
    """A subscriber's address and its type of number, as this operator writes them in deliver_sm."""
    if style == "plus":
        return f"+{number}", 1
    if style == "national":
        return re.sub(r"^(229|226)", "", number), 2
    return number, 1


@dataclass(frozen=True, slots=True)
class Body:
    """The text of one deliver_sm: what goes into the mandatory fields, and the TLVs that follow."""

    esm_class: int
    data_coding: int
    octets: bytes
    tlvs: bytes
    part: int
    parts: int


@dataclass(frozen=True, slots=True)
class Habits:
    """How an operator writes alphabets. `latin1` 0: not at all."""

    gsm: int = 0
    latin1: int = 0
    packed: bool = False
    little_endian: bool = False

    def write(self, encoding: str, payload: bytes, header_octets: int = 0) -> tuple[int, bytes]:
        """(data_coding, octets) of one part."""
        if encoding == parts.GSM7:
            return self.gsm, packing.pack(payload, header_octets=header_octets) if self.packed else payload
        if encoding == parts.LATIN1:
            return self.latin1, payload
        if self.little_endian:
            return 8, ("\ufeff" + payload.decode("utf-16-be")).encode("utf-16-le")
        return 8, payload


def bodies(text: str, *, how: str, reference: int, habits: Habits) -> list[Body]:
    """Cut a subscriber's text the way the operator does. Raises channels_sms.text.parts.TooLong."""
    latin1 = habits.latin1 > 0
    if how == "payload":
        encoding = parts.encoding_of(text, latin1=latin1)
        data_coding, octets = habits.write(encoding, parts.encode(text, encoding))
        return [Body(0, data_coding, b"", codec.tlv(codec.TLV_PAYLOAD, octets), 1, 1)]
    cut = parts.split(text, reference=reference, wide_reference=how == "udh16", latin1=latin1)
    found = []
    for number, part in enumerate(cut, 1):
        tlvs = b""
        header = part.udh
        if header and how == "sar":
            header = b""
            tlvs = (
                codec.tlv(codec.TLV_SAR_REFERENCE, (reference & 0xFFFF).to_bytes(2, "big"))
                + codec.tlv(codec.TLV_SAR_TOTAL, bytes((len(cut),)))
                + codec.tlv(codec.TLV_SAR_PART, bytes((number,)))
            )
        data_coding, octets = habits.write(part.encoding, part.payload, len(header))
        found.append(Body(_UDH if header else 0, data_coding, header + octets, tlvs, number, len(cut)))
    return found


@dataclass(frozen=True, slots=True)
class Reading:
    """What one submit_sm or data_sm carries. `place` is None for a text that stands alone."""

    place: udh.Concatenation | None
    part: ReceivedPart
    octets: bytes

    @property
    def text(self) -> str:
        part = self.part
        return coding.decode(
            part.payload,
            part.data_coding,
            single_shift=part.single_shift,
            locking_shift=part.locking_shift,
        ).text


def read_submit(pdu: codec.Pdu, *, packed: bool = False) -> Reading:
    """Raises codec.Malformed for a text that no radio network could carry. `packed`: septets come seven bits each."""
    octets: bytes = pdu.fields.get("short_message", b"")  # a data_sm has none
    payload = pdu.tlvs.get(codec.TLV_PAYLOAD)
    if payload is not None:
        if octets:
            raise codec.Malformed(codec.INVALID_LENGTH, "both short_message and message_payload")
        octets = payload
    data_coding: int = pdu.fields["data_coding"]
    header, place, text = udh.Header(), None, octets
    if pdu.fields["esm_class"] & _UDH:
        try:
            header, text = udh.parse(octets)
        except udh.MalformedHeader as error:
            raise codec.Malformed(codec.INVALID_LENGTH, f"user data header: {error}") from error
        place = header.concatenation
    elif codec.TLV_SAR_REFERENCE in pdu.tlvs:
        place = udh.sar(
            reference=pdu.tlvs[codec.TLV_SAR_REFERENCE],
            total=pdu.tlvs.get(codec.TLV_SAR_TOTAL, b""),
            number=pdu.tlvs.get(codec.TLV_SAR_PART, b""),
        )
    header_octets = len(octets) - len(text)
    if packed and coding.family(data_coding) == "default":
        text = packing.unpack(text, header_octets=header_octets)
    if payload is None and not _fits(header_octets, len(text), data_coding):
        raise codec.Malformed(codec.INVALID_LENGTH, "longer than one short message can be")
    part = ReceivedPart(
        number=place.number if place else 1,
        total=place.total if place else 1,
        data_coding=data_coding,
        payload=text,
        single_shift=header.single_shift,
        locking_shift=header.locking_shift,
    )
    return Reading(place, part, octets)


def _fits(header: int, text: int, data_coding: int) -> bool:
    """140 octets of user data (3GPP TS 23.040); septets travel unpacked here and are packed on the air."""
    if coding.family(data_coding) == "default":
        return -(-header * 8 // 7) + text <= 160
    return header + text <= 140
