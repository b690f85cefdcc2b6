"""Our PDUs mean the same to a codec that shares nothing with ours, written in another language by other people.

It is installed for this test alone, beside the environment; where that is not possible, the test says so. It can crash
when its interpreter ends, so it runs in a child process and is judged by the file that it wrote.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock
from uuid import uuid4

import pytest

from channels_sms.smpp import codes, outbound, pdu, settings
from channels_sms.smpp.link import SmppLink
from conversations.adapters import OutboundPart
from tests.faults.conftest import FULL

COUNT = 20_000 if FULL else 4_000
OTHER = "smpp34==1.5.0"

WORDS = (
    "Bonjour, votre solde est de 1500 FCFA. ", "Où est mon colis ? ", "5 € [svp] ", "Être prêt, garçon ! ", "😀 ", "@",
    "👨‍👩‍👧‍👦 ", "{x} ~ ^ ", "Ça ", "مرحبا ", "a" * 150,
)  # fmt: skip
HABITS = (
    {},
    {"wide_reference": True},
    {"long_text": "sar"},
    {"long_text": "payload"},
    {"data_coding_gsm": 0xF1, "service_type": "CMT", "validity_period": "000000010000000R", "priority": 3},
    {"packed_gsm": True},
    {"packed_gsm": True, "wide_reference": True},
    {"data_coding_latin1": 3, "tlvs": {"0x1401": "00ff0a"}},
    {"little_endian": True, "source_ton": 0, "source_npi": 1, "dest_npi": 9},
)


@pytest.fixture(scope="session")
def other() -> Path:
    """A folder with the other codec; installed once."""
    folder = Path(".state") / f"codec-{OTHER}"
    if not (folder / "smpp34").is_dir():
        asked = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), OTHER]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            pytest.skip(f"{OTHER} cannot be installed here: {done.stderr.strip()[-200:]}")
    return folder


def submits(dice: random.Random) -> bytes:
    """One part of a text, as a link of some settings sends it."""
    habit = dice.choice(HABITS)
    text = "".join(dice.choice(WORDS) for _ in range(dice.randrange(1, 25))).strip() or "a"
    planned = SmppLink.plan(text, habit)
    parts = planned.submits or planned.parts
    part = OutboundPart(
        uuid4(), uuid4(), dice.randrange(1, parts + 1), parts, dice.choice(("1919", "Palabre", "+2290161000000")),
        f"+229019{dice.randrange(10**7):07d}", text, dice.randrange(65536), 0, planned.encoding,
        planned.parts // parts,
    )  # fmt: skip
    found = settings.read({"host": "smsc", "port": 2775, "system_id": "a", **habit}, "b")
    return pdu.encode(codes.SUBMIT_SM, 0, dice.randrange(1, 2**31), outbound.submit_body(part, found))


def delivers(dice: random.Random) -> bytes:
    """Anything that fits in the fields."""

    def octet() -> int:
        return dice.randrange(256)

    message = pdu.ShortMessage(
        source=str(dice.randrange(10**12)),
        destination=dice.choice(("1919", "3334", "Palabre")),
        body=dice.randbytes(dice.choice((0, 1, 20, 140, 254))),
        data_coding=octet(),
        esm_class=octet(),
        source_ton=octet(),
        source_npi=octet(),
        destination_ton=octet(),
        destination_npi=octet(),
        service_type=dice.choice(("", "CMT", "USSD")),
        protocol_id=octet(),
        priority=octet(),
        schedule=dice.choice(("", "261121093000000+")),
        validity=dice.choice(("", "000001000000000R")),
        registered_delivery=octet(),
        replace_if_present=octet(),
        default_message=octet(),
        tlvs=tuple(
            (dice.choice((0x0424, 0x020C, 0x001E, 0x0427, 0x1401, 0x3FFF)), dice.randbytes(dice.randrange(40)))
            for _ in range(dice.randrange(4))
        ),
    )
    return pdu.encode(codes.DELIVER_SM, 0, dice.randrange(1, 2**31), pdu.encode_message_body(message))


def written(make: Callable[[random.Random], bytes], dice: random.Random) -> tuple[bytes, pdu.ShortMessage]:
    """A PDU, and what was meant by it: read by our own decoder alone, a mistake in both would cancel itself out."""
    with mock.patch.object(pdu, "encode_message_body", wraps=pdu.encode_message_body) as writer:
        frame = make(dice)
    (meant,) = writer.call_args.args
    return frame, meant


def ours(octets: bytes, message: pdu.ShortMessage) -> dict[str, object]:
    """What was meant, under the other codec's names."""
    return {
        "service_type": message.service_type,
        "source_addr_ton": message.source_ton,
        "source_addr_npi": message.source_npi,
        "source_addr": message.source,
        "dest_addr_ton": message.destination_ton,
        "dest_addr_npi": message.destination_npi,
        "destination_addr": message.destination,
        "esm_class": message.esm_class,
        "protocol_id": message.protocol_id,
        "priority_flag": message.priority,
        "schedule_delivery_time": message.schedule,
        "validity_period": message.validity,
        "registered_delivery": message.registered_delivery,
        "replace_if_present_flag": message.replace_if_present,
        "data_coding": message.data_coding,
        "sm_default_msg_id": message.default_message,
        "command": int.from_bytes(octets[4:8], "big"),
        "sequence": int.from_bytes(octets[12:16], "big"),
        "short_message": message.body.hex(),
        "tlvs": [[tag, value.hex()] for tag, value in message.tlvs],
        "again": octets.hex(),
    }


@pytest.mark.timeout(300)
def test_another_codec_reads_and_writes_our_pdus_octet_for_octet(other: Path, tmp_path: Path) -> None:
    dice = random.Random(1919)
    pairs = [written(submits if number % 2 else delivers, dice) for number in range(COUNT)]
    frames = [frame for frame, _ in pairs]
    assert [frame.hex() for frame, meant in pairs if pdu.decode_message(frame) != meant] == []
    pdus, answers = tmp_path / "pdus", tmp_path / "answers"
    pdus.write_text("".join(f"{frame.hex()}\n" for frame in frames))
    child = Path(__file__).with_name("other_codec.py")
    done = subprocess.run(
        [sys.executable, str(child), str(pdus), str(answers)],
        env={"PYTHONPATH": str(other.resolve())}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    told = [json.loads(line) for line in answers.read_text().splitlines()]
    assert told, done.stderr[-500:]
    assert told.pop() == {"count": COUNT}, done.stderr[-500:]
    wrong = [
        (frame.hex(), mine, theirs)
        for (frame, meant), theirs in zip(pairs, told, strict=True)
        if (mine := ours(frame, meant)) != theirs
    ]
    assert wrong[:3] == []
    print(f"{COUNT} PDUs read and written alike; the child ended with {done.returncode}")
