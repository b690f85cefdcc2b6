"""An aggregator of nowhere in particular: takes texts as the test's link says, and calls back as the test says."""

from __future__ import annotations

import contextlib
import itertools
import json
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from aiohttp import web
from peer import FakeIntake, running

from channels_sms.http.link import HttpLink
from conversations.adapters import LinkConfig, WebhookRequest

KEY_OUT, KEY_IN = "what-we-say", "what-it-says"
BASE = "https://palabre.example.org/webhooks/9"
FORM = {
    "method": "POST",
    "body": "form",
    "template": "to={to_digits}&from={from}&text={text}&dlr={receipts_url}",
    "auth": "bearer",
    "answer_id": "messages.0.id",
    "answer_ok": "status = 0|ok",
    "answer_error": "error.code",
    "permanent_errors": "12, 13",
    "throttled_errors": "99",
    "calls": "form",
    "proof": "header",
    "proof_name": "X-Key",
    "text_fields": "key = id, sender = msisdn, recipient = to, text = message, parts = segments",
    "receipt_fields": "key = id, state = status, error = err",
    "receipt_states": "WEG = failed",
}


class QuickHttp(HttpLink):
    first_pause_s = 0.05


class Aggregator:
    def __init__(self):
        self.taken = []  # (method, query, headers, body)
        self.answers = []  # next answers: (status, JSON or bytes), "drop", or a coroutine function of the request
        self.tries = 0
        self._ids = itertools.count(1)

    async def take(self, request):
        self.tries += 1
        answer = self.answers.pop(0) if self.answers else None
        if answer is None or answer == "drop":
            octets = await request.read()
            self.taken.append((request.method, dict(request.query), dict(request.headers), octets))
        if answer == "drop":
            request.transport.abort()
        if callable(answer):
            return await answer(request)
        if isinstance(answer, tuple):
            if isinstance(answer[1], bytes):
                return web.Response(body=answer[1], status=answer[0])
            return web.json_response(answer[1], status=answer[0])
        return web.json_response({"status": "ok", "messages": [{"id": f"a{next(self._ids)}"}]})

    def fields(self):
        return [dict(parse_qsl(octets.decode(), keep_blank_values=True)) for *_, octets in self.taken]


def config(url="https://sms.example.org/send", *, secret=f"{KEY_OUT} {KEY_IN}", **settings):
    given = {name: value for name, value in {**FORM, "url": url, **settings}.items() if value is not None}
    return LinkConfig(uuid4(), uuid4(), "Agrégateur", given, secret, ("1919",), BASE)


@contextlib.asynccontextmanager
async def aggregator():
    """(aggregator, its url, the runner)."""
    peer = Aggregator()
    app = web.Application()
    app.router.add_route("*", "/send", peer.take)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield peer, f"http://127.0.0.1:{runner.addresses[0][1]}/send", runner
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def linked(**settings):
    async with aggregator() as (peer, url, _runner):
        intake = FakeIntake()
        link = QuickHttp(config(url + settings.pop("query", ""), **settings), intake)
        async with running(link):
            await intake.until(lambda: any(state == "bound" for state, _ in intake.states))
            yield peer, link, intake


def posted(fields, *, kind="texts", headers=None, key=KEY_IN, as_json=False, query="", method="POST", body=None):
    url = f"{BASE}/{kind}" + (f"?{query}" if query else "")
    octets = json.dumps(fields).encode() if as_json else urlencode(fields).encode()
    given = {"content-type": "application/json" if as_json else "application/x-www-form-urlencoded"}
    if key is not None:
        given["x-key"] = key
    return WebhookRequest(kind, method, url, given | (headers or {}), octets if body is None else body)
