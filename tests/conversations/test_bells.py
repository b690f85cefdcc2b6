"""The bells of an asyncio process: one that is broken costs the other nothing, many rings at once are one."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

from conversations.bells import Bells
from conversations.intake import connect
from realtime.doorbell import UNHANDLED


async def hears(listener, seconds: float) -> list[float]:
    """When each NOTIFY came, for so long."""
    began = time.monotonic()
    return [time.monotonic() - began async for _ in listener.notifies(timeout=seconds)]


async def test_a_redis_that_hangs_holds_up_no_process(dsn):
    async def silence(reader, writer):
        await asyncio.sleep(30)

    server = await asyncio.start_server(silence, "127.0.0.1", 0)
    bells = Bells(dsn, f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    ringing = asyncio.create_task(bells.run())
    try:
        async with await connect(dsn) as listener:
            await listener.execute(f'listen "{UNHANDLED}"')
            bells.ring(organisations=[uuid4()])
            await asyncio.sleep(0.1)  # Redis is being asked
            bells.ring(UNHANDLED, organisations=[uuid4()])
            assert len(await hears(listener, 0.7)) == 1, "before Redis has timed out"
    finally:
        ringing.cancel()
        await asyncio.gather(ringing, return_exceptions=True)
        await bells.close()
        server.close()


async def test_a_hundred_rings_in_a_moment_are_few(dsn, redis_url):
    bells = Bells(dsn, redis_url)
    ringing = asyncio.create_task(bells.run())
    try:
        async with await connect(dsn) as listener:
            await listener.execute(f'listen "{UNHANDLED}"')
            for _ in range(100):
                bells.ring(UNHANDLED)
                await asyncio.sleep(0.001)
            assert 1 <= len(await hears(listener, 0.5)) <= 20
    finally:
        ringing.cancel()
        await asyncio.gather(ringing, return_exceptions=True)
        await bells.close()


async def test_bells_end_although_what_they_ring_swallows_the_cancellation(dsn, redis_url, monkeypatch):
    bells, asked = Bells(dsn, redis_url), asyncio.Event()

    async def swallow(organisations):
        asked.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            pass

    monkeypatch.setattr(bells, "_publish", swallow)
    ringing = asyncio.create_task(bells.run())
    bells.ring(organisations=[uuid4()])
    await asyncio.wait_for(asked.wait(), 10)
    ringing.cancel()
    done, _ = await asyncio.wait([ringing], timeout=10)
    assert done, "it rings on for nobody"
    await bells.close()
