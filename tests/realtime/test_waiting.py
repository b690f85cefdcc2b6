"""A task that waits for a bell can be ended, also in the moment in which the bell rings."""

from __future__ import annotations

import asyncio

import pytest

from common.waiting import rung

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("turns", range(5))
async def test_a_cancellation_beside_the_bell_is_never_forgotten(turns: int) -> None:
    bell = asyncio.Event()

    async def live() -> None:
        while True:
            await rung(bell, 60)
            bell.clear()

    task = asyncio.create_task(live())
    await asyncio.sleep(0.01)
    bell.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    _, alive = await asyncio.wait([task], timeout=10)
    assert not alive


async def test_it_says_whether_the_bell_rang() -> None:
    bell = asyncio.Event()
    assert not await rung(bell, 0.01)
    asyncio.get_running_loop().call_later(0.02, bell.set)
    assert await rung(bell, 5)
    assert await rung(bell, None)
