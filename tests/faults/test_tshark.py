"""Wireshark's dissector reads in our PDUs what we have written: fields, bits, text and optional parameters.

A recording of them, one PDU a packet, is handed to tshark, and the octets that it finds for each field are compared
with what was meant. Where tshark cannot be had, the test says so.
"""

from __future__ import annotations

import os
import random
import re
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench._debian import Absent, Programs, programs
from channels_sms.smpp import codes, pdu
from tests.faults.conftest import FULL
from tests.faults.test_other_codec import delivers, submits, written

COUNT = 1_000
PORT = 2775
RAW_IP = 101  # the link type of a recording that begins with the IP header
BEFORE = 40  # octets of the IP and TCP headers
HEADER = struct.Struct("!LLLL")

pytestmark = pytest.mark.skipif(not FULL, reason="a program of other people: `make faults`")


@pytest.fixture(scope="session")
def tshark() -> Programs:
    try:
        found = programs("tshark", "tshark")
        found.path("tshark")
    except Absent as why:
        pytest.skip(f"no tshark here: {why}")
    return found


def session(dice: random.Random) -> list[bytes]:
    """What else a session writes: binds, answers, questions, goodbyes."""
    bind = pdu.encode_bind_body(system_id="savane", password="secret", system_type="", long_password=False)
    found = [
        pdu.encode(command, 0, number, bind)
        for number, command in enumerate((codes.BIND_TRANSCEIVER, codes.BIND_RECEIVER, codes.BIND_TRANSMITTER), 1)
    ]
    for command, status in (
        (codes.ENQUIRE_LINK, 0), (codes.ENQUIRE_LINK_RESP, 0), (codes.UNBIND, 0), (codes.UNBIND_RESP, 0),
        (codes.GENERIC_NACK, 3),
    ):  # fmt: skip
        found.append(pdu.encode(command, status, dice.randrange(1, 2**31)))
    for status in (0, 0x58, 0x14, 8):
        found.append(pdu.encode(codes.DELIVER_SM | codes.RESPONSE, status, dice.randrange(1, 2**31), b"\0"))
    return found


def recording(frames: Iterable[bytes]) -> bytes:
    """The frames as packets of one TCP connection to PORT."""
    packets = [struct.pack("<LHHlLLL", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW_IP)]
    place = 1
    for number, frame in enumerate(frames):
        tcp = struct.pack("!HHLLBBHHH", 40_000, PORT, place, 1, 5 << 4, 0x18, 65535, 0, 0)
        size = 20 + len(tcp) + len(frame)
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size, number & 0xFFFF, 0, 64, 6, 0, *[bytes((127, 0, 0, 1))] * 2)
        packets.append(struct.pack("<LLLL", 1_800_000_000 + number, 0, size, size) + ip + tcp + frame)
        place += len(frame)
    return b"".join(packets)


def deliver(dice: random.Random) -> bytes:
    """Any fields; of the optional parameters such as their names allow, since a dissector looks into them. The same of
    a header in the text, which random octets seldom are."""
    message = pdu.decode_message(delivers(dice))
    tlvs = (
        (0x001E, b"%d\0" % dice.randrange(10**9)),
        (0x0427, bytes((dice.randrange(1, 9),))),
        (0x020C, dice.randbytes(2)),
        (0x0424, dice.randbytes(dice.randrange(1, 300))),
        (0x1401, dice.randbytes(dice.randrange(1, 40))),
        (0x3FFF, dice.randbytes(dice.randrange(1, 40))),
    )
    chosen = tuple(dice.sample(tlvs, dice.randrange(4)))
    message = message._replace(esm_class=message.esm_class & ~0x40, tlvs=chosen)
    return pdu.encode(codes.DELIVER_SM, 0, dice.randrange(1, 2**31), pdu.encode_message_body(message))


Octets = dict[str, list[bytes]]


def ours(frame: bytes, message: pdu.ShortMessage | None) -> Octets:
    """Which octets each of tshark's fields must have. `message`: what was meant by a submit_sm or deliver_sm."""
    size, command, status, sequence = HEADER.unpack_from(frame)
    found = {
        "command_length": size.to_bytes(4, "big"), "command_id": command.to_bytes(4, "big"),
        "sequence_number": sequence.to_bytes(4, "big"),
    }  # fmt: skip
    if command & codes.RESPONSE:  # in a request it says nothing, and is not shown
        found["command_status"] = status.to_bytes(4, "big")
    if message is None:
        return {name: [octets] for name, octets in found.items()}
    for name, text in (
        ("service_type", message.service_type), ("source_addr", message.source),
        ("destination_addr", message.destination), ("schedule_delivery_time", message.schedule),
        ("validity_period", message.validity),
    ):  # fmt: skip
        found[name] = text.encode("latin-1") + b"\0"
    for name, number in (
        ("source_addr_ton", message.source_ton), ("source_addr_npi", message.source_npi),
        ("dest_addr_ton", message.destination_ton), ("dest_addr_npi", message.destination_npi),
        ("esm.submit.msg_mode", message.esm_class), ("protocol_id", message.protocol_id),
        ("priority_flag", message.priority), ("regdel.receipt", message.registered_delivery),
        ("replace_if_present_flag", message.replace_if_present), ("data_coding", message.data_coding),
        ("sm_default_msg_id", message.default_message), ("sm_length", len(message.body)),
    ):  # fmt: skip
        found[name] = bytes((number,))
    if message.body:
        found["message"] = message.body
    parameters = [pdu.encode_tlvs((one,)) for one in message.tlvs]
    return {name: [octets] for name, octets in found.items()} | ({"opt_param": parameters} if parameters else {})


def theirs(packet: ElementTree.Element, frame: bytes, wanted: Iterable[str]) -> Octets:
    """The octets that tshark found for each of these fields. An empty text has no field: its NUL is all there is."""
    found: Octets = {}
    for field in packet.iterfind("proto[@name='smpp']//field"):
        name = field.get("name", "").removeprefix("smpp.").removesuffix("_r")
        if said := field.get("unmaskedvalue") or field.get("value"):
            octets = bytes.fromhex(said)
        else:  # of a whole optional parameter it says only where it stands
            begin = int(field.get("pos", "0")) - BEFORE
            octets = frame[begin : begin + int(field.get("size", "0"))]
        found.setdefault(name, []).append(octets)
    return {name: found.get(name, [b"\0"]) for name in wanted}


@pytest.mark.timeout(180)
def test_wireshark_reads_in_our_pdus_what_we_have_written(tshark: Programs, tmp_path: Path) -> None:
    dice = random.Random(1919)
    pairs: list[tuple[bytes, pdu.ShortMessage | None]] = [(frame, None) for frame in session(dice)]
    pairs += [written(submits if number % 2 else deliver, dice) for number in range(COUNT)]
    frames = [frame for frame, _ in pairs]
    record = tmp_path / "record.pcap"
    record.write_bytes(recording(frames))
    done = subprocess.run(
        [tshark.path("tshark"), "-r", str(record), "-d", f"tcp.port=={PORT},smpp", "-T", "pdml"],
        env={**os.environ, **tshark.environ, "HOME": str(tmp_path)}, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-500:]
    # What it shows for people may hold signs that XML cannot; the octets stand beside it in hexadecimal.
    told = re.sub("[^\\t\\n -\ud7ff\ue000-\ufffd]", "?", done.stdout.decode(errors="replace"))
    packets = ElementTree.fromstring(told).findall("packet")
    assert len(packets) == len(frames)
    wrong = []
    for (frame, meant), packet in zip(pairs, packets, strict=True):
        mine = ours(frame, meant)
        if (read := theirs(packet, frame, mine)) != mine or packet.find("proto[@name='_ws.malformed']") is not None:
            wrong.append((frame.hex(), {name: (mine[name], read[name]) for name in mine if mine[name] != read[name]}))
    for octets, differences in wrong[:3]:
        print(octets, differences)
    assert len(wrong) == 0
    print(f"{len(frames)} PDUs read alike by {tshark.path('tshark')}")
