"""The same octets again in one session are the same request; the same number for other octets is another."""

import asyncio

from peer import DELIVER_RESP, bound_link, deliver

from channels_sms.smpp import codes
from conversations.adapters import IntakeUnavailable


async def test_the_same_request_twice_gets_the_same_answer_and_is_stored_once():
    async with bound_link() as (_, visit, _link, intake):
        visit.send(deliver(5))
        first = await visit.expect(DELIVER_RESP, status=0)
        visit.send(deliver(5))
        assert await visit.expect(DELIVER_RESP, status=0) == first
        assert len(intake.texts) == 1


async def test_a_request_refused_for_now_may_be_taken_when_it_comes_again():
    async with bound_link() as (_, visit, _link, intake):
        intake.fails = IntakeUnavailable("away")
        visit.send(deliver(5))
        await visit.expect(DELIVER_RESP, status=codes.TEMPORARY)
        intake.fails = None
        visit.send(deliver(5))
        await visit.expect(DELIVER_RESP, status=0)
        assert len(intake.texts) == 1


async def test_copies_that_come_before_the_answer_get_it_too_and_are_stored_once():
    async with bound_link() as (_, visit, _link, intake):
        intake.gate.clear()
        visit.send(deliver(5), deliver(5), deliver(5))
        await visit.expect_silence()
        intake.gate.set()
        assert [await visit.expect(DELIVER_RESP, status=0) for _ in range(3)] == [(DELIVER_RESP, 0, 5, b"\0")] * 3
        await visit.expect_silence()
        assert len(intake.texts) == 1


async def test_two_texts_under_one_number_at_once_are_not_taken_for_each_other():
    """The second is not acknowledged by the first's answer, and no copy of it is stored beside it."""
    async with bound_link() as (_, visit, _link, intake):
        gates = {"un": asyncio.Event(), "deux": asyncio.Event()}
        plain = intake.text

        async def text(item):
            await gates[item.body].wait()
            return await plain(item)

        intake.text = text
        visit.send(deliver(5, b"un"), deliver(5, b"deux"))
        await visit.expect_silence(0.05)
        gates["un"].set()
        await visit.expect(DELIVER_RESP, status=0)
        visit.send(deliver(5, b"deux"))
        await visit.expect_silence(0.05)  # not before the second is stored
        gates["deux"].set()
        for _ in range(2):
            await visit.expect(DELIVER_RESP, status=0)
        visit.send(deliver(5, b"deux"))
        await visit.expect(DELIVER_RESP, status=0)
        assert [text.body for text in intake.texts] == ["un", "deux"]


async def test_an_operator_that_uses_one_sequence_number_for_all_loses_no_text():
    async with bound_link() as (_, visit, _link, intake):
        for text in (b"un", b"deux", b"trois"):
            visit.send(deliver(1, text))
            await visit.expect(DELIVER_RESP, status=0)
        assert [text.body for text in intake.texts] == ["un", "deux", "trois"]
