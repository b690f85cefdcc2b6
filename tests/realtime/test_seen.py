"""Who has a desk open is written down for routing: in a row, so that an emptied Redis takes nobody away."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import redis
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from common.clock import database_now
from routing.absence import disconnect_gone
from routing.models import AgentState, DeskSeen, State
from tests.realtime.conftest import Web
from tests.realtime.world import World, in_thread, sign_in


def gone(world: World) -> None:
    """Afi's last browser went long ago, and routing has seen it."""
    DeskSeen.objects.create(user=world.people["afi"], at=database_now() - timedelta(minutes=5))
    assert disconnect_gone(world.organisation.id) == 1


def state(world: World) -> tuple[str, float]:
    """His state, and how many seconds ago he was seen."""
    seen = DeskSeen.objects.get(user=world.people["afi"])
    found = AgentState.objects.get(user=world.people["afi"])
    return found.state, (database_now() - seen.at).total_seconds()


def sign_out(session: str) -> None:
    SessionStore(session).flush()


async def test_whoever_opens_a_desk_is_seen_and_back_at_work_whatever_redis_forgets(world: World, web: Web) -> None:
    await in_thread(gone, world)
    session = await in_thread(sign_in, world.people["afi"])
    async with web.socket(session):
        client = redis.Redis.from_url(settings.REDIS_URL)
        limit = time.monotonic() + 15
        while (await in_thread(state, world))[0] != State.AVAILABLE:
            client.flushall()
            assert time.monotonic() < limit, "he is here, and nobody knows"
            await asyncio.sleep(0.1)
        client.close()
        assert (await in_thread(state, world))[1] < 15


async def test_whoever_signs_out_is_gone_at_once_and_not_after_the_minute_in_which_he_might_come_back(
    world: World, web: Web
) -> None:
    await in_thread(gone, world)
    session = await in_thread(sign_in, world.people["afi"])
    async with web.socket(session):
        limit = time.monotonic() + 15
        while (await in_thread(state, world))[0] != State.AVAILABLE:
            assert time.monotonic() < limit, "he is here, and nobody knows"
            await asyncio.sleep(0.1)
        await in_thread(sign_out, session)
        limit = time.monotonic() + 30
        while (await in_thread(state, world))[0] != State.DISCONNECTED:
            assert time.monotonic() < limit, "work is given to him"
            await asyncio.sleep(0.1)
    assert (await in_thread(state, world))[1] < 60, "it was not the minute"
