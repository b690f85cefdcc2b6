"""Receipts of many operators, the spellings of their ids, and texts that only look like receipts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from peer import receipt_text

from channels_sms.smpp import codes, receipts
from channels_sms.smpp.pdu import ShortMessage
from channels_sms.smpp.receipts import MessageIds

COMMON = receipt_text("39f99dd5").decode()


def message(text="", *, esm_class=4, data_coding=0, tlvs=()):
    return ShortMessage(
        source="22997000001",
        destination="1919",
        body=text if isinstance(text, bytes) else text.encode(),
        esm_class=esm_class,
        data_coding=data_coding,
        tlvs=tlvs,
    )


@pytest.mark.needs("ELL-032", part="reading")
@pytest.mark.parametrize(
    ("text", "identifier", "state", "error"),
    [
        (COMMON, "39f99dd5", "delivered", "000"),
        ("id:1 sub:1 dlvrd:0 submitdate:2611210930 donedate:261121093059 stat:UNDELIV err:00A", "1", "failed", "00A"),
        ("id:abc-DEF_1 stat:DELIVERED err:0 Text:x", "abc-DEF_1", "delivered", "0"),
        ("ID:7 STAT:EXPIRED", "7", "expired", ""),
        ("id:7 stat:REJECTD err:069", "7", "rejected", "069"),
        ("id:7 stat:UNDELIVERABLE", "7", "failed", ""),
        ("id:7 stat:DELETED", "7", "failed", ""),
        ("id:7 stat:ENROUTE", "7", "enroute", ""),
        ("id:7 stat:ACCEPTD", "7", "accepted", ""),
        ("id:7 stat:ACCEPTED", "7", "accepted", ""),
        ("id:7 stat:UNKNOWN", "7", "unknown", ""),
        ("id:7 stat: err:000", "7", "accepted", "000"),
        ("id:7 err:000", "7", "accepted", "000"),
        ("id:7 stat:NOUVEAU err:12", "7", "unknown", "12"),
        ("id:7 sub: dlvrd: stat:DELIVRD", "7", "delivered", ""),
        ("stat:DELIVRD id:7", "7", "delivered", ""),
        ("id:7\nstat:DELIVRD\nerr:0", "7", "delivered", "0"),
        ("id:7 stat:DELIVRD text:id:8 stat:EXPIRED", "7", "delivered", ""),
    ],
)
def test_the_field_variants_are_read(text, identifier, state, error):
    found = receipts.find(message(text))
    assert (found.id, found.state, found.error) == (identifier, state, error)


@pytest.mark.parametrize(
    ("number", "state"),
    [
        (1, "enroute"),
        (2, "delivered"),
        (3, "expired"),
        (5, "failed"),
        (6, "accepted"),
        (8, "rejected"),
        (99, "unknown"),
    ],
)
def test_a_receipt_may_be_told_by_parameters_only(number, state):
    tlvs = (
        (codes.TLV_RECEIPTED_MESSAGE_ID, b"39f99dd5"),
        (codes.TLV_MESSAGE_STATE, bytes((number,))),
        (codes.TLV_NETWORK_ERROR_CODE, b"\x03\x00\x45"),
    )
    found = receipts.find(message(esm_class=0, tlvs=tlvs))
    assert (found.id, found.state, found.error) == ("39f99dd5", state, "69")


def test_a_receipt_may_stand_in_the_payload_or_in_ucs2():
    payload = message(tlvs=((codes.TLV_MESSAGE_PAYLOAD, COMMON.encode()),))
    assert receipts.find(payload).id == "39f99dd5"
    assert receipts.find(message(COMMON.encode("utf-16-be"), data_coding=8)).id == "39f99dd5"
    assert receipts.find(message(COMMON, data_coding=8)).id == "39f99dd5"  # says UCS-2, is not


def test_an_intermediate_notification_is_not_final():
    found = receipts.find(message("id:7 stat:ENROUTE", esm_class=0x20))
    assert found.state == "enroute"


def test_without_a_mark_only_the_complete_common_text_is_a_receipt():
    assert receipts.find(message(COMMON, esm_class=0)).id == "39f99dd5"
    assert receipts.find(message(COMMON.encode("utf-16-be"), esm_class=0, data_coding=8)).id == "39f99dd5"


@pytest.mark.parametrize(
    "text",
    [
        "id:1 stat:DELIVRD",
        "mon id: 12 et stat: rien",
        "id:1 sub:1 dlvrd:1 submit date:1 done date:1 stat:CHAUD err:0",
        "bonjour",
        "",
    ],
)
def test_a_subscriber_who_types_like_a_receipt_is_a_person_writing(text):
    assert receipts.find(message(text, esm_class=0)) is None


@pytest.mark.parametrize("esm_class", [0x08, 0x10, 0x40, 0x00, 0x03])
def test_other_types_are_texts(esm_class):
    assert receipts.find(message("oui", esm_class=esm_class)) is None


def test_a_receipt_without_an_id_says_so():
    with pytest.raises(receipts.UnreadableReceipt):
        receipts.find(message("stat:DELIVRD"))
    with pytest.raises(receipts.UnreadableReceipt):
        receipts.find(message("id: sub:001 stat:DELIVRD"))


@given(st.binary(max_size=300), st.integers(0, 255), st.integers(0, 255))
@settings(max_examples=1000)
def test_no_octets_raise_anything_but_our_error(octets, esm_class, data_coding):
    try:
        receipts.find(message(octets, esm_class=esm_class, data_coding=data_coding))
    except receipts.UnreadableReceipt:
        pass


def match(answer, receipt, mode="auto"):
    ids = MessageIds(mode)
    return bool(set(ids.of_answer(answer)) & set(ids.of_receipt(receipt)))


# Pairs seen in the field: id of the answer, id of the receipt.
@pytest.mark.parametrize(
    ("answer", "receipt"),
    [
        ("39f99dd5", "39f99dd5"),
        ("39f99dd5", "0972660181"),
        ("39F99DD5", "972660181"),
        ("0972660181", "39f99dd5"),
        ("812FC7470000001B", "9308878062554710043"),
        ("9308878062554710043", "812FC7470000001B"),
        ("00B8BE19", "B8BE19"),
        ("B8BE19", "00b8be19"),
        ("00b8be19", "B8BE19"),
        ("0000000042", "42"),
        ("b8be19", "B8BE19"),
        ("0d1f3d6e-5a1e-4c6b-9d36-0c1f0a5e7f00", "0d1f3d6e-5a1e-4c6b-9d36-0c1f0a5e7f00"),
        ("A_b-9", "A_b-9"),
    ],
)
def test_a_receipt_finds_its_message_however_it_spells_the_id(answer, receipt):
    assert match(answer, receipt)


@pytest.mark.parametrize(
    ("answer", "receipt"),
    [
        ("0d1f3d6e-5a1e-4c6b-9d36-0c1f0a5e7f00", "d1f3d6e-5a1e-4c6b-9d36-0c1f0a5e7f00"),
        ("A_b-9", "a_b-9"),
        ("42", "43"),
    ],
)
def test_an_id_that_is_no_number_is_never_changed(answer, receipt):
    assert not match(answer, receipt)


def test_the_spelling_of_the_answer_comes_first():
    ids = MessageIds()
    assert ids.of_answer("00B8BE19") == ("00B8BE19", "B8BE19")
    assert ids.of_receipt("0972660181")[0] == "0972660181"


def test_once_an_id_came_back_as_it_went_the_other_base_is_not_tried():
    ids = MessageIds()
    ids.of_answer("100")
    assert "256" in ids.of_receipt("200") or "512" in ids.of_receipt("200")
    ids.of_receipt("100")
    assert ids.of_receipt("200") == ("200",)


def test_a_mode_set_by_hand_tries_only_its_own_base():
    assert match("39f99dd5", "0972660181", "resp_hex")
    assert not match("0972660181", "39f99dd5", "resp_hex")
    assert match("0972660181", "39f99dd5", "resp_dec")
    assert MessageIds("same").of_receipt("0972660181") == ("0972660181",)
