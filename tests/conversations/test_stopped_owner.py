"""An owner that was stopped, or did not hear the database: nothing of it is sent twice, taken twice or forgotten."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from asgiref.sync import sync_to_async

from contacts.keywords import Keyword
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


async def _lose_lease(owner) -> ScriptedLink:
    """As when the database was too slow for it; returns what the owner began when he had it again, a moment later."""
    owner._lease = None
    async with asyncio.timeout(20):
        while len(ScriptedLink.made) < 2:
            await asyncio.sleep(0.01)
    return ScriptedLink.made[1]


async def _first() -> ScriptedLink:
    async with asyncio.timeout(5):
        while not ScriptedLink.made:
            await asyncio.sleep(0.01)
    return ScriptedLink.made[0]


async def test_a_text_that_waited_under_a_lease_that_is_over_is_not_stored_under_the_next(
    scripted, dsn, rows, redis_url, monkeypatch
):
    """We are the next owner ourselves, and are offered it again under another key."""
    monkeypatch.setattr(link_owner, "RENEW_EVERY_S", 0.2)
    async with at_work(scripted, dsn, redis_url) as owner:
        first = await _first()
        second = await _lose_lease(owner)
        assert second.intake.still_ours()
        with pytest.raises(IntakeUnavailable):
            await first.intake.text(scripted.text("une fois", key="1").item)
        await second.intake.text(scripted.text("une fois", key="2").item)
    assert await sync_to_async(rows)("select count(*) from conversations_message") == [(1,)]


async def test_who_has_the_lease_again_asks_what_is_stored_when_nothing_is_being_stored(
    scripted, dsn, redis_url, monkeypatch
):
    monkeypatch.setattr(link_owner, "RENEW_EVERY_S", 0.2)
    async with at_work(scripted, dsn, redis_url) as owner, await psycopg.AsyncConnection.connect(dsn) as other:
        first = await _first()
        await first.intake.text(scripted.text("d’abord").item)
        await other.execute("select from realtime_eventhead for update")
        slow = asyncio.create_task(first.intake.text(scripted.text("lentement").item))
        let_go = asyncio.get_running_loop().call_later(3, lambda: asyncio.ensure_future(other.rollback()))
        await asyncio.sleep(0.2)
        await _lose_lease(owner)
        assert slow.done(), "it would be offered again while its first is being stored"
        let_go.cancel()


async def test_nothing_is_stored_in_the_last_seconds_of_a_lease(scripted, dsn, redis_url):
    """A statement may be at work for longer, and be committed after the next owner has asked."""
    async with at_work(scripted, dsn, redis_url) as owner:
        intake = (await _first()).intake
        name, epoch = owner._lease.name, owner._lease.epoch
        owner._lease = leases.HeldLease(name, "us", epoch, leases.ticking() + link_owner.STORING_S - 0.5)
        with pytest.raises(IntakeUnavailable):
            await intake.text(scripted.text("trop tard").item)


@pytest.mark.parametrize(("epochs_ago", "left_s", "stored"), [(0, 10, True), (1, 10, False), (0, 4, False)])
async def test_a_text_whose_statement_comes_late_is_not_stored(scripted, dsn, rows, epochs_ago, left_s, stored):
    """A network that was cut delivers, when it is mended, what was written to it."""
    lease = {"name": f"link:{scripted.link.id}", "owner": "us", "seconds": left_s}
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute(leases.TAKE, lease)
        (epoch, _) = await (await connection.execute(leases.TAKE, lease)).fetchone()
    for body in ("Bonjour", "STOP"):
        text = scripted.text(body)
        asks = {"keyword": Keyword.OPT_OUT, "language": "fr"} if body == "STOP" else {}
        [one] = await store_texts(
            dsn, [ReadyText(text.line_id, text.sender, text.item, epoch=epoch - epochs_ago, **asks)]
        )
        assert (one.message_id is not None, bool(one.put_off), one.refused) == (stored, not stored, "")
    assert await sync_to_async(rows)("select count(*) from conversations_message") == [(2 if stored else 0,)]
    assert await sync_to_async(rows)("select count(*) from conversations_seen") == [(2 if stored else 0,)]
    assert await sync_to_async(rows)("select count(*) from contacts_suppression") == [(1 if stored else 0,)]
