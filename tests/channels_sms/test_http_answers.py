"""What an aggregator's answer means for the text: taken, refused, or not known and so never sent again by itself."""

from __future__ import annotations

import asyncio

import pytest
from aggregator import linked
from aiohttp import web
from peer import outbound

from channels_sms.http import link as http_link
from conversations.adapters import NotBound, SubmitRefused, SubmitUnknown

GOOD, NOW, SLOWER = "for good", "for now", "slower"
NO_OK = {"answer_ok": None}
LISTED = {"passing_errors": "8, 503, 402, busy"}


def mt(text="Bonjour"):
    return outbound(text, destination="+2290197204518")


def coded(code, **more):
    return {"error": {"code": code}, **more}


@pytest.mark.parametrize(
    ("answer", "settings"),
    [
        ((200, {"state": "fine"}), {}),
        ((200, b"<html>thank you</html>"), {}),
        ((202, b""), {}),
        ((200, [1]), {}),
        ((200, {"status": "ok"}), {}),  # taken, and nobody knows under which id
        ((200, coded("7")), NO_OK),
        *(((status, {}), {}) for status in (301, 307, 408, 409, 500, 502, 503, 504)),
        ((503, coded("7")), {}),
        ((503, b"<html>later</html>"), {}),
        ("drop", {}),
    ],
)
async def test_an_answer_that_does_not_say_no_leaves_the_text_unknown(answer, settings):
    async with linked(**settings) as (peer, link, _intake):
        peer.answers.append(answer)
        with pytest.raises(SubmitUnknown):
            await link.submit(mt())
        assert peer.tries == 1
        assert link.ready(), "it is there, and answers"


@pytest.mark.parametrize(
    ("answer", "settings", "kind", "spelled"),
    [
        ((200, coded("12", status="1")), {}, GOOD, "12"),
        ((200, coded("99", status="1")), {}, SLOWER, "99"),
        ((200, coded("8", status="1")), LISTED, NOW, "8"),
        ((200, coded("8", status="1")), {}, GOOD, "8"),
        ((200, coded("7")), {}, GOOD, "7"),
        ((200, {"status": "full"}), {}, GOOD, "full"),
        ((200, {"status": "busy"}), LISTED, NOW, "busy"),
        ((200, coded("12")), NO_OK, GOOD, "12"),
        ((429, {}), {}, SLOWER, "http 429"),
        ((400, {}), {}, GOOD, "http 400"),
        ((422, coded("7")), {}, GOOD, "7"),
        ((402, {}), {}, GOOD, "http 402"),
        ((402, {}), LISTED, NOW, "http 402"),
        ((413, {}), {}, GOOD, "http 413"),
        ((503, {}), LISTED, NOW, "http 503"),
        ((503, coded("7")), LISTED, NOW, "7"),
        ((403, coded("12")), {}, GOOD, "12"),  # about this text: listed
        ((500, coded("12")), {}, GOOD, "12"),
    ],
)
async def test_what_said_no_is_refused_for_good_unless_it_is_listed_otherwise(answer, settings, kind, spelled):
    async with linked(**settings) as (peer, link, _intake):
        peer.answers.append(answer)
        with pytest.raises(SubmitRefused) as refused:
            await link.submit(mt())
        assert (refused.value.permanent, refused.value.throttled) == (kind == GOOD, kind == SLOWER)
        assert refused.value.spelled == spelled


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        ("7", 6.5, 7),
        ("Thu, 31 Dec 2099 23:59:59 GMT", 299, 300),
        ("9999999999", 299, 300),
        *((strange, 0.5, 1) for strange in ("", "soon", "-5", "1e3", "Thu, 01 Jan 1970 00:00:00 GMT", "٣")),
    ],
)
async def test_an_aggregator_that_asks_to_be_left_alone_is_left_alone_for_so_long(asked, least, most):
    async def full(request):
        return web.json_response({}, status=429, headers={"Retry-After": asked})

    async with linked() as (peer, link, _intake):
        peer.answers.append(full)
        with pytest.raises(SubmitRefused) as refused:
            await link.submit(mt())
        assert refused.value.throttled and not refused.value.permanent
        assert least <= link._pace.delay() <= most and link.ready() == 0


@pytest.mark.parametrize("status", [401, 403, 404, 405])
async def test_what_is_wrong_with_us_fails_the_link_and_no_text(status):
    async with linked() as (peer, link, intake):
        peer.answers.append((status, {}))
        with pytest.raises(NotBound):
            await link.submit(mt())
        assert intake.states[-1][0] == "failed"
        assert not link.ready()


async def test_where_every_good_status_is_a_yes_a_code_that_nobody_listed_is_none():
    async with linked(**NO_OK) as (peer, link, _intake):
        peer.answers.append((200, coded("0", messages=[{"id": "a7"}])))
        assert await link.submit(mt()) == ("a7",)


async def drips(request):
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b" ")
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("answer", "answer_id", "ours"),
    [
        ("drop", "", True), ((500, {}), "", True), ((200, {"state": "fine"}), "", True), (drips, "", True),
        ("drop", "messages.0.id", False), ((500, {}), "messages.0.id", False),
    ],
)  # fmt: skip
async def test_our_own_id_names_the_text_in_receipts_though_no_answer_came(answer, answer_id, ours, monkeypatch):
    """And an answer that comes drop by drop, each in good time, ends all the same."""
    monkeypatch.setattr(http_link, "_CONNECT_S", 1.0)
    async with linked(answer_id=answer_id, response_timeout_s=1) as (peer, link, _intake):
        peer.answers.append(answer)
        part = mt()
        async with asyncio.timeout(20):
            with pytest.raises(SubmitUnknown) as unknown:
                await link.submit(part)
        assert unknown.value.provider_ids == ((str(part.message_id),) if ours else ())
