"""From a deliver_sm (or data_sm) to the neutral value that the gateway stores."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from channels_sms.smpp import codes, pdu, receipts
from channels_sms.smpp.alphabets import Alphabets
from channels_sms.smpp.framing import Frame
from channels_sms.text import data_coding as coding
from channels_sms.text import gsm, joining, udh
from conversations.adapters import (
    InboundPart,
    InboundReceipt,
    InboundText,
    InboundUnreadable,
    JoinedText,
    StoredPart,
)

_KIND_BITS = 0x3C  # of esm_class: something else than a text (5.2.12)

Item = InboundText | InboundPart | InboundReceipt | InboundUnreadable


def decode(frame: Frame) -> pdu.ShortMessage:
    """Raises MalformedPdu."""
    if frame.command == codes.DATA_SM:
        return pdu.decode_data_sm(frame.octets)
    return pdu.decode_message(frame.octets)


def find_receipt(
    frame: Frame, message: pdu.ShortMessage, link: UUID, ids: receipts.MessageIds, alphabets: Alphabets
) -> InboundReceipt | None:
    """Raises receipts.UnreadableReceipt."""
    receipt = receipts.find(_unpacked(message, alphabets))
    if receipt is None:
        return None
    return InboundReceipt(
        link_id=link,
        provider_ids=ids.of_receipt(receipt.id),
        address=message.source,
        state=receipt.state,
        error=receipt.error,
        text=receipt.text,
        raw=frame.octets,
    )


def read_text(
    frame: Frame,
    message: pdu.ShortMessage,
    link: UUID,
    *,
    key: str,
    fingerprint: bytes,
    alphabets: Alphabets,
) -> InboundText | InboundPart | InboundUnreadable:
    """A text, a part of a long one, or what has no text for a conversation (USSD, nobody as sender)."""
    if message.service_type == "USSD" or message.tlv(codes.TLV_USSD_SERVICE_OP) is not None:
        return InboundUnreadable(link, key, frame.octets, "USSD, not a text", message.source)
    if not message.source:
        return InboundUnreadable(link, key, frame.octets, "no sender")
    header, payload = udh.Header(), message.octets
    if message.esm_class & codes.UDH_INDICATOR:
        try:
            header, payload = udh.parse(payload)
        except udh.MalformedHeader:
            pass  # shown whole: a few strange characters in front of words that can be read
    header_octets = len(message.octets) - len(payload)
    alphabet, payload = alphabets.inbound(message.data_coding, payload, header_octets=header_octets)
    place = header.concatenation or (_place_by_tlvs(message) if message.tlvs else None)
    if place is not None and place.total > 1:
        return InboundPart(
            link_id=link,
            key=key,
            group=_group(message, place),
            part=place.number,
            total=place.total,
            sender=message.source,
            recipient=message.destination,
            sender_ton=message.source_ton,
            payload=payload,
            data={
                "data_coding": message.data_coding,
                "single_shift": header.single_shift,
                "locking_shift": header.locking_shift,
                "alphabet": alphabet,
            },
            raw=frame.octets,
            fingerprint=fingerprint,
        )
    decoded = coding.decode(
        payload,
        message.data_coding,
        single_shift=header.single_shift,
        locking_shift=header.locking_shift,
        alphabet=alphabet,
    )
    return InboundText(
        link_id=link,
        key=key,
        sender=message.source,
        recipient=message.destination,
        sender_ton=message.source_ton,
        body=decoded.text,
        raw=frame.octets,
        encoding=decoded.encoding,
        fingerprint=fingerprint,
    )


def unreadable(frame: Frame, link: UUID, key: str, error: str) -> tuple[InboundUnreadable, bool]:
    """What can be said of a malformed PDU, and whether a sender and some text of it can be read."""
    sender, _, octets = pdu.salvage(frame.octets)
    return InboundUnreadable(link, key, frame.octets, error, sender), bool(sender and octets)


def join(parts: Sequence[StoredPart]) -> JoinedText:
    """A long text again, octets joined before they are decoded."""

    def value(data: Any, name: str) -> int:
        return int(data.get(name, 0))

    joined = joining.join(
        joining.ReceivedPart(
            number=part.part,
            total=part.total,
            data_coding=value(part.data, "data_coding"),
            payload=bytes(part.payload),
            single_shift=value(part.data, "single_shift"),
            locking_shift=value(part.data, "locking_shift"),
            alphabet=part.data.get("alphabet"),  # parts of an older version lack it: as the book says
        )
        for part in parts
    )
    return JoinedText(joined.text, joined.encoding, joined.total, joined.missing)


def _unpacked(message: pdu.ShortMessage, alphabets: Alphabets) -> pdu.ShortMessage:
    """A receipt whose words came in packed septets, like everything of such an operator; most write them plainly."""
    octets = message.octets
    if not message.esm_class & _KIND_BITS or b"id:" in octets.lower():
        return message
    alphabet, septets = alphabets.inbound(message.data_coding, octets, header_octets=0)
    if alphabet != coding.GSM7 or b"id:" not in septets.lower():
        return message
    return message._replace(body=gsm.decode(septets).encode("latin-1", "replace"))


def _place_by_tlvs(message: pdu.ShortMessage) -> udh.Concatenation | None:
    return udh.sar(
        reference=message.tlv(codes.TLV_SAR_REFERENCE) or b"",
        total=message.tlv(codes.TLV_SAR_TOTAL) or b"",
        number=message.tlv(codes.TLV_SAR_NUMBER) or b"",
    )


def _group(message: pdu.ShortMessage, place: udh.Concatenation) -> str:
    """Two subscribers may use one reference at once, and 8-bit and 16-bit references are different things."""
    people = f"{message.source[:100]}>{message.destination[:100]}"
    return f"{people}:{place.reference}/{place.reference_bits}:{place.total}"
