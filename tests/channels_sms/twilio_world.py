"""The simulator's Twilio on a port of its own, and a link of ours to it."""

from __future__ import annotations

import contextlib
import random
from uuid import uuid4

from aiohttp import web
from peer import FakeIntake, running

from channels_sms.twilio.link import TwilioLink
from conversations.adapters import LinkConfig, WebhookRequest
from simulator.accounts import demo_accounts
from simulator.exchange import Exchange
from simulator.twilio import ACCOUNT, SENDERS, signature

TOKEN = "an auth token of tests"
SENDER, WHATSAPP_SENDER = SENDERS
BASE = "https://palabre.example.org/webhooks/7"


class QuickTwilio(TwilioLink):
    first_pause_s = 0.05


def config(api_url="", *, secret=TOKEN, webhooks=BASE, lines=(SENDER,), **settings):
    given = {"account_sid": ACCOUNT, **({"api_url": api_url} if api_url else {}), **settings}
    return LinkConfig(uuid4(), uuid4(), "Twilio", given, secret, lines, webhooks)


@contextlib.asynccontextmanager
async def twilio(tmp_path, **behaviour):
    """(emulator, its url)."""
    exchange = Exchange(demo_accounts("palabre"), tmp_path / "ledger.jsonl", random.Random(7), TOKEN)
    exchange.twilio.behaviour.change({"status_delay_s": 0.001, **behaviour})
    app = web.Application()
    app.add_routes(exchange.twilio.routes())
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield exchange.twilio, f"http://127.0.0.1:{runner.addresses[0][1]}/twilio"
    finally:
        await exchange.stop()
        await runner.cleanup()


@contextlib.asynccontextmanager
async def linked(tmp_path, *, webhooks=BASE, behaviour=None, **settings):
    """(emulator, link, intake), ready to send."""
    async with twilio(tmp_path, **(behaviour or {})) as (emulator, url):
        intake = FakeIntake()
        link = QuickTwilio(config(url, webhooks=webhooks, **settings), intake)
        async with running(link):
            await intake.until(lambda: any(state == "bound" for state, _ in intake.states))
            yield emulator, link, intake


def posted(fields, *, kind="texts", token=TOKEN, url="", headers=None, body=None, signed=True):
    """A webhook as Twilio posts it."""
    from urllib.parse import urlencode

    url = url or f"{BASE}/{kind}"
    given = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
    if signed:
        given["x-twilio-signature"] = signature(token, url, fields)
    return WebhookRequest(
        kind, "POST", url, given | (headers or {}), urlencode(fields).encode() if body is None else body
    )


def text_fields(**changed):
    return {
        "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "Body": "Où est mon colis ?", "From": "+2290197204518",
        "MessageSid": "SM" + uuid4().hex, "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received", "To": SENDER,
    } | changed  # fmt: skip


def status_fields(sid="SM" + "1" * 32, status="delivered", **changed):
    return {
        "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "From": SENDER, "MessageSid": sid, "MessageStatus": status,
        "SmsSid": sid, "SmsStatus": status, "To": "+2290197204518",
    } | changed  # fmt: skip
