"""From a part to send to the octets of its submit_sm (or data_sm), and from the answer to what it means."""

from functools import lru_cache

from channels_sms.smpp import codes, pdu
from channels_sms.smpp.framing import Frame
from channels_sms.smpp.settings import SmppSettings
from channels_sms.text import gsm, udh
from channels_sms.text import parts as cutting
from conversations.adapters import OutboundPart, SubmitRefused, SubmitUnknown

_TON_INTERNATIONAL, _TON_ALPHANUMERIC = 1, 5
_NPI_ISDN = 1
_LONGEST_ALPHANUMERIC = 11
_ANSWERS = (codes.SUBMIT_SM_RESP, codes.DATA_SM_RESP)


def submit_body(part: OutboundPart, settings: SmppSettings) -> bytes:
    """Body of the submit_sm, or data_sm, by which the link submits; the same part always gives the same octets.

    Raises SubmitRefused(permanent=True) for what no operator could accept; nothing is ever cut to fit.
    """
    piece, whole = _piece(part, settings)
    source, source_ton, source_npi = _source(part.source, settings)
    destination, destination_ton, destination_npi = _destination(part.destination, settings)
    header, tlvs = piece.udh, settings.tlvs
    if header and settings.long_text == "sar":
        place = udh.parse(header)[0].concatenation
        assert place is not None
        tlvs = (
            (codes.TLV_SAR_REFERENCE, place.reference.to_bytes(2, "big")),
            (codes.TLV_SAR_TOTAL, bytes((place.total,))),
            (codes.TLV_SAR_NUMBER, bytes((place.number,))),
            *tlvs,
        )
        header = b""
    data_coding, octets = settings.alphabets.outbound(piece.encoding, piece.payload, header_octets=len(header))
    body = header + octets
    by_data = settings.submit_command == codes.DATA_SM
    if whole and not by_data:
        tlvs, body = ((codes.TLV_MESSAGE_PAYLOAD, body), *tlvs), b""
    try:
        encode = pdu.encode_data_body if by_data else pdu.encode_message_body
        return encode(
            pdu.ShortMessage(
                source=source,
                destination=destination,
                body=body,
                data_coding=data_coding,
                esm_class=codes.UDH_INDICATOR if header else 0,
                source_ton=source_ton,
                source_npi=source_npi,
                destination_ton=destination_ton,
                destination_npi=destination_npi,
                service_type=settings.service_type,
                priority=settings.priority,
                validity=settings.validity_period,
                registered_delivery=1,
                tlvs=tlvs,
            )
        )
    except pdu.FieldTooLong as error:
        raise SubmitRefused(codes.INVALID_MESSAGE_LENGTH, str(error), permanent=True) from None


def provider_id(frame: Frame) -> str:
    """The message id of a good answer. Raises SubmitRefused; SubmitUnknown for another kind of answer."""
    if frame.status != codes.OK or frame.command == codes.GENERIC_NACK:
        status = frame.status or codes.INVALID_COMMAND_ID
        raise SubmitRefused(
            status,
            codes.in_words(status),
            permanent=status not in codes.PASSING,
            throttled=status in codes.THROTTLING,
        )
    if frame.command not in _ANSWERS:
        name = codes.COMMAND_NAMES.get(frame.command, f"0x{frame.command:08X}")
        raise SubmitUnknown(f"answered by {name}")
    return pdu.decode_message_id(frame.octets)


@lru_cache(maxsize=512)
def _cut(text: str, reference: int, encoding: str, latin1: bool, wide: bool) -> tuple[cutting.Part, ...]:
    """The parts of one text are asked for one by one; cut it once."""
    return tuple(cutting.split(text, reference=reference, encoding=encoding, latin1=latin1, wide_reference=wide))


def _piece(part: OutboundPart, settings: SmppSettings) -> tuple[cutting.Part, bool]:
    """What to send as this part; True: it is a whole long text, which the operator cuts."""
    latin1 = settings.alphabets.latin1 is not None
    # A 16-bit reference takes one unit of each part. A text that needs one part more with it, which would cost more
    # than was shown, is sent with an 8-bit reference.
    widths = (True, False) if settings.wide_reference else (False,)
    pieces: tuple[cutting.Part, ...] = ()
    for wide in widths:
        try:
            pieces = _cut(part.text, part.reference, part.encoding, latin1, wide)
        except (cutting.TooLong, UnicodeError, gsm.NotGsm) as error:
            raise SubmitRefused(codes.INVALID_MESSAGE_LENGTH, str(error), permanent=True) from None
        if len(pieces) == part.parts and 1 <= part.part <= part.parts:
            return pieces[part.part - 1], False
    if part.parts == part.part == 1 < part.weight == len(pieces):
        encoding = pieces[0].encoding
        return cutting.Part(encoding, 0, b"", cutting.encode(part.text, encoding)), True
    raise SubmitRefused(
        codes.INVALID_MESSAGE_LENGTH,
        f"part {part.part} of {part.parts} asked for, the text makes {len(pieces)}",
        permanent=True,
    )


def _source(address: str, settings: SmppSettings) -> tuple[str, int, int]:
    if address.startswith("+") and address[1:].isdecimal():
        return address[1:], _TON_INTERNATIONAL, _NPI_ISDN
    if not address.isdecimal() and address:
        if len(address) > _LONGEST_ALPHANUMERIC:
            reason = f"sender {address!r} is longer than {_LONGEST_ALPHANUMERIC} characters"
            raise SubmitRefused(codes.INVALID_SOURCE, reason, permanent=True)
        return address, _TON_ALPHANUMERIC, 0
    return address, settings.source_ton, settings.source_npi


def _destination(address: str, settings: SmppSettings) -> tuple[str, int, int]:
    digits = address.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and 1 <= len(digits) <= 20):
        reason = f"{address!r} is not a number that can be sent to"
        raise SubmitRefused(codes.INVALID_DESTINATION, reason, permanent=True)
    return digits, settings.dest_ton, settings.dest_npi
