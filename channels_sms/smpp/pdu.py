"""The PDUs on the hot path, octet for octet.

smpplib is the library for definitions and the oracle of the tests (equal octets); it is not in the read
loop. Its decoder raises on legal PDUs (vendor TLVs, TLVs that it does not expect) and accepts broken ones
(C-strings without NUL, lengths past the end), and each would cost the bind or a text. Here TLVs are kept
raw and in order, every length is checked, and the only error raised is MalformedPdu.
"""

import struct
from typing import NamedTuple

from channels_sms.smpp import codes

HEADER = struct.Struct(">IIII")
HEADER_SIZE = 16
_TLV_HEADER = struct.Struct(">HH")
_MOST_SHORT_MESSAGE = 254
Tlvs = tuple[tuple[int, bytes], ...]


class MalformedPdu(Exception):
    """The frame is whole but its body is not. `status` is what to answer; `reason` is for people."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class FieldTooLong(ValueError):
    """A value that the protocol's field cannot hold; it is never cut to fit."""


class ShortMessage(NamedTuple):
    """Body of submit_sm and deliver_sm (4.4.1, 4.6.1), and of data_sm as far as it goes.

    Addresses are text (Latin-1) as the operator wrote them; `body` is the octets of short_message.
    """

    source: str = ""
    destination: str = ""
    body: bytes = b""
    data_coding: int = 0
    esm_class: int = 0
    source_ton: int = 0
    source_npi: int = 0
    destination_ton: int = 0
    destination_npi: int = 0
    service_type: str = ""
    protocol_id: int = 0
    priority: int = 0
    schedule: str = ""
    validity: str = ""
    registered_delivery: int = 0
    replace_if_present: int = 0
    default_message: int = 0
    tlvs: Tlvs = ()

    def tlv(self, tag: int) -> bytes | None:
        """Value of the first TLV with this tag."""
        for found, value in self.tlvs:
            if found == tag:
                return value
        return None

    @property
    def octets(self) -> bytes:
        """The user data: short_message, or message_payload when that is empty."""
        return self.body or self.tlv(codes.TLV_MESSAGE_PAYLOAD) or b""


def encode(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    return HEADER.pack(HEADER_SIZE + len(body), command, status, sequence) + body


def c_string(value: str, most: int, field: str) -> bytes:
    """NUL-terminated octets; `most` counts the NUL, as the specification does. Raises FieldTooLong."""
    try:
        octets = value.encode("latin-1")
    except UnicodeEncodeError:
        raise FieldTooLong(f"{field} has characters that SMPP cannot carry") from None
    if len(octets) >= most:
        raise FieldTooLong(f"{field}: {len(octets)} characters, at most {most - 1}")
    if b"\0" in octets:
        raise FieldTooLong(f"{field}: holds a NUL")
    return octets + b"\0"


def encode_tlvs(tlvs: Tlvs) -> bytes:
    return b"".join([_TLV_HEADER.pack(tag, len(value)) + value for tag, value in tlvs])


def encode_message_body(message: ShortMessage) -> bytes:
    """Body of submit_sm or deliver_sm. Raises FieldTooLong."""
    if len(message.body) > _MOST_SHORT_MESSAGE:
        raise FieldTooLong(f"short_message: {len(message.body)} octets, at most {_MOST_SHORT_MESSAGE}")
    return b"".join(
        (
            c_string(message.service_type, 6, "service_type"),
            bytes((message.source_ton, message.source_npi)),
            c_string(message.source, 21, "source_addr"),
            bytes((message.destination_ton, message.destination_npi)),
            c_string(message.destination, 21, "destination_addr"),
            bytes((message.esm_class, message.protocol_id, message.priority)),
            c_string(message.schedule, 17, "schedule_delivery_time"),
            c_string(message.validity, 17, "validity_period"),
            bytes(
                (
                    message.registered_delivery,
                    message.replace_if_present,
                    message.data_coding,
                    message.default_message,
                    len(message.body),
                )
            ),
            message.body,
            encode_tlvs(message.tlvs) if message.tlvs else b"",
        )
    )


def encode_data_body(message: ShortMessage) -> bytes:
    """Body of data_sm (4.7.1): what submit_sm has without times, priority and short_message; the octets travel in
    message_payload. Raises FieldTooLong.
    """
    if len(message.body) > 0xFFFF:
        raise FieldTooLong(f"message_payload: {len(message.body)} octets, at most {0xFFFF}")
    payload = ((codes.TLV_MESSAGE_PAYLOAD, message.body),) if message.body else ()
    return b"".join(
        (
            c_string(message.service_type, 6, "service_type"),
            bytes((message.source_ton, message.source_npi)),
            c_string(message.source, 65, "source_addr"),
            bytes((message.destination_ton, message.destination_npi)),
            c_string(message.destination, 65, "destination_addr"),
            bytes((message.esm_class, message.registered_delivery, message.data_coding)),
            encode_tlvs((*payload, *message.tlvs)),
        )
    )


def encode_bind_body(
    *, system_id: str, password: str, system_type: str = "", version: int = 0x34, long_password: bool = False
) -> bytes:
    """Body of a bind (4.1.1). Raises FieldTooLong.

    The specification allows 8 characters of password; some operators issue longer ones, which `long_password`
    lets through whole.
    """
    return b"".join(
        (
            c_string(system_id, 16, "system_id"),
            c_string(password, 65 if long_password else 9, "password"),
            c_string(system_type, 13, "system_type"),
            bytes((version, 0, 0)),
            b"\0",
        )
    )


def decode_message(frame: bytes) -> ShortMessage:
    """Read a submit_sm or deliver_sm. Raises MalformedPdu and nothing else.

    Strings longer than the specification allows are read whole: a strange PDU still comes from a person.
    """
    try:
        service_type, at = _read_c_string(frame, HEADER_SIZE, "service_type")
        source_ton, source_npi = frame[at], frame[at + 1]
        source, at = _read_c_string(frame, at + 2, "source_addr")
        destination_ton, destination_npi = frame[at], frame[at + 1]
        destination, at = _read_c_string(frame, at + 2, "destination_addr")
        esm_class, protocol_id, priority = frame[at], frame[at + 1], frame[at + 2]
        schedule, at = _read_c_string(frame, at + 3, "schedule_delivery_time")
        validity, at = _read_c_string(frame, at, "validity_period")
        registered_delivery, replace_if_present, data_coding, default_message, length = frame[at : at + 5]
    except (IndexError, ValueError):
        raise MalformedPdu(codes.INVALID_COMMAND_LENGTH, "the body ends before its fields do") from None
    at += 5
    if at + length > len(frame):
        left = len(frame) - at
        raise MalformedPdu(codes.INVALID_MESSAGE_LENGTH, f"sm_length is {length} but {left} octets are left")
    body = frame[at : at + length]
    at += length
    tlvs = decode_tlvs(frame, at) if at < len(frame) else ()
    return ShortMessage(
        source,
        destination,
        body,
        data_coding,
        esm_class,
        source_ton,
        source_npi,
        destination_ton,
        destination_npi,
        service_type,
        protocol_id,
        priority,
        schedule,
        validity,
        registered_delivery,
        replace_if_present,
        default_message,
        tlvs,
    )


def decode_data_sm(frame: bytes) -> ShortMessage:
    """Read a data_sm (4.7.1): the same fields without times and short_message. Raises MalformedPdu."""
    try:
        service_type, at = _read_c_string(frame, HEADER_SIZE, "service_type")
        source_ton, source_npi = frame[at], frame[at + 1]
        source, at = _read_c_string(frame, at + 2, "source_addr")
        destination_ton, destination_npi = frame[at], frame[at + 1]
        destination, at = _read_c_string(frame, at + 2, "destination_addr")
        esm_class, registered_delivery, data_coding = frame[at : at + 3]
    except (IndexError, ValueError):
        raise MalformedPdu(codes.INVALID_COMMAND_LENGTH, "the body ends before its fields do") from None
    return ShortMessage(
        source=source,
        destination=destination,
        data_coding=data_coding,
        esm_class=esm_class,
        source_ton=source_ton,
        source_npi=source_npi,
        destination_ton=destination_ton,
        destination_npi=destination_npi,
        service_type=service_type,
        registered_delivery=registered_delivery,
        tlvs=decode_tlvs(frame, at + 3),
    )


def decode_tlvs(frame: bytes, at: int) -> Tlvs:
    """All TLVs from `at` to the end, known or not, in order. Raises MalformedPdu when a length lies."""
    found: list[tuple[int, bytes]] = []
    end = len(frame)
    while at < end:
        if at + 4 > end:
            raise MalformedPdu(codes.BROKEN_OPTIONAL_PART, f"{end - at} stray octets after the last parameter")
        tag, length = _TLV_HEADER.unpack_from(frame, at)
        at += 4
        if at + length > end:
            raise MalformedPdu(
                codes.BROKEN_OPTIONAL_PART, f"parameter 0x{tag:04X} claims {length} octets, {end - at} are left"
            )
        found.append((tag, frame[at : at + length]))
        at += length
    return tuple(found)


def decode_message_id(frame: bytes) -> str:
    """The message_id of a response, verbatim; "" when the body has none.

    Operators leave out the NUL, or the whole body on an error; what follows the id is never ours to judge.
    """
    end = frame.find(b"\0", HEADER_SIZE)
    return frame[HEADER_SIZE : end if end >= 0 else len(frame)].decode("latin-1")


def tlv_text(value: bytes) -> str:
    """A C-string TLV; its NUL is dropped only if it is there (some operators leave it out)."""
    return value.removesuffix(b"\0").decode("latin-1")


def salvage(frame: bytes) -> tuple[str, str, bytes]:
    """Sender, recipient and octets of text that can still be read in a malformed deliver_sm or data_sm, else ""."""
    sender = recipient = ""
    short = int.from_bytes(frame[4:8], "big") == codes.DELIVER_SM
    try:
        _, at = _read_c_string(frame, HEADER_SIZE, "service_type")
        sender, at = _read_c_string(frame, at + 2, "source_addr")
        recipient, at = _read_c_string(frame, at + 2, "destination_addr")
        at += 3
        if short:
            _, at = _read_c_string(frame, at, "schedule_delivery_time")
            _, at = _read_c_string(frame, at, "validity_period")
            at += 5
            length = frame[at - 1]
            if length:
                return sender, recipient, frame[at : at + length]
    except (IndexError, MalformedPdu):
        return sender, recipient, b""
    return sender, recipient, _salvage_payload(frame, at)


def _salvage_payload(frame: bytes, at: int) -> bytes:
    """What there is of a message_payload behind parameters whose lengths hold."""
    while at + 4 <= len(frame):
        tag, length = _TLV_HEADER.unpack_from(frame, at)
        at += 4
        if tag == codes.TLV_MESSAGE_PAYLOAD:
            return frame[at : at + length]
        at += length
    return b""


def _read_c_string(frame: bytes, at: int, field: str) -> tuple[str, int]:
    end = frame.find(b"\0", at)
    if end < 0:
        raise MalformedPdu(codes.INVALID_COMMAND_LENGTH, f"{field} has no end")
    return frame[at:end].decode("latin-1"), end + 1
