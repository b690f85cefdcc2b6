"""What an answer of Twilio means for the text: taken, refused, or not known and so never sent again by itself."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from peer import FakeIntake, outbound, running
from twilio_world import SENDER, QuickTwilio, config, linked

from channels_sms.calling import Unwell
from channels_sms.twilio import errors
from conversations.adapters import NotBound, SubmitRefused, SubmitUnknown


def mt(text="Bonjour"):
    return outbound(text, source=SENDER, destination="+2290197204518")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, 20500), (400, 20500), (500, None), (502, None), (503, None), (503, 30001), (503, 20429), (500, 20503),
        (500, 20003), (504, None), (307, None), (409, None), (408, None),
    ],
)  # fmt: skip
def test_what_may_have_been_taken_is_unknown(status, code):
    assert isinstance(errors.fault(status, code, ""), SubmitUnknown)


def test_only_a_twilio_that_says_so_in_its_own_code_is_tried_again_after_503():
    fault = errors.fault(503, 20503, "")
    assert isinstance(fault, SubmitRefused) and not fault.permanent and not fault.throttled


@pytest.mark.parametrize(("status", "code"), [(403, 21408), (404, 21211), (404, 21606), (403, 63016), (400, 21610)])
def test_a_text_that_cannot_be_is_no_fault_of_the_account(status, code):
    fault = errors.fault(status, code, "")
    assert isinstance(fault, SubmitRefused) and fault.permanent


@pytest.mark.parametrize(
    ("status", "code"), [(401, 20003), (403, 20005), (404, 20404), (403, None), (404, None), (405, 20004), (401, 401)]
)
def test_an_account_that_cannot_be_used_is_no_fault_of_the_text(status, code):
    fault = errors.fault(status, code, "")
    assert isinstance(fault, Unwell) and fault.state == "failed"


@pytest.mark.parametrize("answer", [{"status": 500, "code": 20500}, {"status": 409, "code": 20409}, {"status": 503}])
async def test_the_link_sends_nothing_again_that_may_have_been_taken(tmp_path, answer):
    async with linked(tmp_path, behaviour={"answers": [answer]}) as (_emulator, link, _intake):
        with pytest.raises(SubmitUnknown):
            await link.submit(mt())
        assert link.ready()


class Strange:
    """A Twilio whose answers are none of Twilio's, when it is asked for these."""

    def __init__(self):
        self.account = self.message = None

    async def answer(self, request):
        strange = self.account if request.method == "GET" else self.message
        if strange is not None:
            status, octets = strange
            return web.Response(status=status, body=octets, content_type="text/html")
        return web.json_response({"sid": "SM1", "status": "active"}, status=200 if request.method == "GET" else 201)


@pytest.fixture
async def strange():
    """(the strange Twilio, a link to it, its intake, its run)."""
    peer = Strange()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", peer.answer)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    intake = FakeIntake()
    link = QuickTwilio(config(f"http://127.0.0.1:{runner.addresses[0][1]}"), intake)
    yield peer, link, intake
    await runner.cleanup()


@pytest.mark.parametrize(
    "answer",
    [
        (201, b"{}"), (201, b'{"sid": null}'), (201, b'{"sid": ""}'), (201, b"<html>thanks</html>"), (200, b""),
        (201, b"[]"), (201, b"7"), (502, b"<html>bad gateway</html>"), (302, b""),
        (503, b'{"type": "x", "title": "y", "status": "503", "code": "z"}'),
    ],
)  # fmt: skip
async def test_an_answer_that_names_no_text_leaves_it_unknown(strange, answer):
    peer, link, intake = strange
    async with running(link):
        await intake.until(lambda: intake.states[-1:] and intake.states[-1][0] == "bound")
        peer.message = answer
        with pytest.raises(SubmitUnknown):
            await link.submit(mt())
        peer.message = None
        assert await link.submit(mt()) == ("SM1",)


@pytest.mark.parametrize("answer", [(200, b"<html>"), (200, b""), (200, b"[]"), (200, b"null"), (502, b"<html>")])
async def test_a_look_that_is_answered_with_anything_else_does_not_end_the_link(strange, answer):
    peer, link, intake = strange
    peer.account = answer
    run = asyncio.create_task(link.run())
    try:
        await intake.until(lambda: any(facts.get("error") for _, facts in intake.states))
        assert not link.ready()
        with pytest.raises(NotBound):
            await link.submit(mt())
        peer.account = None
        await intake.until(lambda: intake.states[-1][0] == "bound")
        assert not run.done()
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
