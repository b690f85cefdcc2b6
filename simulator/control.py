"""The control API: what a test, a load run or the demo asks of the mobile world. Loopback only, JSON only.

GET  /control/state                          accounts, their sessions, what they keep, behaviours, floods
GET  /control/ledger?since=n&limit=&account=&direction=&command=   rows after n, oldest first
POST /control/mo {from, to, text, count?, account?}                 "{n}" in the text becomes 1..count
POST /control/accounts/{id}/behaviour {field: value, ..., "reset"?: true}
POST /control/accounts/{id}/disconnect {"how"?: "abort"|"unbind", "session"?}
POST /control/raw {account, hex, session?, close?}                  octets exactly as given
POST /control/kept {account, bodies: [hex]}       deliver_sm of these bodies, kept and offered again as any text is
POST /control/flood {count, rate?, numbers?, account? (or a list), to?, text?}  one at a time; DELETE stops it
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from channels_sms.text.parts import TooLong
from simulator import flood
from simulator.behaviour import BadBehaviour, Behaviour
from simulator.exchange import Exchange, Refused
from simulator.session import Session

EXCHANGE: web.AppKey[Exchange] = web.AppKey("exchange", Exchange)
_MOST_ROWS = 20_000
_MOST_TEXTS = 20_000
_LOCAL = ("127.0.0.1", "localhost")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def problem(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only this machine's own pages and programs: a page of another site, open in the same browser, is refused.

    (A foreign name that resolves to 127.0.0.1 fails on Host; a foreign page fails on Origin.)
    """
    host = request.host.rsplit(":", 1)[0]
    origin = request.headers.get("Origin")
    if host not in _LOCAL or (origin is not None and origin != f"http://{request.host}"):
        return problem(403, "only for this machine's own pages")
    try:
        return await handler(request)
    except (Refused, BadBehaviour, TooLong) as error:
        return problem(400, str(error))


async def body(request: web.Request, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The request's JSON object. Raises Refused."""
    if request.content_type != "application/json":
        raise Refused("send JSON (Content-Type: application/json)")
    try:
        values = await request.json()
    except ValueError as error:
        raise Refused(f"not JSON: {error}") from error
    if not isinstance(values, dict):
        raise Refused("send a JSON object")
    if missing := [name for name in required if name not in values]:
        raise Refused(f"missing: {', '.join(missing)}")
    return values


def whole(values: dict[str, Any] | Any, name: str, default: int) -> int:
    """A whole number out of JSON or a query string. Raises Refused."""
    raw = values.get(name, default)
    try:
        return int(raw)
    except (TypeError, ValueError):
        raise Refused(f"{name} is a whole number, not {raw!r}") from None


class Control:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._flood: flood.Flood | None = None
        self._pouring: asyncio.Task[None] | None = None
        self._floods = itertools.count(1)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/control/state", self.state),
            web.get("/control/ledger", self.ledger),
            web.post("/control/mo", self.mo),
            web.post("/control/accounts/{id}/behaviour", self.behaviour),
            web.post("/control/accounts/{id}/disconnect", self.disconnect),
            web.post("/control/raw", self.raw),
            web.post("/control/kept", self.keep),
            web.post("/control/flood", self.pour),
            web.delete("/control/flood", self.stop_pouring),
        ]

    async def state(self, request: web.Request) -> web.Response:
        exchange = self._exchange
        return web.json_response(
            {
                "accounts": [operator.as_json() for operator in exchange.operators.values()],
                "ledger": {"last": exchange.ledger.last, "path": str(exchange.ledger.path)},
                "flood": self._flood.as_json(exchange) if self._flood else None,
            }
        )

    async def ledger(self, request: web.Request) -> web.Response:
        since = whole(request.query, "since", 0)
        limit = min(whole(request.query, "limit", 5_000), _MOST_ROWS)
        wanted = {name: request.query[name] for name in ("account", "direction", "command") if name in request.query}
        rows, read_to = [], since
        for row in self._exchange.ledger.since(since, limit):
            read_to = row["n"]
            if all(row.get(name) == value for name, value in wanted.items()):
                rows.append(row)
        return web.json_response({"rows": rows, "upto": read_to, "last": self._exchange.ledger.last})

    async def mo(self, request: web.Request) -> web.Response:
        values = await body(request, ("from", "to", "text"))
        count = whole(values, "count", 1)
        if not 1 <= count <= _MOST_TEXTS:
            raise Refused(f"count is 1 to {_MOST_TEXTS}")
        ids, account = [], ""
        for n in range(1, count + 1):
            text = str(values["text"]).replace("{n}", str(n)) if count > 1 else str(values["text"])
            text_id, account = self._exchange.text(
                number=str(values["from"]), code=str(values["to"]), text=text, account=values.get("account")
            )
            ids.append(text_id)
        return web.json_response({"ids": ids, "account": account})

    async def behaviour(self, request: web.Request) -> web.Response:
        operator = self._exchange.operator(request.match_info["id"])
        values = await body(request)
        if values.pop("reset", False):
            operator.behaviour.change({**Behaviour().as_json(), **values})
        else:
            operator.behaviour.change(values)
        operator.keeper.reconsider()
        return web.json_response(operator.behaviour.as_json())

    def _session(self, account: str, session_id: str | None) -> Session:
        operator = self._exchange.operator(account)
        for session in reversed(operator.sessions):
            if session_id in {None, session.id} and session.alive:
                return session
        raise Refused(f"{operator.name} has no such session")

    async def disconnect(self, request: web.Request) -> web.Response:
        values = await body(request)
        operator = self._exchange.operator(request.match_info["id"])
        sessions = [s for s in tuple(operator.sessions) if values.get("session") in {None, s.id}]
        for session in sessions:
            if values.get("how", "abort") == "unbind":
                session.unbind()
            else:
                session.abort()
        return web.json_response({"sessions": [session.id for session in sessions]})

    async def raw(self, request: web.Request) -> web.Response:
        values = await body(request, ("account", "hex"))
        session = self._session(str(values["account"]), values.get("session"))
        try:
            octets = bytes.fromhex(str(values["hex"]))
        except ValueError as error:
            raise Refused(f"hex: {error}") from error
        session.send_raw(octets)
        if values.get("close"):
            session.close()
        return web.json_response({"session": session.id, "octets": len(octets)})

    async def keep(self, request: web.Request) -> web.Response:
        values = await body(request, ("account", "bodies"))
        operator = self._exchange.operator(str(values["account"]))
        try:
            bodies = [bytes.fromhex(str(given)) for given in values["bodies"]]
        except (TypeError, ValueError) as error:
            raise Refused(f"bodies: {error}") from error
        return web.json_response({"ids": [operator.keep(octets) for octets in bodies]})

    async def pour(self, request: web.Request) -> web.Response:
        values = await body(request, ("count",))
        if self._pouring is not None and not self._pouring.done():
            raise Refused("a flood is under way")
        try:
            rate = float(values.get("rate", 0))
        except (TypeError, ValueError):
            raise Refused("rate is a number") from None
        accounts = values.get("account") or []  # one, or a list
        self._flood = flood.start(
            self._exchange,
            f"f{self._exchange.ledger.last}.{next(self._floods)}",
            count=whole(values, "count", 1),
            rate=rate,
            numbers=whole(values, "numbers", 1000),
            accounts=accounts if isinstance(accounts, list) else [accounts],
            code=str(values.get("to", "1919")),
            text=str(values.get("text", "Bonjour {n}")),
        )
        self._pouring = asyncio.get_running_loop().create_task(self._flood.run(self._exchange))
        return web.json_response(self._flood.as_json(self._exchange))

    async def stop_pouring(self, request: web.Request) -> web.Response:
        if self._pouring is not None:
            self._pouring.cancel()
        return web.json_response({"flood": self._flood.as_json(self._exchange) if self._flood else None})
