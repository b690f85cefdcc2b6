"""A browser on a hub of this process: each message goes to the model of a desk, without a network between."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from realtime.admission import admit
from realtime.hub import Hub
from realtime.socket import DeskSocket
from tests.realtime import screens
from tests.realtime.client import DeskModel
from tests.realtime.world import in_thread, sign_in


class Browser:
    """A model of a desk on a socket of the hub, without a network between."""

    def __init__(self, hub: Hub, admission: Any) -> None:
        self.hub, self.viewer, self.model = hub, admission.audience, DeskModel()
        self.codes: list[int] = []
        self.heard: list[dict] = []
        self.socket = DeskSocket(admission, self._take, self._closed)

    async def _take(self, text: bytes) -> None:
        message = json.loads(text)
        self.heard.append(message)
        self.model.hear(message)
        if message["type"] == "ping":
            self.socket.pong(message["key"])

    async def _closed(self, code: int) -> None:
        self.codes.append(code)

    async def open(self, conversations: list, lists: tuple[str, ...] = ("all",)) -> None:
        self.stream = self.hub.add(self.socket)
        self.writer = asyncio.create_task(self.socket.write())
        await in_thread(screens.fill, self.model, self.viewer, conversations)
        await self.stream.join(self.socket, self.model.epoch, self.model.at)
        await self.stream.watch(self.socket, frozenset(conversations), frozenset(lists))

    async def level(self, head: int, seconds: float = 20) -> None:
        """Until the browser has everything up to `head`, rows too."""
        limit = time.monotonic() + seconds
        while self.model.at < head or self.model.rows_at < head:
            assert time.monotonic() < limit, f"not level in {seconds} s: {self.model.at}, {self.model.rows_at} < {head}"
            self.socket._last_ping -= 10  # a ping now, instead of in 5 s
            await asyncio.sleep(0.02)


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    found = Hub()
    found.start()
    yield found
    await found.stop()


@pytest.fixture
async def browse(hub: Hub) -> AsyncIterator[Callable[..., Any]]:
    opened: list[Browser] = []

    async def open_one(user: Any, conversations: list, lists: tuple[str, ...] = ("all",)) -> Browser:
        admission = await in_thread(admit, await in_thread(sign_in, user))
        browser = Browser(hub, admission)
        opened.append(browser)
        await browser.open(conversations, lists)
        return browser

    yield open_one
    for browser in opened:
        browser.writer.cancel()
