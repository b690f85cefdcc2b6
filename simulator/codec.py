"""PDUs, on smpplib's definitions of fields and with its encoder.

Reading is our own loop over smpplib's field tables, because smpplib's reader accepts what an operator refuses: a
C string without its NUL, a text shorter than its sm_length, a TLV that runs past the end. TLVs stay raw bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from smpplib import command_codes, consts, smpp
from smpplib.ptypes import ostr

HEADER = struct.Struct(">LLLL")
LONGEST_PDU = 70_000  # a message_payload may hold 64 KiB; anything longer is a broken frame

OK = consts.SMPP_ESME_ROK
INVALID_LENGTH = consts.SMPP_ESME_RINVMSGLEN
INVALID_COMMAND_LENGTH = consts.SMPP_ESME_RINVCMDLEN
INVALID_COMMAND = consts.SMPP_ESME_RINVCMDID
WRONG_STATE = consts.SMPP_ESME_RINVBNDSTS
ALREADY_BOUND = consts.SMPP_ESME_RALYBND
SYSTEM_ERROR = consts.SMPP_ESME_RSYSERR
INVALID_SOURCE = consts.SMPP_ESME_RINVSRCADR
INVALID_DESTINATION = consts.SMPP_ESME_RINVDSTADR
WRONG_PASSWORD = consts.SMPP_ESME_RINVPASWD
WRONG_SYSTEM_ID = consts.SMPP_ESME_RINVSYSID
QUEUE_FULL = consts.SMPP_ESME_RMSGQFUL
THROTTLED = consts.SMPP_ESME_RTHROTTLED
TEMPORARY = consts.SMPP_ESME_RX_T_APPN
QUERY_FAILED = consts.SMPP_ESME_RQUERYFAIL
INVALID_TLVS = consts.SMPP_ESME_RINVOPTPARSTREAM

# What makes the operator keep a text and try again; every other refusal makes it drop the text.
TRY_AGAIN = frozenset({TEMPORARY, THROTTLED, QUEUE_FULL})

TLV_PAYLOAD = 0x0424
TLV_SAR_REFERENCE, TLV_SAR_TOTAL, TLV_SAR_PART = 0x020C, 0x020E, 0x020F
TLV_RECEIPTED_ID, TLV_STATE = 0x001E, 0x0427

GENERIC_NACK, DELIVER_SM, DELIVER_SM_RESP = 0x80000000, 0x00000005, 0x80000005
DATA_SM = 0x00000103
NAMES: dict[int, str] = {code: name for name, code in command_codes.commands.items()}


class Malformed(ValueError):
    """A PDU that cannot be read. `status` is the SMPP status an operator answers it with."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class _Sequences:
    """smpplib asks a client for numbers while it builds a PDU; ours are set afterwards."""

    sequence = 0

    def next_sequence(self) -> int:
        return 0


_SEQUENCES = _Sequences()


class _Field(NamedTuple):
    name: str
    size: int  # octets of an integer; 0 for text
    limit: int  # longest C string with its NUL; 0 for the text itself


def _mandatory(name: str) -> tuple[_Field, ...]:
    definition = smpp.make_pdu(name, client=_SEQUENCES)
    fields = []
    for field_name in definition.params_order:
        if field_name in consts.OPTIONAL_PARAMS:
            break
        param = definition.params[field_name]
        if param.type is int:
            fields.append(_Field(field_name, param.size, 0))
        else:
            fields.append(_Field(field_name, 0, 0 if param.type is ostr else param.max))
    return tuple(fields)


READABLE: dict[str, tuple[_Field, ...]] = {
    name: _mandatory(name)
    for name in (
        "bind_receiver", "bind_transmitter", "bind_transceiver", "submit_sm", "deliver_sm", "submit_sm_resp",
        "deliver_sm_resp", "data_sm", "data_sm_resp", "query_sm", "query_sm_resp", "unbind", "unbind_resp",
        "enquire_link", "enquire_link_resp", "generic_nack", "bind_receiver_resp", "bind_transmitter_resp",
        "bind_transceiver_resp",
    )
}  # fmt: skip


@dataclass(slots=True)
class Pdu:
    """One PDU as read: `fields` hold ints, C strings as str (latin-1) and `short_message` as bytes."""

    command: str
    status: int
    sequence: int
    fields: dict[str, Any] = field(default_factory=dict)
    tlvs: dict[int, bytes] = field(default_factory=dict)
    raw: bytes = b""

    @property
    def is_response(self) -> bool:
        return self.command.endswith("_resp") or self.command == "generic_nack"


def encode(command: str, *, sequence: int, status: int = OK, **fields: Any) -> bytes:
    """The bytes of a PDU, by smpplib. Text fields are str, `short_message` bytes."""
    pdu = smpp.make_pdu(command, client=_SEQUENCES, **fields)
    pdu.sequence = sequence
    pdu.status = status
    return bytes(pdu.generate())


def header(length: int, command_id: int, status: int, sequence: int) -> bytes:
    return HEADER.pack(length, command_id, status, sequence)


def as_data_sm(body: bytes) -> bytes | None:
    """The body of the data_sm that says what this body of a deliver_sm says; None when it cannot be read."""
    try:
        pdu = decode(header(16 + len(body), DELIVER_SM, OK, 0) + body)
    except Malformed:
        return None
    kept = {field.name: pdu.fields[field.name] for field in READABLE["data_sm"]}
    octets = pdu.fields["short_message"]
    optional = {**({TLV_PAYLOAD: octets} if octets else {}), **pdu.tlvs}
    return encode("data_sm", sequence=0, **kept)[16:] + b"".join(tlv(tag, value) for tag, value in optional.items())


def tlv(tag: int, value: bytes) -> bytes:
    return struct.pack(">HH", tag, len(value)) + value


def decode(raw: bytes) -> Pdu:
    """Read a whole PDU. Raises Malformed for an unknown command or a body that breaks its own lengths."""
    _, command_id, status, sequence = HEADER.unpack_from(raw)
    name = NAMES.get(command_id)
    if name is None or name not in READABLE:
        raise Malformed(INVALID_COMMAND, f"command 0x{command_id:08x} is not spoken here")
    pdu = Pdu(command=name, status=status, sequence=sequence, raw=raw)
    position, end = 16, len(raw)
    # A refusal, and some operators' answers, have no body at all.
    if position == end and pdu.is_response:
        return pdu
    for item in READABLE[name]:
        if item.size:
            if position + item.size > end:
                raise Malformed(INVALID_COMMAND_LENGTH, f"{item.name} is cut off")
            pdu.fields[item.name] = int.from_bytes(raw[position : position + item.size], "big")
            position += item.size
        elif item.limit:
            stop = raw.find(b"\0", position, position + item.limit)
            if stop < 0:
                raise Malformed(INVALID_COMMAND_LENGTH, f"{item.name} has no end within {item.limit} octets")
            pdu.fields[item.name] = raw[position:stop].decode("latin-1")
            position = stop + 1
        else:
            length = pdu.fields["sm_length"]
            if position + length > end:
                raise Malformed(INVALID_LENGTH, "sm_length promises more octets than there are")
            pdu.fields[item.name] = raw[position : position + length]
            position += length
    while position < end:
        if position + 4 > end:
            raise Malformed(INVALID_TLVS, "a TLV header is cut off")
        tag, length = struct.unpack_from(">HH", raw, position)
        position += 4
        if position + length > end:
            raise Malformed(INVALID_TLVS, f"TLV 0x{tag:04x} runs past the end")
        pdu.tlvs[tag] = raw[position : position + length]
        position += length
    return pdu


class Frames:
    """Cuts a stream of octets into PDUs. Raises Malformed when a length makes no sense: the stream is then lost."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        buffer = self._buffer
        buffer += data
        frames: list[bytes] = []
        position, available = 0, len(buffer)
        while available - position >= 4:
            length = int.from_bytes(buffer[position : position + 4], "big")
            if length < 16 or length > LONGEST_PDU:
                raise Malformed(INVALID_COMMAND_LENGTH, f"a PDU of {length} octets")
            if available - position < length:
                break
            frames.append(bytes(buffer[position : position + length]))
            position += length
        del buffer[:position]
        return frames
