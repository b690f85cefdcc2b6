"""Our octets are smpplib's octets, and no octets at all make the decoder raise anything but its own error."""

import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from peer import Shim, raw
from peer import pdu as library_pdu
from smpplib import smpp

from channels_sms.smpp import codes, pdu
from channels_sms.smpp.framing import LONGEST, BrokenFraming, FrameReader

octet = st.integers(0, 255)
address = st.text(alphabet="0123456789ABCdef+", max_size=20)
messages = st.builds(
    pdu.ShortMessage,
    source=address,
    destination=address,
    body=st.binary(max_size=254),
    data_coding=octet,
    esm_class=octet,
    source_ton=octet,
    source_npi=octet,
    destination_ton=octet,
    destination_npi=octet,
    service_type=st.sampled_from(["", "CMT", "USSD"]),
    protocol_id=octet,
    priority=octet,
    schedule=st.sampled_from(["", "000001000000000R"]),
    validity=st.sampled_from(["", "261121093000000+"]),
    registered_delivery=octet,
    replace_if_present=octet,
    default_message=octet,
    tlvs=st.just(()),
)
any_tlvs = st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=40)), max_size=5).map(tuple)


def library_fields(message):
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
        "short_message": message.body,
    }


@given(messages, st.integers(1, 0x7FFFFFFF), st.sampled_from(["submit_sm", "deliver_sm"]))
@settings(max_examples=300)
def test_messages_are_encoded_as_smpplib_encodes_them(message, sequence, name):
    command = codes.SUBMIT_SM if name == "submit_sm" else codes.DELIVER_SM
    ours = pdu.encode(command, 0, sequence, pdu.encode_message_body(message))
    assert ours == library_pdu(name, sequence, **library_fields(message))
    assert pdu.decode_message(ours) == message


@given(messages)
@settings(max_examples=200)
def test_smpplib_reads_in_our_octets_what_we_put_there(message):
    ours = pdu.encode(codes.SUBMIT_SM, 0, 9, pdu.encode_message_body(message))
    read = smpp.parse_pdu(ours, client=Shim())
    assert read.source_addr.decode() == message.source
    assert read.destination_addr.decode() == message.destination
    assert (read.short_message or b"") == message.body
    assert read.data_coding == message.data_coding


@given(messages, any_tlvs)
@settings(max_examples=300)
def test_every_parameter_comes_back_raw_and_in_order_known_or_not(message, tlvs):
    message = message._replace(tlvs=tlvs)
    frame = pdu.encode(codes.DELIVER_SM, 0, 1, pdu.encode_message_body(message))
    assert pdu.decode_message(frame) == message


@pytest.mark.parametrize("sequence", [1, 77, 0x7FFFFFFF])
@pytest.mark.parametrize(
    ("name", "status", "body", "fields"),
    [
        ("submit_sm_resp", 0, b"39f99dd5\0", {"message_id": "39f99dd5"}),
        ("submit_sm_resp", 0x58, b"\0", {"message_id": ""}),
        ("deliver_sm_resp", 0, b"\0", {"message_id": ""}),
        ("deliver_sm_resp", 0x64, b"\0", {"message_id": ""}),
        ("enquire_link", 0, b"", {}),
        ("enquire_link_resp", 0, b"", {}),
        ("unbind", 0, b"", {}),
        ("unbind_resp", 0, b"", {}),
        ("generic_nack", 3, b"", {}),
    ],
)
def test_short_pdus_are_encoded_as_smpplib_encodes_them(name, status, body, fields, sequence):
    number = {name: number for number, name in codes.COMMAND_NAMES.items()}[name]
    expected = library_pdu(name, sequence, status, **fields)
    assert pdu.encode(number, status, sequence, body) == expected


def test_a_bind_is_encoded_as_smpplib_encodes_it():
    body = pdu.encode_bind_body(system_id="palabre", password="motpasse", system_type="VMA")
    expected = library_pdu("bind_transceiver", 1, system_id="palabre", password="motpasse", system_type="VMA")
    assert pdu.encode(codes.BIND_TRANSCEIVER, 0, 1, body) == expected


@pytest.mark.parametrize(
    "message",
    [
        pdu.ShortMessage(destination="2" * 21),
        pdu.ShortMessage(source="2" * 21),
        pdu.ShortMessage(body=b"a" * 255),
        pdu.ShortMessage(service_type="TOOLONG"),
        pdu.ShortMessage(source="né€"),
        pdu.ShortMessage(source="1\x009"),
    ],
)
def test_what_does_not_fit_is_an_error_and_never_cut(message):
    with pytest.raises(pdu.FieldTooLong):
        pdu.encode_message_body(message)


def test_a_long_password_is_an_error_unless_the_operator_issues_such():
    with pytest.raises(pdu.FieldTooLong, match="password: 9 characters, at most 8"):
        pdu.encode_bind_body(system_id="a", password="123456789")
    assert b"123456789\0" in pdu.encode_bind_body(system_id="a", password="123456789", long_password=True)


# Standard parameters that smpplib does not expect in a deliver_sm, and vendors' own: each made its decoder
# raise.
@pytest.mark.parametrize(
    "tag", [0x1401, 0x1400, 0x001D, 0x0501, 0x0302, 0x0005, 0x000D, 0x0017, 0x130C, 0x1204, 0x1380, 0x1203, 0x0420]
)
def test_an_unexpected_parameter_is_kept_raw(tag):
    tlvs = ((tag, b"\x01\x02\x03"), (codes.TLV_MESSAGE_STATE, b"\x02"))
    frame = pdu.encode(codes.DELIVER_SM, 0, 1, pdu.encode_message_body(pdu.ShortMessage(body=b"a", tlvs=tlvs)))
    assert pdu.decode_message(frame).tlvs == tlvs


@pytest.mark.parametrize(
    "body",
    [
        b"39f99dd5\0",
        b"39f99dd5",  # no NUL
        b"39f99dd5\0" + struct.pack(">HH", 0x001D, 2) + b"ok",  # a parameter that smpplib does not expect
        b"39f99dd5\0" + struct.pack(">HH", 0x0423, 3) + b"\3\0\1",
        b"39f99dd5\0\xff",
    ],
)
def test_the_id_of_an_answer_is_read_whatever_follows_it(body):
    assert pdu.decode_message_id(raw(codes.SUBMIT_SM_RESP, 1, body)) == "39f99dd5"


def test_an_answer_without_a_body_has_no_id():
    assert pdu.decode_message_id(raw(codes.SUBMIT_SM_RESP, 1)) == ""


def test_the_id_in_a_receipt_loses_its_nul_only_if_it_has_one():
    assert pdu.tlv_text(b"abcd") == "abcd"
    assert pdu.tlv_text(b"abcd\0") == "abcd"


WHOLE = pdu.encode_message_body(pdu.ShortMessage(source="22997000001", destination="1919", body=b"bonjour"))


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", codes.INVALID_COMMAND_LENGTH, "service_type has no end"),
        (b"\0\1", codes.INVALID_COMMAND_LENGTH, "the body ends before its fields do"),
        (b"\0\1\1" + b"2" * 30, codes.INVALID_COMMAND_LENGTH, "source_addr has no end"),
        (WHOLE[:-9], codes.INVALID_COMMAND_LENGTH, "the body ends before its fields do"),
        (WHOLE[:-1], codes.INVALID_MESSAGE_LENGTH, "sm_length is 7 but 6 octets are left"),
        (WHOLE + b"x", codes.BROKEN_OPTIONAL_PART, "1 stray octets after the last parameter"),
        (WHOLE + b"\x14\x01\0\5ab", codes.BROKEN_OPTIONAL_PART, "parameter 0x1401 claims 5 octets, 2 are left"),
    ],
)
def test_a_body_that_lies_is_refused_with_the_code_and_the_reason(body, status, reason):
    with pytest.raises(pdu.MalformedPdu) as caught:
        pdu.decode_message(raw(codes.DELIVER_SM, 1, body))
    assert (caught.value.status, caught.value.reason) == (status, reason)


def test_what_can_be_read_of_a_broken_body_is_saved():
    assert pdu.salvage(raw(codes.DELIVER_SM, 1, WHOLE[:-1])) == ("22997000001", "1919", b"bonjou")
    assert pdu.salvage(raw(codes.DELIVER_SM, 1, b"\0\1\1" + b"229\0")) == ("229", "", b"")


@given(st.binary(max_size=200))
@example(WHOLE[:-1])
@settings(max_examples=2000)
def test_no_body_raises_anything_but_our_error(body):
    frame = raw(codes.DELIVER_SM, 1, body)
    for decode in (pdu.decode_message, pdu.decode_data_sm):
        try:
            decode(frame)
        except pdu.MalformedPdu as error:
            assert error.status
    pdu.salvage(frame)
    pdu.decode_message_id(frame)


@given(messages, any_tlvs, st.data())
@settings(max_examples=1000)
def test_a_damaged_message_raises_nothing_but_our_error(message, tlvs, data):
    frame = bytearray(pdu.encode(codes.DELIVER_SM, 0, 1, pdu.encode_message_body(message._replace(tlvs=tlvs))))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(16, len(frame) - 1))] = data.draw(octet)
    cut = data.draw(st.integers(16, len(frame)))
    try:
        pdu.decode_message(bytes(frame[:cut]))
    except pdu.MalformedPdu:
        pass


@given(st.lists(st.binary(max_size=60), max_size=8), st.lists(st.integers(1, 40), min_size=1, max_size=40))
@settings(max_examples=300)
def test_frames_come_out_whole_however_the_stream_is_cut(bodies, cuts):
    stream = b"".join(raw(codes.DELIVER_SM, number, body) for number, body in enumerate(bodies, 1))
    reader, found, at, turn = FrameReader(), [], 0, 0
    while at < len(stream):
        size = cuts[turn % len(cuts)]
        found += reader.feed(stream[at : at + size])
        at, turn = at + size, turn + 1
    assert [frame.octets[16:] for frame in found] == bodies
    assert [frame.sequence for frame in found] == list(range(1, len(bodies) + 1))
    assert not reader.partial


@pytest.mark.parametrize("length", [0, 1, 15, LONGEST + 1, 0xFFFFFFFF])
def test_an_impossible_length_is_refused_after_the_frames_before_it(length):
    reader = FrameReader()
    found = []
    with pytest.raises(BrokenFraming) as caught:
        for frame in reader.feed(raw(codes.ENQUIRE_LINK, 1) + struct.pack(">IIII", length, 5, 0, 42)):
            found.append(frame)
    assert [frame.sequence for frame in found] == [1]
    assert (caught.value.length, caught.value.sequence) == (length, 42)


def test_the_longest_payload_passes():
    body = WHOLE[:-8] + b"\0" + struct.pack(">HH", codes.TLV_MESSAGE_PAYLOAD, 65_535) + b"a" * 65_535
    (frame,) = FrameReader().feed(raw(codes.DELIVER_SM, 1, body))
    assert len(pdu.decode_message(frame.octets).octets) == 65_535


@given(st.binary(max_size=300))
@settings(max_examples=500)
def test_no_stream_raises_anything_but_broken_framing(stream):
    try:
        list(FrameReader().feed(stream))
    except BrokenFraming:
        pass
