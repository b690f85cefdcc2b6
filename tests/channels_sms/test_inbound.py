"""What subscribers send: stored first, acknowledged after, once each, whatever shape it comes in."""

import asyncio

import pytest
from peer import (
    DELIVER_RESP,
    ENQUIRE,
    ENQUIRE_RESP,
    SUBMIT,
    SUBMIT_RESP,
    QuickLink,
    bound_link,
    deliver,
    outbound,
    raw,
    receipt_text,
    tlv,
    with_tlvs,
)

from channels_sms.smpp import codes
from channels_sms.smpp.session import Timing
from conversations.adapters import IntakeFull, IntakeUnavailable


async def test_a_text_is_handed_over_as_the_operator_gave_it():
    async with bound_link() as (_, visit, link, intake):
        octets = deliver(5, "été à 5 €".encode("utf-16-be"), data_coding=8)
        visit.send(octets)
        await visit.expect(DELIVER_RESP, status=0)
        (text,) = intake.texts
        assert text.link_id == link._config.id
        assert (text.sender, text.recipient, text.sender_ton) == ("22997000001", "1919", 1)
        assert (text.body, text.encoding, text.raw, text.parts) == ("été à 5 €", "ucs2", octets, 1)
        assert len(text.key) <= 200
        assert len(text.fingerprint) == 32


async def test_nothing_is_acknowledged_before_it_is_stored():
    async with bound_link() as (_, visit, _link, intake):
        intake.gate.clear()
        visit.send(*(deliver(n, b"%d" % n) for n in range(1, 21)), deliver(21, receipt_text("7"), esm_class=4))
        await visit.expect_silence()
        intake.gate.set()
        answers = [await visit.expect(DELIVER_RESP, status=0) for _ in range(21)]
        assert sorted(answer.sequence for answer in answers) == list(range(1, 22))
        assert [text.body for text in intake.texts] == [str(n) for n in range(1, 21)]


async def test_answers_need_not_keep_the_order_of_the_texts():
    async with bound_link() as (_, visit, _link, intake):
        first = asyncio.Event()
        plain = intake.text

        async def text(item):
            if item.body == "un":
                await first.wait()
            return await plain(item)

        intake.text = text
        visit.send(deliver(1, b"un"), deliver(2, b"deux"))
        assert (await visit.expect(DELIVER_RESP)).sequence == 2
        first.set()
        assert (await visit.expect(DELIVER_RESP)).sequence == 1


@pytest.mark.parametrize(
    ("failure", "status"),
    [(IntakeUnavailable("away"), codes.TEMPORARY), (IntakeFull("full"), codes.THROTTLED)],
)
async def test_what_cannot_be_stored_stays_with_the_operator(failure, status):
    async with bound_link() as (_, visit, _link, intake):
        intake.fails = failure
        visit.send(
            deliver(1),
            deliver(2, receipt_text("7"), esm_class=4),
            deliver(3, b"\x05\x00\x03\x07\x02\x01abc", esm_class=0x40),
            raw(5, 4, b"\0\1"),
        )
        for _ in range(4):
            await visit.expect(DELIVER_RESP, status=status)
        assert status != 0x65
        intake.fails = None
        visit.send(deliver(5))
        await visit.expect(DELIVER_RESP, status=0)
        assert len(intake.texts) == 1


async def test_a_text_offered_again_after_a_temporary_error_keeps_its_key():
    """The commit may have gone through although we could not know it."""
    async with bound_link() as (_, visit, _link, intake):
        plain = intake.text
        keys = []

        async def stored_but_not_known(item):
            keys.append(item.key)
            await plain(item)
            raise IntakeUnavailable("the connection broke during commit")

        intake.text = stored_but_not_known
        visit.send(deliver(1))
        await visit.expect(DELIVER_RESP, status=codes.TEMPORARY)
        intake.text = plain
        visit.send(deliver(2))
        await visit.expect(DELIVER_RESP, status=0)
        assert len(intake.texts) == 1
        assert intake.duplicates[0].key == keys[0]
        visit.send(deliver(3))  # and truly sent again
        await visit.expect(DELIVER_RESP, status=0)
        assert len(intake.texts) == 2


async def test_the_same_words_twice_are_two_texts():
    async with bound_link() as (_, visit, _link, intake):
        visit.send(deliver(1, b"1"), deliver(2, b"1"))
        for _ in range(2):
            await visit.expect(DELIVER_RESP, status=0)
        assert len({text.key for text in intake.texts}) == 2


async def test_a_copy_after_a_lost_answer_is_one_text_and_the_next_is_another():
    async with bound_link() as (peer, visit, _link, intake):
        visit.send(deliver(1, b"1"))
        await visit.expect(DELIVER_RESP, status=0)
        visit.cut()
        again = await peer.visit()
        again.send(deliver(1, b"1"))
        await again.expect(DELIVER_RESP, status=0)
        assert len(intake.texts) == 1
        assert intake.duplicates[0].key == intake.texts[0].key
        again.send(deliver(2, b"1"))
        await again.expect(DELIVER_RESP, status=0)
        assert len(intake.texts) == 2


async def test_a_copy_after_a_loss_before_the_answer_is_one_text():
    async with bound_link() as (peer, visit, _link, intake):
        intake.gate.clear()
        visit.send(deliver(1, b"1"))
        await visit.expect_silence()
        visit.cut()
        again = await peer.visit()
        again.send(deliver(9, b"1"))
        intake.gate.set()
        await again.expect(DELIVER_RESP, status=0)
        await intake.until(lambda: intake.duplicates)
        assert len(intake.texts) == 1


async def test_an_answer_proved_received_cannot_be_followed_by_a_copy():
    async with bound_link() as (peer, visit, link, intake):
        visit.send(deliver(1, b"1"))
        await visit.expect(DELIVER_RESP, status=0)
        sending = asyncio.create_task(link.submit(outbound()))
        submit = await visit.expect(SUBMIT)
        visit.send(raw(SUBMIT_RESP, submit.sequence, b"a\0"))
        await sending
        assert intake.confirmed_keys == [intake.texts[0].key]
        visit.cut()
        again = await peer.visit()
        again.send(deliver(1, b"1"))
        await again.expect(DELIVER_RESP, status=0)
        assert len(intake.texts) == 2


async def test_answers_are_proved_by_an_enquiry_when_nothing_else_does(monkeypatch):
    monkeypatch.setattr(QuickLink, "timing", Timing(prove=0.05))
    async with bound_link() as (_, visit, _link, intake):
        visit.send(deliver(1), deliver(2))
        for _ in range(2):
            await visit.expect(DELIVER_RESP, status=0)
        enquiry = await visit.expect(ENQUIRE)
        assert intake.confirmed_keys == []
        visit.send(raw(ENQUIRE_RESP, enquiry.sequence))
        await intake.until(lambda: intake.confirmed_keys)
        assert intake.confirmed_keys == [text.key for text in intake.texts]
        await visit.expect_silence()


async def test_after_a_crash_the_database_knows_which_answers_were_lost():
    async with bound_link() as (peer, visit, _link, intake):
        visit.send(deliver(1, b"1"))
        await visit.expect(DELIVER_RESP, status=0)
        stored = intake.texts[0]
    async with bound_link() as (peer, visit, _link, intake):
        intake.stored_unconfirmed = {stored.fingerprint: stored.key}
        intake.keys = {stored.key}
        visit.cut()
        again = await peer.visit()
        again.send(deliver(4, b"1"), deliver(5, b"1"))
        for _ in range(2):
            await again.expect(DELIVER_RESP, status=0)
        assert [text.key for text in intake.duplicates] == [stored.key]
        assert len(intake.texts) == 1


async def test_two_equal_texts_may_both_have_lost_their_answers():
    async with bound_link() as (peer, visit, _link, intake):
        visit.send(deliver(1, b"1"), deliver(2, b"1"))
        for _ in range(2):
            await visit.expect(DELIVER_RESP, status=0)
        first = intake.texts
    async with bound_link() as (peer, visit, _link, intake):
        intake.stored_unconfirmed = {first[0].fingerprint: [text.key for text in first]}
        intake.keys = {text.key for text in first}
        visit.cut()
        again = await peer.visit()
        again.send(*(deliver(n, b"1") for n in (7, 8, 9)))
        for _ in range(3):
            await again.expect(DELIVER_RESP, status=0)
        assert [text.key for text in intake.duplicates] == [text.key for text in first]
        assert len(intake.texts) == 1


BODY = deliver(1)[16:]


@pytest.mark.parametrize(
    ("body", "status", "sender"),
    [
        (BODY[:-2], codes.OK, "22997000001"),  # sm_length beyond the end, some text there
        (BODY + b"x", codes.OK, "22997000001"),  # one stray octet
        (BODY + b"\x14\x01\x00\xff", codes.OK, "22997000001"),  # parameter beyond the end
        (BODY[:-7], codes.INVALID_MESSAGE_LENGTH, "22997000001"),  # sm_length beyond the end, no text
        (b"", codes.INVALID_COMMAND_LENGTH, ""),
        (b"\0\1\1" + b"2" * 20, codes.INVALID_COMMAND_LENGTH, ""),  # no NUL
    ],
)
async def test_a_malformed_text_is_kept_and_answered_once(body, status, sender):
    async with bound_link() as (_, visit, _link, intake):
        octets = raw(5, 7, body)
        visit.send(octets)
        assert (await visit.expect(DELIVER_RESP, status=status)).sequence == 7
        (kept,) = intake.unreadables
        assert (kept.raw, kept.sender) == (octets, sender)
        assert kept.error
        visit.send(deliver(8))
        assert (await visit.expect(DELIVER_RESP, status=0)).sequence == 8


async def test_a_bug_in_the_intake_does_not_make_a_text_come_back_for_ever():
    async with bound_link() as (_, visit, _link, intake):

        async def broken(item):
            raise RuntimeError("a bug")

        intake.text = broken
        visit.send(deliver(1))
        await visit.expect(DELIVER_RESP, status=0)
        assert intake.unreadables[0].error == "RuntimeError"
        intake.unreadable = broken
        visit.send(deliver(2, b"autre"))
        await visit.expect(DELIVER_RESP, status=codes.TEMPORARY)


async def test_a_bug_in_reading_does_not_leave_a_text_without_an_answer(monkeypatch):
    def broken(*arguments, **named):
        raise KeyError("a bug")

    monkeypatch.setattr("channels_sms.smpp.inbound.read_text", broken)
    async with bound_link() as (_, visit, _link, intake):
        octets = deliver(1)
        visit.send(octets)
        await visit.expect(DELIVER_RESP, status=0)
        assert (intake.unreadables[0].raw, intake.unreadables[0].error) == (octets, "KeyError")


async def test_vendor_parameters_do_not_cost_the_text():
    async with bound_link() as (_, visit, _link, intake):
        visit.send(with_tlvs(deliver(1), tlv(0x1401, b"\x01\x02"), tlv(0x001D, b"ok\0"), tlv(0x130C, b"")))
        await visit.expect(DELIVER_RESP, status=0)
        assert intake.texts[0].body == "bonjour"


async def test_a_long_payload_is_a_text():
    async with bound_link() as (_, visit, _link, intake):
        visit.send(with_tlvs(deliver(1, b""), tlv(0x0424, b"a" * 60_000)))
        await visit.expect(DELIVER_RESP, status=0)
        assert len(intake.texts[0].body) == 60_000


async def test_ussd_is_recorded_and_opens_no_conversation():
    async with bound_link() as (_, visit, _link, intake):
        visit.send(deliver(1, b"*123#", service_type="USSD"), with_tlvs(deliver(2), tlv(0x0501, b"\x01")))
        for _ in range(2):
            await visit.expect(DELIVER_RESP, status=0)
        assert intake.texts == []
        assert [item.error for item in intake.unreadables] == ["USSD, not a text"] * 2


@pytest.mark.parametrize("sender", ["Orange", "2" * 20, "1919", "+22997000001"])
async def test_any_sender_is_taken_as_it_is(sender):
    async with bound_link() as (_, visit, _link, intake):
        visit.send(deliver(1, source=sender))
        await visit.expect(DELIVER_RESP, status=0)
        assert intake.texts[0].sender == sender


async def test_a_sender_longer_than_the_protocol_allows_is_read_whole_and_none_is_recorded():
    async with bound_link() as (_, visit, _link, intake):
        body = BODY.replace(b"22997000001", b"2" * 25)
        visit.send(raw(5, 1, body), deliver(2, source=""))
        for _ in range(2):
            await visit.expect(DELIVER_RESP, status=0)
        assert intake.texts[0].sender == "2" * 25
        assert intake.unreadables[0].error == "no sender"


async def test_a_receipt_is_told_from_a_text_and_given_with_every_spelling():
    async with bound_link() as (_, visit, _link, intake):
        visit.send(
            deliver(1, receipt_text("0972660181", "UNDELIV", "012"), esm_class=4),
            deliver(2, b"id:1 stat:DELIVRD"),
            deliver(3, b"stat:DELIVRD", esm_class=4),
        )
        for _ in range(3):
            await visit.expect(DELIVER_RESP, status=0)
        (receipt,) = intake.receipts
        assert (receipt.state, receipt.error, receipt.address) == ("failed", "012", "22997000001")
        assert receipt.provider_ids[0] == "0972660181"
        assert "39f99dd5" in receipt.provider_ids
        assert [text.body for text in intake.texts] == ["id:1 stat:DELIVRD"]
        assert intake.unreadables[0].error == "a receipt without a message id"
