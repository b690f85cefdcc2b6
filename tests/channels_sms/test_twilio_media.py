"""Pictures that leave by Twilio: named by an address, fetched by Twilio, and in words when they cannot be."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest
from aiohttp import web
from peer import outbound
from test_twilio import AWA
from twilio_world import SENDER, WHATSAPP_SENDER, config, linked, posted, status_fields

from channels_sms.twilio import errors
from channels_sms.twilio.link import TwilioLink
from conversations.media_links import opened

GIF = b"GIF89a" + bytes(30)


@contextlib.asynccontextmanager
async def shelf(content_type="image/gif", octets=GIF, status=200):
    """(address of a link's webhooks, tokens that were asked for): where we keep what leaves."""
    asked = []

    async def give(request):
        if request.method == "POST":
            return web.Response()
        asked.append(request.match_info["token"])
        return web.Response(body=octets, content_type=content_type, status=status)

    app = web.Application()
    app.add_routes([web.get("/webhooks/7/media/{token}", give), web.post("/webhooks/7/receipts", give)])
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks/7", asked
    finally:
        await runner.cleanup()


def picture(text="Voici", *, source=SENDER, media=1):
    return replace(outbound(text, source=source, destination=AWA), media=media)


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_picture_is_fetched_where_its_signed_address_says(tmp_path):
    async with shelf() as (webhooks, asked), linked(tmp_path, webhooks=webhooks) as (emulator, link, _intake):
        part = picture(media=2)
        await link.submit(part)
        [message] = emulator.messages
        await until(lambda: len(message["media"]) == 2)
        assert [opened(token) for token in asked] == [(part.message_id, 1), (part.message_id, 2)]
        assert [one["content_type"] for one in message["media"]] == ["image/gif"] * 2
        assert (message["body"], message["num_media"]) == ("Voici", "2")


@pytest.mark.parametrize("source", [SENDER, WHATSAPP_SENDER])
async def test_a_picture_without_words_leaves_alone(tmp_path, source):
    async with shelf() as (webhooks, _), linked(tmp_path, webhooks=webhooks) as (emulator, link, _intake):
        await link.submit(picture("📎", source=source))
        [message] = emulator.messages
        assert message["body"] == ""
        await until(lambda: message["media"])


@pytest.mark.parametrize(
    ("shelved", "code"),
    [
        ({"status": 404}, 11200),
        ({"content_type": "application/pdf"}, 12300),
        ({"octets": bytes(5_000_001)}, 11751),
    ],
)
async def test_what_cannot_be_fetched_or_carried_fails_with_its_reason(tmp_path, shelved, code):
    async with shelf(**shelved) as (webhooks, _), linked(tmp_path, webhooks=webhooks) as (emulator, link, _intake):
        [sid] = await link.submit(picture())
        await until(lambda: emulator.messages[0]["status"] == "failed")
        said = posted(status_fields(sid, "failed", ErrorCode=str(code)), kind="receipts")
        [receipt] = TwilioLink.hear(said, config()).items
        assert (receipt.state, receipt.error) == ("failed", str(code))
        assert receipt.text == f"failed: {errors.WORDS[code]}"


def test_a_line_of_whatsapp_carries_one_and_a_line_of_sms_ten():
    mms, whatsapp = (TwilioLink.for_sender(address) for address in (SENDER, WHATSAPP_SENDER))
    assert (mms.most_media, whatsapp.most_media) == (10, 1)
    assert "image/webp" in whatsapp.media
    assert "image/webp" not in mms.media
