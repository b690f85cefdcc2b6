"""The phone page: static files, a small JSON API and the live feed of one phone."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from simulator.accounts import PEOPLE
from simulator.control import Control, body, guard
from simulator.exchange import Exchange, Refused
from simulator.texts import BadNumber, subscriber_number

_PAGE = Path(__file__).parent / "page"
_FILES = {
    "": ("index.html", "text/html"),
    "phone.css": ("phone.css", "text/css"),
    "phone.js": ("phone.js", "text/javascript"),
    "words.js": ("words.js", "text/javascript"),
    "segments.js": ("segments.js", "text/javascript"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_LONGEST_TEXT = 1_530  # ten parts of 153: more than any handset lets one write
_FEED_BACKLOG = 1_000


class Pages:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._feeds: set[web.WebSocketResponse] = set()

    def routes(self) -> list[web.RouteDef]:
        return [
            *(web.get(f"/{name}", self._file) for name in _FILES),
            web.get("/phone/people", self.people),
            web.get("/phone/thread", self.thread),
            web.post("/phone/texts", self.send),
            web.get("/phone/live", self.live),
        ]

    async def _file(self, request: web.Request) -> web.Response:
        name, content_type = _FILES[request.path.removeprefix("/")]
        octets = (_PAGE / name).read_bytes()
        return web.Response(body=octets, content_type=content_type, charset="utf-8", headers=_HEADERS)

    async def people(self, request: web.Request) -> web.Response:
        """Who can be played, and the operators with their short codes."""
        exchange = self._exchange
        return web.json_response(
            {
                "people": [
                    {
                        "name": person.name,
                        "number": person.number,
                        "operator": exchange.home(person.number).name,
                    }
                    for person in PEOPLE
                ],
                "operators": [
                    {"id": o.id, "name": o.name, "bound": o.bound, "codes": [*o.account.codes, *self._senders()]}
                    for o in exchange.operators.values()
                ],
            }
        )

    def _senders(self) -> list[str]:
        """Numbers of Twilio that a phone can text: those whose texts are posted somewhere."""
        twilio = self._exchange.twilio
        return twilio.senders[:1] if twilio.behaviour.texts_url else []

    def _thread(self, number: str, code: str) -> dict[str, Any]:
        operator = self._exchange.home(number)
        known = [*operator.account.codes, *self._senders(), *self._exchange.phones.codes_of(number)]
        codes = list(dict.fromkeys(known))
        return {
            "type": "thread",
            "number": number,
            "code": code,
            "operator": {"id": operator.id, "name": operator.name, "bound": operator.bound},
            "codes": codes,
            "bubbles": self._exchange.phones.thread(number, code),
        }

    async def thread(self, request: web.Request) -> web.Response:
        return web.json_response(self._thread(_number(request.query.get("number", "")), request.query.get("code", "")))

    async def send(self, request: web.Request) -> web.Response:
        values = await body(request, ("from", "to", "text"))
        text = str(values["text"])
        if len(text) > _LONGEST_TEXT:
            raise Refused(f"a phone writes at most {_LONGEST_TEXT} characters")
        text_id, account = self._exchange.text(number=str(values["from"]), code=str(values["to"]), text=text)
        return web.json_response({"id": text_id, "account": account})

    async def live(self, request: web.Request) -> web.WebSocketResponse:
        """The page says {"number", "code"}; it gets that thread whole, then each change."""
        feed = web.WebSocketResponse(heartbeat=20, max_msg_size=4096)
        await feed.prepare(request)
        self._feeds.add(feed)
        news: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_FEED_BACKLOG)
        number = ""

        def hear(item: dict[str, Any]) -> None:
            try:
                news.put_nowait(item)
            except asyncio.QueueFull:  # a page that cannot keep up starts again from the thread
                asyncio.get_running_loop().create_task(feed.close(code=4408))

        async def tell() -> None:
            while True:
                await feed.send_str(orjson.dumps(await news.get()).decode())

        stop_hearing = self._exchange.phones.listen_to_operators(hear)
        teller = asyncio.get_running_loop().create_task(tell())
        try:
            async for message in feed:
                if message.type is not WSMsgType.TEXT:
                    continue
                try:
                    wish = orjson.loads(message.data)
                    wanted, code = _number(str(wish["number"])), str(wish["code"])
                except (ValueError, KeyError, TypeError, Refused):
                    hear({"type": "error", "message": "number"})
                    continue
                self._exchange.phones.forget(number, hear)
                number = wanted
                self._exchange.phones.listen(number, hear)
                hear(self._thread(number, code))
        finally:
            stop_hearing()
            self._exchange.phones.forget(number, hear)
            teller.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await teller
            self._feeds.discard(feed)
        return feed

    async def close(self, application: web.Application) -> None:
        for feed in tuple(self._feeds):
            await feed.close(code=1001)


def _number(raw: str) -> str:
    try:
        return subscriber_number(raw)
    except BadNumber as error:
        raise Refused(str(error)) from error


def application(exchange: Exchange) -> web.Application:
    app = web.Application(middlewares=[guard], client_max_size=1024 * 1024)
    pages = Pages(exchange)
    app.add_routes(pages.routes())
    app.add_routes(Control(exchange).routes())
    app.add_routes(exchange.twilio.routes())
    app.on_shutdown.append(pages.close)
    return app
