"""Parts of long texts as operators tell them: headers, parameters, and headers that are none."""

from random import Random

import pytest
from peer import (
    DELIVER_RESP,
    bound_link,
    deliver,
    tlv,
    with_tlvs,
)

from channels_sms.smpp.link import SmppLink
from channels_sms.text import parts as cutting
from conversations.adapters import StoredPart


def stored(parts):
    return [StoredPart(part.part, part.total, part.payload, part.data) for part in parts]


@pytest.mark.parametrize("wide", [False, True])
async def test_parts_out_of_order_are_each_stored_then_acknowledged_and_make_the_text(wide):
    text = "Vous êtes où ? 👨‍👩‍👧‍👦 " * 12
    cut = cutting.split(text, reference=0x1234, wide_reference=wide)
    order = Random(3).sample(range(len(cut)), len(cut))
    async with bound_link() as (_, visit, _link, intake):
        for n in order:
            visit.send(deliver(n + 1, cut[n].udh + cut[n].payload, esm_class=0x40, data_coding=8))
            await visit.expect(DELIVER_RESP, status=0)
            assert intake.parts[-1].part == n + 1
        assert intake.texts == []
        assert len({part.group for part in intake.parts}) == 1
        assert {part.total for part in intake.parts} == {len(cut)}
        joined = SmppLink.join(stored(intake.parts))
        assert (joined.text, joined.encoding, joined.missing) == (text, "ucs2", ())
        assert SmppLink.join(stored(intake.parts[1:])).missing == (order[0] + 1,)


async def test_two_subscribers_may_use_one_reference():
    async with bound_link() as (_, visit, _link, intake):
        part = b"\x05\x00\x03\x07\x02\x01abc"
        wide = b"\x06\x08\x04\x00\x07\x02\x01abc"
        visit.send(
            deliver(1, part, esm_class=0x40),
            deliver(2, part, esm_class=0x40, source="22997000002"),
            deliver(3, wide, esm_class=0x40),
            deliver(4, b"\x05\x00\x03\x07\x03\x01abc", esm_class=0x40),
        )
        for _ in range(4):
            await visit.expect(DELIVER_RESP, status=0)
        assert len({part.group for part in intake.parts}) == 4


async def test_parts_may_be_told_by_parameters():
    async with bound_link() as (_, visit, _link, intake):
        for number, text in ((2, b"jour"), (1, b"bon")):
            visit.send(
                with_tlvs(
                    deliver(number, text),
                    tlv(0x020C, b"\x00\x09"),
                    tlv(0x020E, b"\x02"),
                    tlv(0x020F, bytes((number,))),
                )
            )
            await visit.expect(DELIVER_RESP, status=0)
        assert SmppLink.join(stored(intake.parts)).text == "bonjour"


async def test_equal_parts_of_one_text_are_different_parts_after_a_lost_answer():
    async with bound_link() as (peer, visit, _link, intake):
        first, second = (b"\x05\x00\x03\x07\x02" + bytes((n,)) + b"ha" for n in (1, 2))
        visit.send(deliver(1, first, esm_class=0x40))
        await visit.expect(DELIVER_RESP, status=0)
        visit.cut()
        again = await peer.visit()
        again.send(deliver(1, first, esm_class=0x40), deliver(2, second, esm_class=0x40))
        for _ in range(2):
            await again.expect(DELIVER_RESP, status=0)
        assert [part.part for part in intake.parts] == [1, 2]


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"\x05\x00\x03\x07\x01\x01seul", "seul"),  # one of one
        (b"\x05\x00\x03\x07\x03\x07abc", "abc"),  # seven of three
        (b"\x05\x00\x03\x07\x03\x00abc", "abc"),  # part none
        (b"\x00abc", "abc"),  # empty header
        (b"\x63abc", "cabc"),  # header longer than the text: shown whole
    ],
)
async def test_a_strange_header_does_not_cost_the_words(payload, text):
    async with bound_link() as (_, visit, _link, intake):
        visit.send(deliver(1, payload, esm_class=0x40))
        await visit.expect(DELIVER_RESP, status=0)
        assert intake.texts[0].body == text


async def test_without_the_mark_the_first_octets_are_text():
    async with bound_link() as (_, visit, _link, intake):
        visit.send(deliver(1, b"\x05\x00\x03\x07\x02\x01abc"))
        await visit.expect(DELIVER_RESP, status=0)
        assert intake.parts == []
        assert intake.texts[0].body.endswith("abc")
