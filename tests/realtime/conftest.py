"""A world for each test, and web processes on the test database with real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.realtime.browsing import browse, hub  # noqa: F401  (fixtures)
from tests.realtime.world import World, make_world


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


@dataclass
class Web:
    """A web process, and how a browser would open its socket."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def socket(self, session: str | None, *, origin: str | None = "", **options: Any) -> connect:
        headers = {"Cookie": f"session={session}"} if session else {}
        if origin is not None:
            options["origin"] = origin or self.origin
        return connect(
            f"ws://127.0.0.1:{self.port}/ws/desk", additional_headers=headers, proxy=None, compression=None,
            max_size=None, close_timeout=1, **options,
        )  # fmt: skip

    def memory(self) -> int:
        """Resident bytes."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def web_process(tmp: Path, *, quiet: bool = True, **settings: str) -> Iterator[Web]:
    """A web process, stopped at the end within 8 s. `quiet`: it must not have logged an unexpected error."""
    from django.db import connection

    facts = connection.settings_dict
    port = free_port()
    state = tmp / f"web-{port}"
    state.mkdir()
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}",
        "PALABRE_STATE": str(state),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "WEB_PORT": str(port),
        **settings,
    }
    log = state / "log"
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "config.web"], env=environment, stdout=output, stderr=output)
    try:
        ready, limit = state / "run" / "web.ready", time.monotonic() + 30
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > limit:
                raise AssertionError(f"the web process did not start:\n{log.read_text()}")
            time.sleep(0.05)
        assert json.loads(ready.read_text())["port"] == port
        yield Web(port, process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(8)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"the web process did not stop within 8 s:\n{log.read_text()}") from None
        assert "Traceback" not in log.read_text() or quiet is False, log.read_text()


@pytest.fixture(scope="module")
def web(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with django_db_blocker.unblock(), web_process(tmp_path_factory.mktemp("web")) as found:
        yield found


class Listener:
    """A socket that keeps everything it hears, answers pings, and can be waited on."""

    def __init__(self, connection: ClientConnection, *, pong: bool = True) -> None:
        self.connection = connection
        self.heard: list[dict] = []
        self.pong = pong
        self._news = asyncio.Event()
        self.task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        try:
            async for text in self.connection:
                message = json.loads(text)
                self.heard.append(message)
                if message["type"] == "ping" and self.pong:
                    await self.say(type="pong", key=message["key"])
                self._news.set()
        except Exception:
            pass
        finally:
            self._news.set()

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message, default=str))

    async def hello(self, epoch: Any = None, cursor: Any = None) -> dict:
        await self.say(type="hello", epoch=epoch, cursor=cursor)
        return await self.until(lambda message: message["type"] in ("frame", "reset"))

    async def watch(self, *conversations: object, lists: tuple[str, ...] = ()) -> None:
        await self.say(
            type="watch", conversations=[str(getattr(one, "id", one)) for one in conversations], lists=list(lists)
        )

    async def until(self, wanted: Callable[[dict], bool], seconds: float = 10) -> dict:
        """The first message heard, past or coming, that is wanted."""
        limit = time.monotonic() + seconds
        while True:
            for message in self.heard:
                if wanted(message):
                    return message
            await self._wait(limit, f"not heard in {seconds} s; heard {self.heard[-5:]}")

    async def upto(self, number: int, seconds: float = 10) -> None:
        """Until the server has said that we know everything up to event `number`, rows included."""
        await self.until(
            lambda message: message.get("upto", -1) >= number and message.get("rows_upto", -1) >= number, seconds
        )

    async def closed(self, seconds: float = 10) -> int | None:
        """The code that the server closed with."""
        await asyncio.wait_for(asyncio.shield(self.task), seconds)
        return self.connection.close_code

    async def _wait(self, limit: float, words: str) -> None:
        self._news.clear()
        if self.task.done():
            raise AssertionError(f"the socket closed ({self.connection.close_code}): {words}")
        try:
            await asyncio.wait_for(self._news.wait(), limit - time.monotonic())
        except TimeoutError:
            raise AssertionError(words) from None

    def frames(self) -> list[dict]:
        return [message for message in self.heard if message["type"] == "frame"]


@pytest.fixture
async def listen() -> AsyncIterator[Callable[..., Any]]:
    """`await listen(web, session)`: a Listener; all are closed at the end."""
    opened: list[Listener] = []

    async def open_one(web: Web, session: str | None, *, pong: bool = True, **options: Any) -> Listener:
        listener = Listener(await web.socket(session, **options), pong=pong)
        opened.append(listener)
        return listener

    yield open_one
    for listener in opened:
        await listener.connection.close()
        listener.task.cancel()
