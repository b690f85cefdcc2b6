"""A browser on the real socket of this process, keeping every text that it is sent."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings

from config.asgi import allowed_origins, application
from realtime.hub import stop_hub


class Ear:
    def __init__(self, session: str | None) -> None:
        headers = [(b"origin", allowed_origins()[0].encode())]
        if session is not None:
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode()))
        self.socket = WebsocketCommunicator(application, "/ws/desk", headers)
        self.heard: list[str] = []
        self.code: int | None = None
        self.closed_at = 0.0

    async def open(self) -> None:
        connected, _ = await self.socket.connect(timeout=10)
        assert connected
        self.task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            message = await self.socket.output_queue.get()
            if message["type"] == "websocket.close":
                self.code, self.closed_at = message.get("code", 1000), time.monotonic()
                return
            self.heard.append(message["text"])
            spoken = json.loads(message["text"])
            if spoken["type"] == "ping":
                await self.say(**{**spoken, "type": "pong"})

    async def say(self, **message: Any) -> None:
        await self.socket.send_json_to(message)

    async def until(self, true: Callable[[], bool], what: str, seconds: float = 20) -> float:
        """Seconds until it was true."""
        began = time.monotonic()
        while not true():
            assert time.monotonic() - began < seconds, f"{what}: not within {seconds} s; {self.code} {self.heard[-3:]}"
            await asyncio.sleep(0.02)
        return time.monotonic() - began

    def rows_upto(self) -> int:
        """Every row of its lists is as new as this event."""
        return max(json.loads(text).get("rows_upto", -1) for text in self.heard)

    def text(self) -> str:
        return "\n".join(self.heard)

    async def leave(self) -> None:
        self.task.cancel()
        await self.socket.disconnect()


@pytest.fixture
async def listen() -> AsyncIterator[Callable[..., Any]]:
    """`await listen(session)`: an Ear that has joined, or has been refused."""
    opened: list[Ear] = []

    async def open_one(session: str | None) -> Ear:
        ear = Ear(session)
        await ear.open()
        opened.append(ear)
        await ear.say(type="hello", epoch=None, cursor=None)
        await ear.until(lambda: bool(ear.heard) or ear.code is not None, "answered")
        return ear

    yield open_one
    for ear in opened:
        await ear.leave()
    await stop_hub()
