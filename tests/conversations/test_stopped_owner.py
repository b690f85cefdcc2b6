"""An owner that was stopped, or did not hear the database: nothing of it is sent twice, taken twice or forgotten."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from asgiref.sync import sync_to_async

from conversations import link_owner
from conversations.adapters import IntakeUnavailable
from conversations.intake import ReadyText
from conversations.models import DeliveryState
from conversations.outbox import claim, under_way
from jobs import leases
from tests.conversations.deeds import STATE, at_work, say, store_texts, until
from tests.conversations.scripted import ScriptedLink

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_claim_that_was_committed_unheard_is_sent_after_all(
    scripted, conversation, dsn, rows, redis_url, monkeypatch
):
    """The connection breaks between the commit of a claim and its answer: no later owner would look for it."""
    monkeypatch.setattr(link_owner, "LOOK_EVERY_S", 0.2)
    heard = []

    async def claim_unheard(connection, **asked):
        parts = await claim(connection, **asked)
        if parts and not heard:
            heard.append(parts)
            await connection.close()
            raise psycopg.OperationalError("the connection broke")
        return parts

    monkeypatch.setattr(link_owner, "claim", claim_unheard)
    await sync_to_async(say)(conversation)
    async with at_work(scripted, dsn, redis_url):
        await until(rows, STATE, [(DeliveryState.SENT, "")])
    assert [len(link.submitted) for link in ScriptedLink.made] == [1]
    assert await sync_to_async(rows)("select withdrawn, state from conversations_attempt order by id") == [
        (True, DeliveryState.FAILED),
        (False, DeliveryState.SENT),
    ]


async def test_what_is_being_submitted_is_not_taken_for_unheard(
    scripted, conversation, dsn, rows, redis_url, monkeypatch
):
    monkeypatch.setattr(link_owner, "LOOK_EVERY_S", 0.05)
    answered = asyncio.Event()

    async def slowly(part):
        await answered.wait()
        return ("77",)

    ScriptedLink.answer = staticmethod(slowly)
    await sync_to_async(say)(conversation)
    async with at_work(scripted, dsn, redis_url) as owner:
        await until(rows, STATE, [(DeliveryState.SENDING, "")])
        owner._doubt_until = leases.ticking() + 30
        for _ in range(3):
            owner.wake()
            await asyncio.sleep(0.3)
        assert await sync_to_async(rows)("select count(*) from conversations_attempt where withdrawn") == [(0,)]
        answered.set()
        await until(rows, STATE, [(DeliveryState.SENT, "")])
    assert len(ScriptedLink.made[0].submitted) == 1


async def test_what_is_answered_while_the_unheard_are_looked_for_is_not_sent_again(
    scripted, conversation, dsn, rows, redis_url, monkeypatch
):
    """The look saw it under way; before its rows were read, the answer came and was stored."""
    monkeypatch.setattr(link_owner, "LOOK_EVERY_S", 0.05)
    answered = asyncio.Event()

    async def slowly(part):
        await answered.wait()
        return ("77",)

    async def read_late(connection, **asked):
        found = await under_way(connection, **asked)
        if found and not answered.is_set():
            answered.set()
            await until(rows, STATE, [(DeliveryState.SENT, "")])
            await asyncio.sleep(0.1)
        return found

    monkeypatch.setattr(link_owner, "under_way", read_late)
    ScriptedLink.answer = staticmethod(slowly)
    await sync_to_async(say)(conversation)
    async with at_work(scripted, dsn, redis_url) as owner:
        await until(rows, STATE, [(DeliveryState.SENDING, "")])
        owner._doubt_until = leases.ticking() + 30
        owner.wake()
        await asyncio.wait_for(answered.wait(), 20)
        await asyncio.sleep(3)  # what was put back would be due after two seconds
    assert await sync_to_async(rows)("select withdrawn from conversations_attempt") == [(False,)]
    assert len(ScriptedLink.made[0].submitted) == 1


async def test_a_text_in_the_hands_of_a_former_owner_is_not_taken(scripted, dsn, rows, redis_url):
    """The operator offers it to the next owner, who cannot know it: taken by both it would be shown twice."""
    text = scripted.text("deux mains")
    stored = await store_texts(
        dsn, [ReadyText(text.line_id, text.sender, text.item, lambda: False), scripted.text("à")]
    )
    assert [one.message_id is not None for one in stored] == [False, True]
    assert await sync_to_async(rows)("select body from conversations_message") == [("à",)]
    async with at_work(scripted, dsn, redis_url) as owner:
        async with asyncio.timeout(5):
            while not ScriptedLink.made:
                await asyncio.sleep(0.01)
        intake = ScriptedLink.made[0].intake
        assert intake.still_ours()
        owner._lease = leases.HeldLease(owner._lease.name, "us", owner._lease.epoch, leases.ticking())
        assert not intake.still_ours()
        with pytest.raises(IntakeUnavailable):
            await intake.text(scripted.text("trop tard").item)
