"""Leading goes on through whatever happens around it: a database that is silent, a mark that cannot be written."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit

import pytest

from routing import leadership
from routing.leadership import Leadership
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


async def until(condition, what: str, seconds: float = 30.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, f"{what}: not within {seconds} s"
        await asyncio.sleep(0.02)


async def stop(task: asyncio.Task, led: Leadership) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await led.give_back()


async def test_whoever_cannot_tell_that_he_leads_leads_all_the_same(cast: Cast, dsn, monkeypatch):
    monkeypatch.setattr(leadership, "RENEW_EVERY_S", 0.05)
    rounds = 0

    def full_disk() -> None:
        raise RuntimeError("no space left")

    led = Leadership(dsn, "d1", full_disk)
    renew = led._renew_all

    async def counted() -> None:
        nonlocal rounds
        rounds += 1
        await renew()

    monkeypatch.setattr(led, "_renew_all", counted)
    task = asyncio.create_task(led.run())
    try:
        await until(lambda: rounds > 3 or task.done(), "it renews")
        assert not task.done()
        assert led.names == ["Savane Assistance"]
    finally:
        await stop(task, led)


class Wire:
    """A TCP road to the database that can swallow everything, as a network does whose other end has vanished."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self.swallows = False

    async def serve(self) -> int:
        self._server = await asyncio.start_server(self._through, "127.0.0.1", 0)
        return self._server.sockets[0].getsockname()[1]

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        silent = self.swallows  # a road that was silent stays so; a new one is good again
        self.swallows = False
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                if self.swallows or silent:
                    await asyncio.Event().wait()
                sink.write(data)
                await sink.drain()

        try:
            await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
        except (OSError, asyncio.CancelledError):
            pass

    def close(self) -> None:
        self._server.close()


async def test_a_database_that_does_not_answer_is_asked_again_on_another_connection(cast: Cast, dsn, monkeypatch):
    monkeypatch.setattr(leadership, "RENEW_EVERY_S", 0.05)
    parts = urlsplit(dsn)
    wire = Wire(parts.hostname or "", parts.port or 0)
    port = await wire.serve()
    led = Leadership(
        parts._replace(netloc=parts.netloc.replace(str(parts.port), str(port))).geturl(), "d1", lambda: None
    )
    task = asyncio.create_task(led.run())
    try:
        await until(lambda: led.names, "it leads")
        wire.swallows = True
        await until(lambda: not led.names, "its lease runs out")
        await until(lambda: led.names, "it leads again")
    finally:
        await stop(task, led)
        wire.close()
