"""A link that is asked to drain claims nothing more, waits for its answers, leaves, and rests until it is started."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async

from conversations.intake import CONNECTION_SETTINGS, connect, store
from conversations.models import Conversation
from conversations.outbox import claim
from jobs.models import Lease
from tests.conversations.deeds import at_work, say, take, until
from tests.conversations.scripted import ScriptedLink

pytestmark = pytest.mark.django_db(transaction=True)


async def test_what_is_under_way_gets_its_answer_and_what_waits_stays(scripted, dsn, rows, redis_url):
    async with await connect(dsn, **CONNECTION_SETTINGS) as connection:
        await store(connection, [scripted.text(sender=f"+22901970000{n:02d}") for n in range(1, 4)])
    talks = [one async for one in Conversation.objects.select_related("line", "address").order_by("id")]
    answers = asyncio.Event()

    async def slowly(part):
        await answers.wait()
        return (f"id-{part.message_id}",)

    ScriptedLink.answer = staticmethod(slowly)
    for talk in talks[:2]:
        await sync_to_async(say)(talk)
    async with at_work(scripted, dsn, redis_url) as owner:
        states: list[str] = []
        owner._on_state = lambda _, state, __: states.append(state)
        await until(rows, "select count(*) from conversations_delivery where state = 1", [(2,)])
        owner.drain()
        await sync_to_async(say)(talks[2])
        owner.wake()
        while "draining" not in states:
            await asyncio.sleep(0.02)
        await asyncio.sleep(1.2)  # longer than a sweep
        assert await sync_to_async(rows)("select state from conversations_delivery order by message_id") == [
            (1,), (1,), (0,),
        ]  # fmt: skip
        assert not ScriptedLink.made[0].drained.is_set()
        answers.set()
        async with asyncio.timeout(10):
            while states[-1] != "drained":
                await asyncio.sleep(0.02)
        assert ScriptedLink.made[0].drained.is_set()
        await until(rows, "select state, count(*) from conversations_delivery group by 1 order by 1", [(0, 1), (3, 2)])
        # At rest it keeps the lease, so that nobody else connects, and makes no second adapter.
        assert await Lease.objects.filter(name=f"link:{scripted.link.id}").aexists()
        assert len(ScriptedLink.made) == 1
    assert not owner.holds_lease


async def test_a_link_at_rest_still_says_what_became_of_a_dead_owners_texts(
    scripted, conversation, dsn, rows, redis_url
):
    """Its gateway was killed while it drained: nobody else would ever look at what it had written."""
    await sync_to_async(say)(conversation)
    async with await connect(dsn) as connection:
        lease = await take(connection, scripted.link.id)
        assert await claim(connection, lease=lease, link_id=scripted.link.id, room=50)
        await connection.execute("update jobs_lease set expires_at = now() - interval '1 minute'")
    async with at_work(scripted, dsn, redis_url, owner="another") as owner:
        owner.drain()
        await until(rows, "select state, error_code from conversations_delivery", [(2, "crash")])
        assert not ScriptedLink.made, "it has not connected for that"


async def test_a_link_that_is_to_drain_from_the_start_never_connects(scripted, conversation, dsn, redis_url):
    async with at_work(scripted, dsn, redis_url) as owner:
        owner.drain()
        async with asyncio.timeout(10):
            while not owner.holds_lease:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
    assert len(ScriptedLink.made) <= 1  # it may have begun before it was asked
