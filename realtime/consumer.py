"""The socket of the desk, `/ws/desk`: who may open it, and what a browser may say on it.

Nothing slow happens here and no data leaves here: the hub writes. A browser says hello, what it watches, and pong.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import orjson
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http import parse_cookie

from realtime.admission import admit
from realtime.codes import Close
from realtime.flow import EXTENSION
from realtime.hub import hub
from realtime.socket import MOST_WATCHED, DeskSocket

log = logging.getLogger(__name__)

LARGEST = 16 * 1024  # bytes of one message from a browser
BAD_FRAMES = 3
RATE, BURST = 20.0, 100.0  # messages a second, and at once
LISTS = frozenset({"mine", "queue", "all"})
CLOSE_S = 5.0  # for the writer to say goodbye


class BadFrame(ValueError):
    """A browser said something that we do not understand."""


class DeskConsumer(AsyncWebsocketConsumer):
    socket: DeskSocket | None = None
    writer: asyncio.Task[None] | None = None
    bad = 0
    tokens = BURST
    filled_at = 0.0

    async def connect(self) -> None:
        # Accepted before it is refused: a browser hears the code of an open socket only.
        await self.accept()
        self.hub = hub()
        admission = await self.hub.run(admit, self._session_key())
        if admission is None:
            await self.close(Close.SIGNED_OUT)
            return
        if admission.is_locked:
            await self.close(Close.LOCKED)
            return
        mine = sum(one.admission.user_id == admission.user_id for one in self.hub.sockets)
        if mine >= settings.SOCKETS_PER_USER:
            log.warning("%s has %d desks open: no more of them", admission.user_id, mine)
            await self.close(Close.TOO_MANY)
            return
        self.filled_at = time.monotonic()
        flow = self.scope.get("extensions", {}).get(EXTENSION)
        self.socket = DeskSocket(admission, self._send_text, self._close, flow)
        self.stream = self.hub.add(self.socket)
        self.writer = asyncio.create_task(self.socket.write())

    async def disconnect(self, code: int) -> None:
        if self.socket is not None:
            self.hub.remove(self.socket)
            self.socket.closing = self.socket.closing or Close.GONE
        if self.writer is not None:
            self.writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.writer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:  # also when the server takes us down in the middle of something
            if self.socket is not None:
                await self.disconnect(Close.GONE)

    async def _send_text(self, text: bytes) -> None:
        await self.base_send({"type": "websocket.send", "text": text.decode()})

    async def _close(self, code: int) -> None:
        await asyncio.wait_for(self.close(code), CLOSE_S)

    def _session_key(self) -> str:
        for name, value in self.scope.get("headers", ()):
            if name == b"cookie":
                return parse_cookie(value.decode("latin1")).get(settings.SESSION_COOKIE_NAME, "")
        return ""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        socket = self.socket
        if socket is None or socket.closing is not None:
            return
        if not self._within_rate():
            socket.close(Close.TOO_MANY)
        elif len(bytes_data or b"") > LARGEST or len((text_data or "").encode()) > LARGEST:
            socket.close(Close.TOO_BIG)
        else:
            try:
                await self._obey(socket, _decoded(text_data))
            except BadFrame as error:
                self.bad += 1
                log.info("a bad frame from %s: %s", socket.audience.user_id, error)
                if self.bad >= BAD_FRAMES:
                    socket.close(Close.BAD_FRAMES)

    def _within_rate(self) -> bool:
        now = time.monotonic()
        self.tokens = min(BURST, self.tokens + (now - self.filled_at) * RATE)
        self.filled_at = now
        self.tokens -= 1
        return self.tokens >= 0

    async def _obey(self, socket: DeskSocket, message: dict[str, Any]) -> None:
        kind = message.get("type")
        saying = SAYINGS.get(kind) if isinstance(kind, str) else None
        if saying is None:
            raise BadFrame("an unknown type")
        await saying(self, socket, message)

    async def hello(self, socket: DeskSocket, message: dict[str, Any]) -> None:
        # A cursor that makes no sense is answered with "reset", not punished: the screen fetches afresh.
        epoch = message.get("epoch")  # a nest of lists could not even be compared: Python's stack would end
        await self.stream.join(socket, epoch if isinstance(epoch, int | str) else "", message.get("cursor"))

    async def watch(self, socket: DeskSocket, message: dict[str, Any]) -> None:
        await self.stream.watch(socket, _ids(message.get("conversations")), _lists(message.get("lists")))

    async def pong(self, socket: DeskSocket, message: dict[str, Any]) -> None:
        key = message.get("key")
        if not isinstance(key, str):
            raise BadFrame("a pong without the key of its ping")
        socket.pong(key)


# All that a browser may say: everybody who is signed in, each about what his audience may see. Nothing is changed here.
SAYINGS: dict[str, Callable[[DeskConsumer, DeskSocket, dict[str, Any]], Awaitable[None]]] = {
    "hello": DeskConsumer.hello,
    "watch": DeskConsumer.watch,
    "pong": DeskConsumer.pong,
}


def _decoded(text: str | None) -> dict[str, Any]:
    if text is None:
        raise BadFrame("binary")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadFrame("not JSON") from None
    if not isinstance(message, dict):
        raise BadFrame("not an object")
    return message


def _ids(given: object) -> frozenset[UUID]:
    if not isinstance(given, list) or len(given) > MOST_WATCHED:
        raise BadFrame("conversations must be a list of ids")
    try:
        return frozenset(UUID(one) for one in given)
    except (ValueError, AttributeError, TypeError):
        raise BadFrame("conversations must be ids") from None


def _lists(given: object) -> frozenset[str]:
    if not isinstance(given, list) or not LISTS.issuperset(one for one in given if isinstance(one, str)):
        raise BadFrame("lists must be of mine, queue, all")
    return frozenset(one for one in given if isinstance(one, str))
