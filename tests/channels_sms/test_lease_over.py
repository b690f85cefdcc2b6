"""A link whose lease is over says not one word more, whatever was about to be written."""

import asyncio

import pytest
from peer import SUBMIT, SUBMIT_RESP, bound_link, deliver, outbound, raw

from conversations.adapters import NotBound


async def test_what_waited_for_room_while_the_process_was_stopped_is_never_written():
    """The window is full; the process is stopped; it goes on when another owner is at work: answers make room."""
    async with bound_link(window=1) as (_, visit, link, intake):
        first = asyncio.create_task(link.submit(outbound("en vol")))
        found = await visit.expect(SUBMIT)
        waiting = asyncio.create_task(link.submit(outbound("attend")))
        await asyncio.sleep(0.05)
        intake.ours = False
        visit.send(raw(SUBMIT_RESP, found.sequence, b"abc\0"))
        assert await first == ("abc",)
        with pytest.raises(NotBound):  # surely not written: it goes back to the queue
            await waiting
        await visit.expect_end()


async def test_a_text_that_comes_then_gets_no_answer_and_the_connection_is_cut():
    async with bound_link() as (_, visit, link, intake):
        intake.ours = False
        visit.send(deliver(9, b"bonjour"))
        await visit.expect_end()
        with pytest.raises(NotBound):
            await link.submit(outbound("plus jamais"))
