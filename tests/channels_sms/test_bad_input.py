"""What damaged, false and unexpected PDUs do to a link: they cost themselves, at most.

Which sentence of the bad-input catalogue stands in which test: docs/bad-input.md.
"""

import asyncio
import struct
from itertools import pairwise

import pytest
from peer import (
    BIND_TRX,
    BIND_TRX_RESP,
    DELIVER_RESP,
    ENQUIRE,
    ENQUIRE_RESP,
    SUBMIT,
    SUBMIT_RESP,
    UNBIND,
    UNBIND_RESP,
    FakeIntake,
    QuickLink,
    bound_link,
    config,
    deliver,
    operator,
    outbound,
    raw,
    running,
)

from channels_sms.smpp import codes, pdu
from channels_sms.smpp.receipts import MessageIds
from channels_sms.smpp.session import Timing


def tlv(tag, value, length=None):
    return struct.pack(">HH", tag, len(value) if length is None else length) + value


def again(octets, body):
    """The frame with this body instead, its length true."""
    return struct.pack(">I", 16 + len(body)) + octets[4:16] + body


async def test_an_unbind_said_twice_is_answered_twice():
    async with bound_link() as (_, visit, _link, intake):
        intake.gate.clear()
        visit.send(deliver(5), raw(UNBIND, 6), raw(UNBIND, 7))
        await visit.expect_silence(0.05)
        intake.gate.set()
        await visit.expect(DELIVER_RESP, status=0)
        assert [(await visit.expect(UNBIND_RESP)).sequence for _ in range(2)] == [6, 7]
        await visit.expect_end()


async def test_an_answer_of_another_kind_is_not_the_answer():
    async with bound_link() as (_, visit, link, _intake):
        sending = asyncio.create_task(link.submit(outbound()))
        found = await visit.expect(SUBMIT)
        visit.send(raw(ENQUIRE_RESP, found.sequence), raw(BIND_TRX_RESP, found.sequence, b"smsc\0"))
        visit.send(raw(ENQUIRE, 9))
        await visit.expect(ENQUIRE_RESP)
        assert not sending.done()
        visit.send(raw(SUBMIT_RESP, found.sequence, b"abc\0"))
        assert await sending == ("abc",)


# --- framing ---


async def test_a_pdu_may_pause_for_longer_than_a_peer_would_wait_for_an_answer():
    """Anybody who reads with a time-out loses what came before it, and with it the start of every later PDU."""
    async with bound_link(response_timeout_s=0.05, enquire_s=60) as (peer, visit, _link, intake):
        first, second = deliver(5, b"un"), deliver(6, b"deux")
        visit.send(first[:3])
        await asyncio.sleep(0.1)
        visit.send(first[3:16])
        await asyncio.sleep(0.1)
        visit.send(first[16:] + second[:40])
        await asyncio.sleep(0.1)
        visit.send(second[40:])
        assert [(await visit.expect(DELIVER_RESP, status=0)).sequence for _ in range(2)] == [5, 6]
        assert [text.body for text in intake.texts] == ["un", "deux"]
        assert peer.visits.empty()


async def test_a_pdu_that_only_drips_is_half_a_pdu():
    """Each octet is a sign of life; the deadline is for the whole PDU all the same. QuickLink's is 1 s."""
    async with bound_link() as (peer, visit, _link, intake):
        began = asyncio.get_running_loop().time()
        octets = again(deliver(5), BARE + tlv(0x0424, b"a" * 5000))
        for octet in octets:
            if visit.writer.transport.is_closing() or visit.reader.at_eof():
                break
            visit.send(bytes((octet,)))
            await asyncio.sleep(0.02)
        assert asyncio.get_running_loop().time() - began < 20  # of a hundred, one by one
        await peer.visit()
        assert intake.texts == []


def test_half_a_pdu_is_waited_for_ten_seconds_and_the_most_in_one_is_64_kib_and_a_little():
    from channels_sms.smpp.framing import LONGEST

    assert Timing().partial_pdu == 10
    assert 65_535 + 1000 < LONGEST <= 70_000


async def test_a_pdu_that_we_ourselves_did_not_read_for_long_is_not_half_a_pdu(monkeypatch):
    """Our answers were not read, so we read nothing; the rest of the PDU may have been waiting all the time."""
    monkeypatch.setattr(QuickLink, "timing", Timing(partial_pdu=1.5))
    async with bound_link() as (peer, visit, link, _intake):
        octets, session = deliver(5), link._senders[0].session
        visit.send(octets[:30])
        await asyncio.sleep(0.05)
        session.pause_writing()
        visit.send(octets[30:50])
        await asyncio.sleep(1.7)
        session.resume_writing()
        await asyncio.sleep(0.3)
        visit.send(octets[50:])
        await visit.expect(DELIVER_RESP, status=0)
        assert peer.visits.empty()


# --- bodies ---

BODY = deliver(1)[16:]
BARE = deliver(1, b"")[16:]
DATA = b"\0\1\1" + b"22997000001\0" + b"\3\0" + b"1919\0" + b"\0\0\0"


@pytest.mark.parametrize(
    ("command", "body", "status", "words"),
    [
        (5, BODY[:-2], codes.OK, b"bonjo"),  # sm_length > octets left
        (5, BODY + b"bon", codes.OK, b"bonjour"),  # sm_length < octets left
        (5, BODY[:-7], codes.INVALID_MESSAGE_LENGTH, b""),
        (5, BODY.replace(b"\0", b"\1"), codes.INVALID_COMMAND_LENGTH, b""),  # no NUL terminator at all
        (5, BODY + b"\x14", codes.OK, b"bonjour"),  # a tail of one octet
        (5, BODY + tlv(0x1401, b"ab", length=99), codes.OK, b"bonjour"),  # beyond the PDU
        (5, BARE + tlv(0x0424, b"bonj", length=7), codes.OK, b"bonj"),
        (5, BARE + tlv(0x1401, b"ab") + tlv(0x0424, b"bonjour") + b"\0", codes.OK, b"bonjour"),
        (5, BARE + tlv(0x1401, b"ab", length=99), codes.BROKEN_OPTIONAL_PART, b""),
        (0x103, DATA + tlv(0x0424, b"bonj", length=7), codes.OK, b"bonj"),
        (0x103, DATA + b"\4", codes.BROKEN_OPTIONAL_PART, b""),
        (0x103, DATA[:-2], codes.INVALID_COMMAND_LENGTH, b""),
    ],
)
async def test_a_body_that_lies_is_kept_whole_and_answered_by_what_can_be_read(command, body, status, words):
    async with bound_link() as (peer, visit, _link, intake):
        octets = raw(command, 7, body)
        assert pdu.salvage(octets)[2] == words
        visit.send(octets)
        assert (await visit.expect(command | 0x80000000, status=status)).sequence == 7
        (kept,) = intake.unreadables
        assert kept.raw == octets
        assert kept.error
        assert intake.texts == []
        visit.send(octets, raw(command, 8, body))  # offered again, in both ways
        for _ in range(2):
            await visit.expect(command | 0x80000000, status=status)
        visit.send(deliver(9))
        assert (await visit.expect(DELIVER_RESP, status=0)).sequence == 9
        assert peer.visits.empty()


@pytest.mark.parametrize("size", [65_000, 65_535])
async def test_the_longest_payload_is_a_text(size):
    async with bound_link() as (_, visit, _link, intake):
        visit.send(again(deliver(1), BARE + tlv(0x0424, b"a" * size)))
        await visit.expect(DELIVER_RESP, status=0)
        assert len(intake.texts[0].body) == size


async def test_a_payload_that_comes_octet_by_octet_is_a_text():
    async with bound_link() as (_, visit, link, intake):
        session = link._senders[0].session
        octets = again(deliver(1), BARE + tlv(0x0424, b"a" * 20_000))
        for octet in octets:
            session.data_received(bytes((octet,)))
        await visit.expect(DELIVER_RESP, status=0)
        assert len(intake.texts[0].body) == 20_000


# --- session ---


async def test_an_outbind_and_an_alert_have_no_answer_and_change_nothing():
    async with bound_link() as (peer, visit, _link, intake):
        visit.send(raw(0x0B, 7, b"smsc\0geheim\0"), raw(0x102, 8, b"\1\1229\0\0\0" + b"1919\0"), raw(0x0B, 9, b"\xff"))
        await visit.expect_silence()
        visit.send(deliver(10))
        await visit.expect(DELIVER_RESP, status=0)
        assert peer.visits.empty()
        assert intake.unreadables == []


@pytest.mark.parametrize("command", [1, 2, 3, 4, 7, 8, 9, 0x21, 0x104, 0x111, 0x112, 0x999, 0x7FFFFFFF])
async def test_a_request_that_no_operator_may_make_is_nacked_and_the_session_goes_on(command):
    async with bound_link() as (peer, visit, _link, _intake):
        visit.send(raw(command, 7, BODY))
        assert (await visit.expect(0x80000000, status=codes.INVALID_COMMAND_ID)).sequence == 7
        visit.send(raw(ENQUIRE, 8))
        await visit.expect(ENQUIRE_RESP)
        assert peer.visits.empty()


async def test_nothing_of_a_message_is_taken_before_the_bind_is_answered():
    async with operator() as peer:
        intake = FakeIntake()
        async with running(QuickLink(config(peer.port), intake)):
            visit = await peer.visit(bound=False)
            bind = await visit.expect(BIND_TRX)
            visit.send(deliver(5), raw(0x103, 6, DATA), raw(ENQUIRE, 7), raw(0x0B, 8), raw(0x102, 9), raw(0x999, 10))
            found = [await visit.read() for _ in range(4)]
            assert [(one.command, one.status, one.sequence) for one in found] == [
                (DELIVER_RESP, codes.WRONG_BIND_STATE, 5),
                (0x80000103, codes.WRONG_BIND_STATE, 6),
                (ENQUIRE_RESP, 0, 7),
                (0x80000000, codes.INVALID_COMMAND_ID, 10),
            ]
            visit.send(raw(BIND_TRX_RESP, bind.sequence, b"smsc\0"))
            await intake.until(lambda: intake.states[-1][0] == "bound")
            assert intake.texts == []


async def test_a_refused_bind_is_tried_ever_more_slowly():
    """An operator locks an account that hurries. The bound itself, 300 s: test_evidence.py."""
    async with operator() as peer:
        intake = FakeIntake()
        async with running(QuickLink(config(peer.port), intake)):
            at = []
            for _ in range(4):
                visit = await peer.visit(bound=False)
                at.append(asyncio.get_running_loop().time())
                bind = await visit.expect(BIND_TRX)
                visit.send(raw(BIND_TRX_RESP, bind.sequence, status=0x0E))
                await visit.expect_end()
            pauses = [later - earlier for earlier, later in pairwise(at)]
            # QuickLink's: 0.3 s, then 0.6 s at most, less a quarter at random.
            assert pauses[0] >= 0.22
            assert min(pauses[1:]) >= 0.44
            assert [state for state, _ in intake.states].count("failed") >= 3  # what the alarm looks at


def test_an_operators_endless_message_ids_are_not_remembered():
    ids = MessageIds()
    for number in range(100):
        ids.of_answer("x" * 60_000 + str(number))
    assert sum(map(len, ids._answered)) == 0
