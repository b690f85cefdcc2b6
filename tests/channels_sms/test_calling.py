"""A link that is called over HTTP for each text: whose it is, how it is, and how it ends."""

from __future__ import annotations

import asyncio

import pytest
import twilio_world
from aggregator import QuickHttp, aggregator, config, linked
from aiohttp import web
from peer import FakeIntake, outbound, running

from conversations.adapters import NotBound, SubmitUnknown

AWA = "+2290197204518"


def mt(text="Bonjour", **given):
    return outbound(text, destination=AWA, **given)


async def sends(link, seconds):
    """What a gateway does whose queue is never empty; how often it was told that surely nothing was written."""
    refused = 0
    with_end = asyncio.get_running_loop().time() + seconds
    while (left := with_end - asyncio.get_running_loop().time()) > 0:
        try:
            await asyncio.wait_for(link.wait_ready(), left)
            await link.submit(mt())
        except NotBound:
            refused += 1
        except SubmitUnknown:
            pass  # a connection that was open when the provider went
        except TimeoutError:
            break
    return refused


async def test_a_link_that_is_another_owners_by_now_writes_nothing():
    async with linked(window=1) as (peer, link, intake):
        answered = asyncio.Event()
        peer.answers.append(slow(answered))
        first = asyncio.create_task(link.submit(mt("en vol")))
        await intake.until(lambda: peer.tries == 1)
        waiting = asyncio.create_task(link.submit(mt("attend")))
        await asyncio.sleep(0.05)
        intake.ours = False
        answered.set()
        assert await first == ("late",)
        with pytest.raises(NotBound):
            await waiting
        assert peer.tries == 1


async def test_a_twilio_link_that_is_another_owners_by_now_writes_nothing(tmp_path):
    async with twilio_world.linked(tmp_path) as (emulator, link, intake):
        intake.ours = False
        with pytest.raises(NotBound):
            await link.submit(mt(source=twilio_world.SENDER))
        assert not emulator.messages


@pytest.mark.parametrize("refusal", ["gone", 401])
async def test_while_nobody_is_there_few_tries_are_made_and_the_state_says_so(refusal):
    async with aggregator() as (peer, url, runner):
        intake = FakeIntake()
        link = QuickHttp(config(url), intake)
        async with running(link):
            await intake.until(lambda: intake.states[-1:] and intake.states[-1][0] == "bound")
            await link.submit(mt())
            told = len(intake.states)
            if refusal == "gone":
                await runner.cleanup()
            else:
                peer.answers.extend([(refusal, {})] * 500)
            refused = await sends(link, 0.2)
            # At once, and after 0.05 s and 0.15 s: each pause is twice the last.
            assert 1 <= refused <= 3
            assert [state for state, _ in intake.states[told:]].count("bound") == 0, "fail-over sees one long absence"
            if refusal == "gone":
                return
            peer.answers.clear()
            async with asyncio.timeout(10):
                await link.wait_ready()
                assert link.ready() == 1, "one text tries for all"
                assert await link.submit(mt())
            assert intake.states[-1][0] == "bound"
            assert link.ready() > 1


async def test_calls_that_fail_together_are_one_failure():
    async with linked() as (peer, link, intake):
        peer.answers.extend([(401, {})] * 8)
        told = await asyncio.gather(*(link.submit(mt()) for _ in range(8)), return_exceptions=True)
        assert all(isinstance(one, NotBound) for one in told)
        assert [state for state, _ in intake.states].count("failed") == 1
        async with asyncio.timeout(5):  # the first pause, not the eighth
            await link.wait_ready()


async def test_a_link_that_nobody_wants_to_use_is_called_well_again_after_a_while():
    """Else a line whose texts have all left by another link would never come back to this one."""

    class Quick(QuickHttp):
        trial_s = 0.05

    async with aggregator() as (peer, url, _runner):
        intake = FakeIntake()
        link = Quick(config(url), intake)
        async with running(link):
            await intake.until(lambda: intake.states[-1:] and intake.states[-1][0] == "bound")
            peer.answers.append((401, {}))
            with pytest.raises(NotBound):
                await link.submit(mt())
            assert intake.states[-1][0] == "failed"
            await intake.until(lambda: intake.states[-1][0] == "bound")


async def test_a_twilio_that_answers_looks_and_no_texts_is_not_asked_ever_again(tmp_path):
    async with twilio_world.linked(tmp_path) as (emulator, link, _intake):
        emulator.behaviour.answers.extend([{"status": 401, "code": 20003}] * 500)
        refused = await sends(link, 0.2)
        assert 1 <= refused <= 3
        emulator.behaviour.answers.clear()
        async with asyncio.timeout(10):
            await link.wait_ready()
            await link.submit(mt(source=twilio_world.SENDER))


def slow(answered):
    async def answer(request):
        await request.read()
        await answered.wait()
        return web.json_response({"status": "ok", "messages": [{"id": "late"}]})

    return answer


@pytest.mark.parametrize("end", ["drained", "cancelled"])
async def test_a_link_that_ends_keeps_the_answers_of_calls_under_way(end):
    async with aggregator() as (peer, url, _runner):
        intake = FakeIntake()
        link = QuickHttp(config(url), intake)
        running_link = asyncio.create_task(link.run())
        await intake.until(lambda: intake.states[-1:] and intake.states[-1][0] == "bound")
        answered = asyncio.Event()
        peer.answers.append(slow(answered))
        under_way = asyncio.create_task(link.submit(mt()))
        await intake.until(lambda: peer.tries == 1)
        leaving = asyncio.create_task(link.drain()) if end == "drained" else None
        if leaving is None:
            running_link.cancel()
        await asyncio.sleep(0.2)
        assert not running_link.done()
        with pytest.raises(NotBound):
            await link.submit(mt("plus rien"))
        answered.set()
        assert await under_way == ("late",)
        if leaving is not None:
            await leaving
        async with asyncio.timeout(5):
            await asyncio.gather(running_link, return_exceptions=True)
        assert link._client is None
