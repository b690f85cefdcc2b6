"""Where operators and libraries differ from the book: what smpplib reads wrongly, and what is read here instead."""

import struct

import pytest
from peer import (
    BIND_TRX,
    DELIVER_RESP,
    FakeIntake,
    QuickLink,
    Shim,
    bound_link,
    config,
    deliver,
    operator,
    raw,
    running,
)
from peer import pdu as library_pdu
from smpplib import exceptions, smpp

from channels_sms.smpp import codes, pdu, receipts
from channels_sms.smpp.link import SmppLink
from channels_sms.text import data_coding, gsm
from conversations.adapters import StoredPart

MESSAGE = pdu.ShortMessage(source="22997000001", destination="1919", body=b"bonjour", source_ton=1)


def frame(message=MESSAGE, *, command=codes.DELIVER_SM):
    return pdu.encode(command, 0, 1, pdu.encode_message_body(message))


def library_reads(octets):
    return smpp.parse_pdu(octets, client=Shim(), allow_unknown_opt_params=True)


def tlv(tag, value):
    return struct.pack(">HH", tag, len(value)) + value


# --- differences to smpplib, each with its proof that there is one ---


@pytest.mark.parametrize(
    "tag",
    [
        *(0x001D, 0x0501, 0x0302, 0x0005, 0x000D, 0x0017, 0x130C, 0x1204, 0x1380, 0x1203, 0x1201, 0x0030, 0x0420),
    ],
)
def test_a_standard_parameter_in_an_unexpected_place_costs_nothing_here(tag):
    octets = frame(MESSAGE._replace(tlvs=((tag, b"\1"), (codes.TLV_MESSAGE_STATE, b"\2"))))
    with pytest.raises(KeyError):
        library_reads(octets)
    assert pdu.decode_message(octets).tlvs == ((tag, b"\1"), (codes.TLV_MESSAGE_STATE, b"\2"))


@pytest.mark.parametrize("value", [b"\2", b"\0\2", b"\0\0\0\2"])
def test_a_number_may_be_wider_than_the_book_says_and_nothing_behind_it_is_misread(value):
    tlvs = ((codes.TLV_MESSAGE_STATE, value), (codes.TLV_RECEIPTED_MESSAGE_ID, b"39f99dd5\0"))
    found = receipts.find(pdu.decode_message(frame(MESSAGE._replace(body=b"", esm_class=4, tlvs=tlvs))))
    assert (found.id, found.state) == ("39f99dd5", "delivered")


@pytest.mark.parametrize("tail", [tlv(0x001D, b"fine\0"), tlv(0x0423, b"\3\0\1"), tlv(0x1401, b"x")])
def test_the_id_of_an_answer_is_read_before_parameters_that_break_smpplib(tail):
    octets = raw(codes.SUBMIT_SM_RESP, 1, b"39f99dd5\0" + tail)
    if tail[:2] != b"\x14\x01":
        with pytest.raises(KeyError):
            library_reads(octets)
    assert pdu.decode_message_id(octets) == "39f99dd5"


@pytest.mark.parametrize("command", [0x999, 0x08, 0x80000008, 0x21, 0x0B])
def test_smpplib_would_have_ended_the_session_over_these_commands(command):
    with pytest.raises((exceptions.UnknownCommandError, KeyError, struct.error, AttributeError)):
        library_reads(raw(command, 1, b"\0\0"))


def test_smpplib_takes_what_is_refused_here():
    short = frame()[:-3]
    short = struct.pack(">I", len(short)) + short[4:]
    assert library_reads(short).short_message == b"bonj"  # told that there are seven
    with pytest.raises(pdu.MalformedPdu):
        pdu.decode_message(short)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("deliver_sm", {"short_message": b"a" * 254, "data_coding": 3, "esm_class": 0x40, "protocol_id": 0x7F}),
        ("deliver_sm", {"short_message": b"", "service_type": "CMT", "source_addr_ton": 5}),
        ("submit_sm", {"short_message": b"\0\1\2\x1b\x65", "registered_delivery": 1, "priority_flag": 3}),
        ("submit_sm", {"validity_period": "000001000000000R", "schedule_delivery_time": "261121093000000+"}),
    ],
)
def test_what_smpplib_writes_is_read_field_by_field(name, fields):
    read = pdu.decode_message(library_pdu(name, 7, source_addr="22997000001", destination_addr="1919", **fields))
    wanted = {
        "short_message": "body",
        "source_addr_ton": "source_ton",
        "priority_flag": "priority",
        "validity_period": "validity",
        "schedule_delivery_time": "schedule",
    }
    assert {name: getattr(read, wanted.get(name, name)) for name in fields} == fields


def test_a_backtick_and_a_section_sign_are_not_the_same_sign():
    assert gsm.encode("§") == b"\x5f"
    assert not gsm.is_gsm("`")


# --- long texts, however they are told ---


async def parts_of(*frames):
    async with bound_link() as (_, visit, _link, intake):
        visit.send(*frames)
        for _ in frames:
            await visit.expect(DELIVER_RESP, status=0)
        return intake


def joined(intake):
    return SmppLink.join([StoredPart(one.part, one.total, one.payload, one.data) for one in intake.parts])


@pytest.mark.parametrize(
    "header",
    [
        b"\x05\x00\x03\x07\x02%c",
        b"\x06\x08\x04\x00\x07\x02%c",
        b"\x08\x24\x01\x03\x00\x03\x07\x02%c",  # a language before the place
        b"\x08\x00\x03\x07\x02%c\x24\x01\x03",  # and behind it
        b"\x0b\x05\x04\x15\x8a\x00\x00\x00\x03\x07\x02%c",  # a port
    ],
)
@pytest.mark.parametrize("payload", [False, True], ids=["short_message", "message_payload"])
async def test_the_place_stands_anywhere_in_the_header_and_the_header_wherever_the_text_is(header, payload):
    frames = []
    for number, words in ((2, b"jour"), (1, b"bon")):
        octets = header % number + words
        if payload:
            body = deliver(number, b"", esm_class=0x40)[16:] + tlv(0x0424, octets)
            frames.append(raw(5, number, body))
        else:
            frames.append(deliver(number, octets, esm_class=0x40))
    assert joined(await parts_of(*frames)).text == "bonjour"


async def test_parts_of_several_alphabets_and_conflicting_totals_lose_no_word():
    intake = await parts_of(
        deliver(1, b"\x05\x00\x03\x07\x02\x01bon", esm_class=0x40),
        deliver(2, b"\x05\x00\x03\x07\x02\x02" + "jour €".encode("utf-16-be"), esm_class=0x40, data_coding=8),
        deliver(3, b"\x05\x00\x03\x07\x03\x02encore", esm_class=0x40),
    )
    groups = {one.group for one in intake.parts}
    assert len(groups) == 2  # a text of two parts and another of three, each waiting for its own
    intake.parts = [one for one in intake.parts if one.total == 2]
    assert joined(intake).text == "bonjour €"


# --- alphabets ---


def test_every_data_coding_gives_words_or_marked_octets():
    known = {"gsm7", "ascii", "latin1", "ucs2", "utf8", "binary", "iso8859-5", "iso8859-8"}
    for coding in range(256):
        for octets in (b"", b"Bonjour", b"\x00B\x00o", b"\x1b", b"\xd8\x3d", b"\x00\xff\x80\x1b"):
            found = data_coding.decode(octets, coding)
            found.text.encode()
            assert found.encoding in known
            assert bool(found.text) or not octets, "something came: nothing to see is no answer"


# --- the bind ---


async def test_the_bind_says_version_3_4_and_the_answer_may_say_anything():
    for answer in (b"", b"\0", b"smsc", b"smsc\0" + tlv(0x0210, b"\x33"), b"smsc\0\x02"):
        async with operator() as peer:
            intake = FakeIntake()
            async with running(QuickLink(config(peer.port), intake)):
                visit = await peer.visit(bound=False)
                bind = await visit.expect(BIND_TRX)
                assert bind.body == b"palabre\0motpasse\0\0\x34\0\0\0"
                visit.send(raw(0x80000009, bind.sequence, answer))
                await intake.until(lambda intake=intake: intake.states[-1][0] == "bound")
                visit.cut()
