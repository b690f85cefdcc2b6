"""What we send: the octets, the answers, the window, the rate, and what is known when the line breaks."""

import asyncio

import pytest
from peer import (
    DELIVER_RESP,
    NACK,
    SUBMIT,
    SUBMIT_RESP,
    UNBIND,
    UNBIND_RESP,
    FakeIntake,
    QuickLink,
    Shim,
    bound_link,
    config,
    deliver,
    operator,
    outbound,
    raw,
    running,
    submitted,
)
from smpplib import smpp

from channels_sms.smpp import codes
from channels_sms.smpp.link import SmppLink
from channels_sms.smpp.pace import Pace
from channels_sms.text import parts as cutting
from conversations.adapters import NotBound, SubmitRefused, SubmitUnknown

LONG = "Votre demande a bien été reçue. " * 10


async def test_a_short_text_goes_as_the_operator_expects_it():
    async with bound_link() as (_, visit, link, _intake):
        sent = await submitted(visit, link, outbound("5 € [ok]"))
        assert sent.short_message == b"5 \x1b\x65 \x1b\x3cok\x1b\x3e"
        assert (sent.source_addr, sent.source_addr_ton, sent.source_addr_npi) == (b"1919", 3, 0)
        assert (sent.destination_addr, sent.dest_addr_ton, sent.dest_addr_npi) == (b"22997000001", 1, 1)
        assert (sent.data_coding, sent.esm_class, sent.registered_delivery) == (0, 0, 1)


async def test_settings_of_the_account_are_in_every_submit():
    wanted = {
        "data_coding_gsm": 0xF1,
        "source_ton": 0,
        "source_npi": 1,
        "dest_npi": 9,
        "service_type": "CMT",
        "validity_period": "000000010000000R",
        "priority": 2,
        "tlvs": {"0x1401": "0a0b"},
    }
    async with bound_link(**wanted) as (_, visit, link, _intake):
        sending = asyncio.create_task(link.submit(outbound()))
        found = await visit.expect(SUBMIT)
        visit.send(raw(SUBMIT_RESP, found.sequence, b"abc\0"))
        await sending
        assert found.body.endswith(b"Bonjour\x14\x01\x00\x02\x0a\x0b")
        sent = smpp.parse_pdu(raw(SUBMIT, 1, found.body), client=Shim(), allow_unknown_opt_params=True)
        assert (sent.data_coding, sent.source_addr_ton, sent.source_addr_npi, sent.dest_addr_npi) == (241, 0, 1, 9)
        assert (sent.service_type, sent.validity_period, sent.priority_flag) == (b"CMT", b"000000010000000R", 2)


@pytest.mark.parametrize(
    ("source", "octets", "ton", "npi"),
    [("Palabre", b"Palabre", 5, 0), ("+22997000000", b"22997000000", 1, 1), ("1919", b"1919", 3, 0)],
)
async def test_the_sender_carries_its_kind(source, octets, ton, npi):
    async with bound_link() as (_, visit, link, _intake):
        sent = await submitted(visit, link, outbound(source=source))
        assert (sent.source_addr, sent.source_addr_ton, sent.source_addr_npi) == (octets, ton, npi)


@pytest.mark.parametrize(("wide", "text"), [(False, LONG), (True, LONG), (False, "a" * 300), (True, "a" * 300)])
async def test_the_parts_of_a_long_text_are_always_the_same_octets(wide, text):
    encoding, count, _ = SmppLink.plan(text, {"wide_reference": wide})
    expected = cutting.split(text, reference=0x1234, wide_reference=wide)
    assert (encoding, count) == (expected[0].encoding, len(expected))
    async with bound_link(wide_reference=wide) as (_, visit, link, _intake):
        for number in (*range(count, 0, -1), 1):  # asked in any order, and again
            sent = await submitted(visit, link, outbound(text, part=number, parts=count, reference=0x1234))
            assert sent.esm_class == 0x40
            assert sent.short_message == expected[number - 1].udh + expected[number - 1].payload


async def test_a_text_that_needs_one_more_part_with_a_wide_reference_gets_a_narrow_one():
    text = "a" * 306  # two parts of 153, three of 152
    async with bound_link(wide_reference=True) as (_, visit, link, _intake):
        sent = await submitted(visit, link, outbound(text, part=2, parts=2, reference=0x1234))
        assert sent.short_message[:6] == b"\x05\x00\x03\x34\x02\x02"


async def test_parts_may_be_told_by_parameters():
    async with bound_link(long_text="sar", wide_reference=True) as (_, visit, link, _intake):
        sent = await submitted(visit, link, outbound("a" * 300, part=2, parts=2, reference=0x1234))
        assert (sent.sar_msg_ref_num, sent.sar_total_segments, sent.sar_segment_seqnum) == (0x1234, 2, 2)
        assert sent.esm_class == 0
        assert sent.short_message == b"a" * 148


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (outbound(destination="2" * 21), codes.INVALID_DESTINATION),
        (outbound(destination="Orange"), codes.INVALID_DESTINATION),
        (outbound(destination=""), codes.INVALID_DESTINATION),
        (outbound(destination="٢٢٩"), codes.INVALID_DESTINATION),
        (outbound(source="UnNomTropLong"), codes.INVALID_SOURCE),
        (outbound(LONG, parts=2), codes.INVALID_MESSAGE_LENGTH),
        (outbound("a" * 153 * 256, parts=256), codes.INVALID_MESSAGE_LENGTH),
    ],
)
async def test_what_cannot_be_sent_whole_is_refused_and_not_written(part, code):
    async with bound_link() as (_, visit, link, _intake):
        with pytest.raises(SubmitRefused) as caught:
            await link.submit(part)
        assert (caught.value.code, caught.value.permanent) == (code, True)
        await visit.expect_silence(0.05)


@pytest.mark.parametrize(
    ("identifier", "spellings"),
    [(b"39f99dd5\0", ("39f99dd5",)), (b"00B8BE19", ("00B8BE19", "B8BE19")), (b"", ("",))],
)
async def test_the_operators_id_comes_back_verbatim_first(identifier, spellings):
    async with bound_link() as (_, visit, link, _intake):
        sending = asyncio.create_task(link.submit(outbound()))
        found = await visit.expect(SUBMIT)
        visit.send(raw(SUBMIT_RESP, found.sequence, identifier))
        assert await sending == spellings


@pytest.mark.parametrize(
    ("status", "permanent", "throttled"),
    [
        (0x0B, True, False),
        (0x0A, True, False),
        (0x45, True, False),
        (0x0C9, True, False),
        (0x401, True, False),
        (0x08, False, False),
        (0x64, False, False),
        (0x58, False, True),
        (0x14, False, True),
    ],
)
async def test_a_refusal_says_whether_to_try_again(status, permanent, throttled):
    async with bound_link() as (_, visit, link, _intake):
        with pytest.raises(SubmitRefused) as caught:
            await submitted(visit, link, outbound(), status=status)
        error = caught.value
        assert (error.code, error.permanent, error.throttled) == (status, permanent, throttled)


async def test_a_nack_is_a_refusal_too():
    async with bound_link() as (_, visit, link, _intake):
        sending = asyncio.create_task(link.submit(outbound()))
        found = await visit.expect(SUBMIT)
        visit.send(raw(NACK, found.sequence, status=0x03))
        with pytest.raises(SubmitRefused, match="Invalid Command ID"):
            await sending


async def test_a_throttled_link_pauses_then_goes_slower():
    async with bound_link(window=100) as (_, visit, link, _intake):
        assert link.ready() == 100
        with pytest.raises(SubmitRefused):
            await submitted(visit, link, outbound(), status=0x58)
        assert link.ready() == 0
        await asyncio.wait_for(link.wait_ready(), 5)
        assert 1 <= link.ready() < 100


async def test_a_line_cut_after_the_write_leaves_an_unknown():
    async with bound_link() as (_, visit, link, _intake):
        sending = asyncio.create_task(link.submit(outbound()))
        await visit.expect(SUBMIT)
        visit.cut()
        with pytest.raises(SubmitUnknown):
            await sending
        if not link.ready():
            with pytest.raises(NotBound):
                await link.submit(outbound())


async def test_no_answer_in_time_is_unknown_and_a_late_one_makes_it_known():
    async with bound_link(response_timeout_s=0.1) as (_, visit, link, intake):
        part = outbound()
        sending = asyncio.create_task(link.submit(part))
        found = await visit.expect(SUBMIT)
        with pytest.raises(SubmitUnknown, match="no answer"):
            await sending
        assert link.ready() == 10
        visit.send(raw(SUBMIT_RESP, found.sequence, b"abc\0"))
        await intake.until(lambda: intake.late_answers)
        assert intake.late_answers == [(part.attempt_id, ("abc",))]


async def test_a_late_answer_is_told_with_every_spelling_and_a_late_refusal_as_one():
    async with bound_link(response_timeout_s=0.1) as (_, visit, link, intake):
        for status, body in ((0, b"000123\0"), (codes.INVALID_DESTINATION, b"")):
            sending = asyncio.create_task(link.submit(outbound()))
            found = await visit.expect(SUBMIT)
            with pytest.raises(SubmitUnknown):
                await sending
            visit.send(raw(SUBMIT_RESP, found.sequence, body, status=status))
        await intake.until(lambda: len(intake.late_answers) == 2)
        (_, ids), (_, refusal) = intake.late_answers
        assert ids == ("000123", "123")
        assert isinstance(refusal, SubmitRefused)
        assert refusal.permanent


async def test_an_answer_to_a_submit_that_nobody_waits_for_any_more_is_told_as_late():
    async with bound_link() as (_, visit, link, intake):
        part = outbound()
        sending = asyncio.create_task(link.submit(part))
        found = await visit.expect(SUBMIT)
        sending.cancel()
        visit.send(raw(SUBMIT_RESP, found.sequence, b"abc\0"))
        await intake.until(lambda: intake.late_answers)
        assert intake.late_answers == [(part.attempt_id, ("abc",))]


async def test_nothing_is_written_while_unbound():
    async with operator() as peer:
        intake = FakeIntake()
        link = QuickLink(config(peer.port), intake)
        with pytest.raises(NotBound):
            await link.submit(outbound())
        async with running(link):
            visit = await peer.visit(bound=False)
            with pytest.raises(NotBound):
                await link.submit(outbound())
            assert link.ready() == 0
            await visit.accept_bind()
            await asyncio.wait_for(link.wait_ready(), 5)
            assert link.ready() == 10


async def test_the_window_is_never_exceeded():
    async with bound_link(window=3) as (_, visit, link, _intake):
        tasks = [asyncio.create_task(link.submit(outbound(str(n)))) for n in range(5)]
        found = [await visit.expect(SUBMIT) for _ in range(3)]
        await visit.expect_silence()
        assert link.ready() == 0
        waiting = asyncio.create_task(link.wait_ready())
        for one in reversed(found):  # answered in the other order
            visit.send(raw(SUBMIT_RESP, one.sequence, b"%d\0" % one.sequence))
        found += [await visit.expect(SUBMIT) for _ in range(2)]
        await asyncio.wait_for(waiting, 5)
        for one in found[3:]:
            visit.send(raw(SUBMIT_RESP, one.sequence, b"%d\0" % one.sequence))
        answers = await asyncio.gather(*tasks)
        assert answers == [(str(one.sequence),) for one in found]
        assert link.ready() == 3


async def test_a_part_without_room_is_given_back_unwritten_after_a_moment():
    async with bound_link(window=1) as (_, visit, link, _intake):
        first = asyncio.create_task(link.submit(outbound()))
        found = await visit.expect(SUBMIT)
        with pytest.raises(NotBound, match="no room"):
            await link.submit(outbound())
        await visit.expect_silence(0.05)
        visit.send(raw(SUBMIT_RESP, found.sequence, b"a\0"))
        await first


async def test_the_rate_is_kept():
    async with bound_link(window=100, rate_per_s=20) as (_, visit, link, _intake):
        start = asyncio.get_running_loop().time()
        tasks = [asyncio.create_task(link.submit(outbound(str(n)))) for n in range(9)]
        for _ in range(9):
            found = await visit.expect(SUBMIT)
            visit.send(raw(SUBMIT_RESP, found.sequence, b"x\0"))
        await asyncio.gather(*tasks)
        assert asyncio.get_running_loop().time() - start >= 0.2  # 9 parts, at most 4 of them at once


def test_the_pace_halves_once_a_pause_and_grows_back_slowly():
    now = [100.0]
    pace = Pace(100, lambda: now[0])
    now[0] += 10
    assert pace.available() == 20  # a fifth of a second caught up, no more
    for _ in range(20):
        pace.take()
    assert pace.available() == 0
    assert 0 < pace.delay() <= 0.01
    pace.throttled()
    pace.throttled()
    assert pace.rate == 50
    assert pace.available() == 0
    assert pace.delay() == pytest.approx(1)
    now[0] += 1
    assert pace.available() > 0
    now[0] += 4
    pace.available()
    assert 60 < pace.rate < 80
    now[0] += 60
    pace.available()
    assert pace.rate == 100


def test_a_pace_without_limit_gets_one_from_what_was_sent_and_loses_it_again():
    now = [100.0]
    pace = Pace(0, lambda: now[0])
    for _ in range(40):
        pace.take()
    assert pace.available() > 1000
    pace.throttled()
    assert pace.rate == 20
    now[0] += 120
    pace.available()
    assert pace.rate == float("inf")


async def test_draining_waits_for_answers_refuses_new_work_and_unbinds():
    async with bound_link() as (_, visit, link, intake):
        intake.gate.clear()
        visit.send(deliver(1))
        sending = asyncio.create_task(link.submit(outbound()))
        submit = await visit.expect(SUBMIT)
        draining = asyncio.create_task(link.drain())
        await asyncio.sleep(0.05)
        assert link.ready() == 0
        with pytest.raises(NotBound):
            await link.submit(outbound())
        visit.send(deliver(2, b"plus tard"))
        assert (await visit.expect(DELIVER_RESP, status=codes.TEMPORARY)).sequence == 2
        visit.send(raw(SUBMIT_RESP, submit.sequence, b"abc\0"))
        assert await sending == ("abc",)
        intake.gate.set()
        assert (await visit.expect(DELIVER_RESP, status=0)).sequence == 1
        unbind = await visit.expect(UNBIND)
        visit.send(raw(UNBIND_RESP, unbind.sequence))
        await asyncio.wait_for(draining, 5)
        await visit.expect_end()
        await intake.until(lambda: intake.states[-1][0] == "unbound")
        assert ("draining", {}) in intake.states


async def test_draining_ends_the_run_even_while_nobody_answers():
    async with operator() as peer:
        intake = FakeIntake()
        link = QuickLink(config(peer.port), intake)
        run = asyncio.create_task(link.run())
        await peer.visit(bound=False)
        await link.drain()
        await asyncio.wait_for(run, 5)


def test_a_provider_that_asks_for_more_time_amid_a_pause_gets_it_and_no_other_refusal_takes_it_away():
    now = [0.0]
    pace = Pace(100, lambda: now[0])
    pace.throttled()
    assert pace.delay() == 1.0
    now[0] = 0.5
    pace.throttled(30)
    assert pace.delay() == 30.0
    pace.throttled()
    pace.throttled(5)
    assert pace.delay() == 30.0 and pace.rate == 50, "one pause, and slowed once"
