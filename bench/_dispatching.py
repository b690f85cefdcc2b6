"""The dispatcher's own event loop while it hands out what a night has left: a process of its own (bench/rounds.py).

Order: {}. Expects the crowd and the people that bench/_router.py leaves, all of these on a break. Says {"late_ms",
"looks", "p99_ms", "offered", "seconds"}: how much later than asked for a sleeper on that loop was woken, at most and
at the 99th of a hundred, from the moment at which everybody is free until a second passes without an offer.
"""

from __future__ import annotations

import asyncio
import json
import time

import django

from bench._order import taken

django.setup()  # before the product's own modules

import uvloop  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from bench._ground import percentile  # noqa: E402
from common.memory import settled  # noqa: E402
from realtime import doorbell  # noqa: E402
from routing.dispatcher import Dispatcher  # noqa: E402

NAP_S = 0.002

_FREE = "update routing_agentstate set state = 'available' where state = 'break'"
_OFFERED = "select count(*) from routing_offer where state = 'pending'"


def offered() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_OFFERED)
        (found,) = cursor.fetchone()
    return int(found)


def everybody_is_free() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FREE)
        cursor.execute("select pg_notify(%s, '')", [doorbell.WAITING])


async def nap(late: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(NAP_S)
        late.append((time.perf_counter() - began - NAP_S) * 1000)


async def run() -> None:
    dispatcher = Dispatcher(dsn=settings.DATABASE_URL, owner="bench")
    settled()
    working = asyncio.create_task(dispatcher.run())
    await asyncio.sleep(6.0)  # the lease of the one that was stopped has run out; the bots are warm
    late: list[float] = []
    napping = asyncio.create_task(nap(late))
    began = time.perf_counter()
    await asyncio.to_thread(everybody_is_free)
    before, now = -1, 0
    while now == 0 or now != before:
        await asyncio.sleep(1.0)
        before, now = now, await asyncio.to_thread(offered)
        if time.perf_counter() - began > 60:
            break
    seconds = time.perf_counter() - began
    napping.cancel()
    print(
        json.dumps(
            {
                "late_ms": max(late), "p99_ms": percentile(late, 0.99), "looks": len(late),
                "offered": now, "seconds": seconds,
            }
        ),
        flush=True,
    )  # fmt: skip
    dispatcher.stop()
    await working


if __name__ == "__main__":
    taken()
    uvloop.run(run())
