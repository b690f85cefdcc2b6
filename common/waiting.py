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


def end_if_cancelled() -> None:
    """End this task if it has been cancelled and what it called has swallowed that: redis-py does, when the
    cancellation comes while it connects or reads. Without it the task goes on, and whoever ends it waits for ever."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
