"""What a subscriber can put into an SMS, from the octets of the PDU to the row: exactly what was written, or as near as
a row can be; and the octets themselves beside it."""

from __future__ import annotations

import contextlib
import time
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from channels_sms.smpp import inbound
from channels_sms.smpp.alphabets import Alphabets
from channels_sms.smpp.framing import FrameReader
from channels_sms.smpp.link import SmppLink
from channels_sms.smpp.receipts import MessageIds, UnreadableReceipt
from channels_sms.text import parts as cutting
from conversations.adapters import InboundPart
from conversations.intake import CONNECTION_SETTINGS, ReadyText, connect, store
from conversations.long_texts import LongTexts
from conversations.store import LinkStore
from tests.channels_sms.strategies import framed, tlv

pytestmark = pytest.mark.django_db(transaction=True)

SENDER = "22997000001"
FAMILY = "👨‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇧🇯🇧🇫"
PILE = "Z" + "\u0335\u0321\u0328" * 20 + "algo"
TURNED = "facture\u202egnp.exe\u2066 \u2069 \u200b\u200d"
NASTY = "<script>alert(1)</script> {{7*7}} ${x} %s =cmd|' /C calc'!A0 <img src=x onerror=alert(1)> javascript:alert(1)"


def deliver(octets: bytes, coding: int, *, esm_class: int = 0, sequence: int = 1) -> bytes:
    head = b"\0\1\1" + SENDER.encode() + b"\0\3\0" + b"1919\0" + bytes((esm_class, 0, 0, 0, 0, 0, 0, coding, 0))
    if len(octets) > 254:
        return framed(0x05, sequence, head + b"\0" + tlv(0x0424, octets))
    return framed(0x05, sequence, head + bytes((len(octets),)) + octets)


def read(octets: bytes, link_id):
    (frame,) = FrameReader().feed(octets)
    return inbound.read_text(
        frame,
        inbound.decode(frame),
        link_id,
        key=uuid4().hex,
        fingerprint=b"f" * 32,
        alphabets=Alphabets(),
    )


TEXTS = (
    (b"a\0b", 3, "ab"),  # NUL: no text column can hold it
    ("a\0b".encode("utf-16-be"), 8, "ab"),
    (b"a\0b", 0, "a@b"),  # in the GSM alphabet it is a letter
    (b"\0a\xd8\x3d\0b", 8, "a\ufffdb"),  # half an emoji
    (b"\xde\x00\0b", 8, "\ufffdb"),
    (b"\0a\0", 8, "a\ufffd"),  # half a character
    (FAMILY.encode("utf-16-be"), 8, FAMILY),
    (PILE.encode("utf-16-be"), 8, PILE),
    (TURNED.encode("utf-16-be"), 8, TURNED),
    ("مرحبا كيف الحال".encode("utf-16-be"), 8, "مرحبا كيف الحال"),
    (NASTY.encode(), 3, NASTY),
    (b"a\x0b\x07\x1b[31mrouge\r\nligne", 3, "a\x0b\x07\x1b[31mrouge\r\nligne"),
    ("ＳＴＯＰ．".encode("utf-16-be"), 8, "ＳＴＯＰ．"),
    (b"", 0, ""),
    (b"\x1b", 0, " "),  # an escape at the end
    (b"\xff\xfe" + "à".encode("utf-16-le"), 8, "à"),
    (b"\xf0\x9f\x98\x80 utf-8", 0, "😀 utf-8"),
    (b"x" * 65_535, 3, "x" * 65_535),  # one line without a space
    (b"\x01\x02\xff", 4, "[data_coding 0x04: 0102ff]"),
)


async def test_what_was_written_is_what_is_stored(desk, dsn, rows):
    wholes = [deliver(octets, coding) for octets, coding, _ in TEXTS]
    async with await connect(dsn, **CONNECTION_SETTINGS) as connection:
        texts = [ReadyText(desk.line.id, f"+{SENDER}", read(whole, desk.link.id)) for whole in wholes]
        assert not any(stored.refused for stored in await store(connection, texts))
    ask = sync_to_async(rows)
    shown = await ask("select body from conversations_message order by seq")
    assert [body for (body,) in shown] == [words for _, _, words in TEXTS]
    kept = await ask("select payload, error from conversations_rawinbound")
    assert sorted((bytes(octets), error) for octets, error in kept) == sorted((whole, "") for whole in wholes)


@pytest.mark.needs("BUS-011", part="255 parts")
async def test_a_text_of_255_parts_is_one_text_though_the_last_comes_first(desk, dsn):
    text = "".join(chr(ord("a") + n % 26) for n in range(153 * 255))
    cut = cutting.split(text, reference=7)
    assert len(cut) == 255
    store, whole = LinkStore(dsn), None
    parts = LongTexts(store, SmppLink, desk.link.id, wait_s=600)
    for n in range(254, -1, -1):
        item = read(deliver(cut[n].udh + cut[n].payload, 0, esm_class=0x40, sequence=n + 1), desk.link.id)
        assert isinstance(item, InboundPart)
        whole = (await parts.keep(item)).whole
    assert whole is not None
    assert whole.text.body == text
    await store.close()


def test_no_reading_of_a_text_takes_longer_than_its_length_asks():
    """What backtracks in a subscriber's text would hold up everybody's: the longest text, in its worst shapes."""
    desk_link = uuid4()
    worst = (b"id: " * 16_000, b"id:" + b" " * 60_000, b"stat:" * 12_000, b"text:" * 12_000, b"submit " * 9_000)
    for octets in worst:
        began = time.process_time()
        for esm_class in (0, 4):
            frame = deliver(octets[:65_000], 3, esm_class=esm_class)
            (found,) = FrameReader().feed(frame)
            message = inbound.decode(found)
            with contextlib.suppress(UnreadableReceipt):
                inbound.find_receipt(found, message, desk_link, MessageIds(), Alphabets())
        assert time.process_time() - began < 0.5
