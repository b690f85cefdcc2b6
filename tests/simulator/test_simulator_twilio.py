"""The simulator's Twilio: REST answers of the documented shapes, signed webhooks, phones that text its numbers."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from simulator.accounts import demo_accounts
from simulator.exchange import Exchange, Refused
from simulator.pages import application
from simulator.twilio import ACCOUNT, SENDERS

TOKEN = "a token"
AWA = "2290197204518"


class Service:
    """Whoever is called: answers as it is told, and remembers."""

    def __init__(self):
        self.calls, self.status = [], 200

    async def hear(self, request):
        self.calls.append((dict(await request.post()), dict(request.headers)))
        return web.Response(status=self.status)


@asynccontextmanager
async def served(app):
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def world(tmp_path):
    exchange, service = Exchange(demo_accounts("x"), tmp_path / "l.jsonl", random.Random(1), TOKEN), Service()
    app = web.Application()
    app.router.add_post("/{kind}", service.hear)
    async with served(application(exchange)) as url, served(app) as ours:
        exchange.twilio.behaviour.change({"texts_url": f"{ours}/texts", "status_delay_s": 0.001})
        async with aiohttp.ClientSession() as http:
            yield exchange, service, url, ours, http
        await exchange.stop()


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def create(http, url, token=TOKEN, **fields):
    given = {"To": f"+{AWA}", "From": SENDERS[0], "Body": "Bonjour", **fields}
    auth = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, token)}
    return http.post(f"{url}/twilio/2010-04-01/Accounts/{ACCOUNT}/Messages.json", data=given, headers=auth)


async def test_a_message_is_created_shown_and_followed_by_signed_statuses(tmp_path):
    async with world(tmp_path) as (exchange, service, url, ours, http):
        async with create(http, url, StatusCallback=f"{ours}/receipts") as answer:
            made = await answer.json()
            assert answer.status == 201
        assert (made["status"], made["direction"], made["num_segments"]) == ("queued", "outbound-api", "1")
        await until(lambda: len(service.calls) == 3)
        assert [fields["MessageStatus"] for fields, _ in service.calls] == ["queued", "sent", "delivered"]
        for fields, headers in service.calls:
            assert RequestValidator(TOKEN).validate(f"{ours}/receipts", fields, headers["X-Twilio-Signature"])
        assert [bubble["text"] for bubble in exchange.phones.thread(AWA, SENDERS[0])] == ["Bonjour"]


@pytest.mark.parametrize(
    ("fields", "token", "status", "code"),
    [
        ({}, "wrong", 401, 20003),
        ({"To": "12"}, TOKEN, 400, 21211),
        ({"From": "+15005550001"}, TOKEN, 400, 21606),
        ({"From": ""}, TOKEN, 400, 21603),
        ({"Body": "x" * 1601}, TOKEN, 400, 21617),
    ],
)
async def test_an_error_has_twilios_shape(tmp_path, fields, token, status, code):
    async with world(tmp_path) as (_exchange, _service, url, _ours, http):
        async with create(http, url, token, **fields) as answer:
            said = await answer.json()
        assert (answer.status, said["code"], said["status"]) == (status, code, status)
        assert said["message"] and said["more_info"].endswith(str(code))


async def test_a_phones_text_is_handed_over_when_it_is_answered_and_kept_until_then(tmp_path):
    async with world(tmp_path) as (exchange, service, _url, ours, _http):
        service.status = 503
        exchange.text(number=AWA, code=SENDERS[0], text="Où est mon colis ?")
        state = lambda: [bubble["state"] for bubble in exchange.phones.thread(AWA, SENDERS[0])]  # noqa: E731
        await until(lambda: service.calls)
        assert state() == ["kept"]
        service.status = 200
        await until(lambda: state() == ["handed"])
        fields, headers = service.calls[-1]
        assert (fields["From"], fields["To"], fields["Body"]) == (f"+{AWA}", SENDERS[0], "Où est mon colis ?")
        assert RequestValidator(TOKEN).validate(f"{ours}/texts", fields, headers["X-Twilio-Signature"])
        assert fields["MessageSid"] == service.calls[0][0]["MessageSid"], "tried again, it is the same text"
        with pytest.raises(Refused):
            exchange.text(number=AWA, code=SENDERS[0], text="")
