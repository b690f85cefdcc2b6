"""Waiting for an event or for a time, in tasks that live until they are cancelled."""

from __future__ import annotations

import asyncio


async def rung(event: asyncio.Event, seconds: float | None) -> bool:
    """Whether `event` was set within `seconds` (None: however long it takes).

    `asyncio.wait_for` before Python 3.12 forgets a cancellation that comes in the moment in which the event does
    (python/cpython issue 86296): the task would go on for ever, and whoever ended it wait for it in vain.
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return event.is_set()
    return True
