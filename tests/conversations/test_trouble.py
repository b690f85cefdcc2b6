"""A database that falls silent, a link that cannot be made, a row that goes: the rest goes on, and leases hold."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import psycopg
import pytest
from asgiref.sync import sync_to_async

from conversations.adapters import IntakeUnavailable, LinkConfig
from conversations.batching import Batcher
from conversations.gateway import Gateway
from conversations.intake import connect
from conversations.models import DeliveryState, Link, LinkState
from tests.conversations.deeds import STATE, at_work, say, until
from tests.conversations.scripted import ScriptedLink
from tests.conversations.wire import wire_to

pytestmark = pytest.mark.django_db(transaction=True)


@contextlib.asynccontextmanager
async def gateway_at_work(dsn, redis_url):
    gateway = Gateway(dsn=dsn, redis_url=redis_url, owner="gateway@test")
    task = asyncio.create_task(gateway.run())
    try:
        yield gateway, task
    finally:
        gateway.stop()
        await asyncio.wait([task], timeout=20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_database_that_says_nothing_at_all_makes_the_owner_leave_before_its_lease_is_over(
    scripted, dsn, redis_url, monkeypatch
):
    monkeypatch.setattr("conversations.link_owner.LEASE_S", 5.0)
    monkeypatch.setattr("conversations.link_owner.MARGIN_S", 2.5)
    monkeypatch.setattr("conversations.link_owner.RENEW_EVERY_S", 0.5)
    over = asyncio.Event()

    class Lasting(ScriptedLink):
        async def run(self):
            try:
                await super().run()
                await asyncio.sleep(3600)
            finally:
                over.set()

        async def drain(self):
            await asyncio.sleep(3600)  # an operator who does not answer

    loop = asyncio.get_running_loop()
    async with wire_to(dsn) as wire, at_work(scripted, wire.dsn, redis_url, adapter=Lasting):
        async with asyncio.timeout(5):
            while not ScriptedLink.made:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.8)
        frozen = loop.time()
        wire.freeze()
        await asyncio.wait_for(over.wait(), 20)
        assert loop.time() - frozen < 5.0, "another gateway may have bound the link by now"


async def test_texts_are_refused_for_now_when_the_database_says_nothing_at_all(scripted, dsn, redis_url, monkeypatch):
    monkeypatch.setattr("conversations.lanes.SILENCE_S", 1.0)
    async with wire_to(dsn) as wire, gateway_at_work(wire.dsn, redis_url) as (gateway, _):
        gateway._texts._main.batches._patience_s = 0.5
        await gateway._texts.put(scripted.text("avant"))
        wire.freeze()
        with pytest.raises(IntakeUnavailable):
            await asyncio.wait_for(gateway._texts.put(scripted.text("pendant")), 5)
        await wire.close()
        await wire.mend()
        async with asyncio.timeout(10):
            while True:
                with contextlib.suppress(IntakeUnavailable):
                    await gateway._texts.put(scripted.text("après"))
                    break
                await asyncio.sleep(0.1)


async def test_a_gateway_that_finds_no_database_connects_right_after_it_has_come(scripted, dsn, rows, redis_url):
    async with wire_to(dsn) as wire:
        await wire.cut()
        async with gateway_at_work(wire.dsn, redis_url):
            await asyncio.sleep(1.5)
            await wire.mend()
            began = asyncio.get_running_loop().time()
            await until(rows, "select state from conversations_linkstate", [("bound",)])
            assert asyncio.get_running_loop().time() - began < 3.0, "it did not look at its links again"


async def test_a_link_that_cannot_be_made_costs_the_others_nothing(scripted, dsn, rows, redis_url):
    async def link(name, **fields):
        return await Link.objects.acreate(organisation=scripted.organisation, name=name, **fields)

    await link("sans adaptateur", adapter="gone.provider")
    await link("réglages", adapter="scripted", settings=["not", "a", "table"])
    await link("secret", adapter="scripted", secret=b"sealed by nobody")
    async with gateway_at_work(dsn, redis_url) as (_, task):
        await until(
            rows,
            """select name, state from conversations_linkstate join conversations_link link on link.id = link_id
               order by name""",
            [
                ("Savane Mobile", "bound"),
                ("réglages", "failed"),
                ("sans adaptateur", "failed"),
                ("secret", "failed"),
            ],
        )
        assert not task.done()


async def test_a_link_that_is_deleted_at_work_stops_nobody_from_saying_how_he_is(scripted, dsn, rows, redis_url):
    first = await Link.objects.acreate(
        id="00000000-0000-7000-8000-000000000000",
        organisation=scripted.organisation,
        name="Premier",
        adapter="scripted",
    )
    async with gateway_at_work(dsn, redis_url) as (gateway, _):
        await until(rows, "select count(*) from conversations_linkstate where state = 'bound'", [(2,)])
        await first.adelete()
        gateway._reload.set()
        await asyncio.sleep(1.5)
        made = next(link for link in ScriptedLink.made if link.config.name == "Savane Mobile")
        made.intake.state("failed", error="encore en vie")
        await until(rows, "select error from conversations_linkstate", [("encore en vie",)], 8)


async def test_connected_since_is_since_this_gateway_connected(scripted, dsn, rows, redis_url):
    an_hour_ago = (
        "select count(*) from conversations_linkstate where state = 'bound' and since < now() - interval '1 h'"
    )
    async with gateway_at_work(dsn, redis_url):
        await until(rows, "select count(*) from conversations_linkstate where state = 'bound'", [(1,)])
    await LinkState.objects.aupdate(since="2026-01-01T00:00Z")
    await until(rows, an_hour_ago, [(1,)])
    async with gateway_at_work(dsn, redis_url):
        await until(rows, an_hour_ago, [(0,)])


async def test_a_gateway_whose_intake_has_died_ends_so_that_it_is_started_again(scripted, dsn, redis_url, monkeypatch):
    async def broken(_self):
        raise RuntimeError("a bug")

    monkeypatch.setattr(Batcher, "run", broken)
    async with gateway_at_work(dsn, redis_url) as (_, task):
        with pytest.raises(RuntimeError, match="a bug"):
            await asyncio.wait_for(asyncio.shield(task), 10)


async def test_answers_to_texts_that_could_not_be_noted_are_noted_later(scripted, dsn, rows, redis_url):
    """Else the next bind takes the same words, truly sent again, for a copy."""
    async with wire_to(dsn) as wire, at_work(scripted, wire.dsn, redis_url):
        await until(lambda _sql: [(len(ScriptedLink.made),)], "", [(1,)])
        intake = ScriptedLink.made[0].intake
        item = scripted.text("1", key="k").item
        await intake.text(item)
        await wire.cut()
        intake.confirmed(["k"])
        await asyncio.sleep(1.2)
        await wire.mend()
        await until(rows, "select confirmed from conversations_seen", [(True,)])


async def test_answers_proved_at_the_very_end_are_noted(scripted, dsn, rows, redis_url):
    async with at_work(scripted, dsn, redis_url) as link:
        await until(lambda _sql: [(len(ScriptedLink.made),)], "", [(1,)])
        intake = ScriptedLink.made[0].intake
        await intake.text(scripted.text("1", key="k").item)
        intake.confirmed(["k"])
        link.stop()
    assert await sync_to_async(rows)("select confirmed from conversations_seen") == [(True,)]


async def test_what_nobody_answered_is_unknown_soon_even_when_it_was_claimed_after_the_lease_changed_hands(
    scripted, conversation, dsn, rows, redis_url
):
    """A slow owner's claim may commit just after the next one has looked for what was left unanswered."""
    message = await sync_to_async(say)(conversation)
    ScriptedLink.bound = False
    async with at_work(scripted, dsn, redis_url), await connect(dsn) as former:
        await until(lambda _sql: [(len(ScriptedLink.made),)], "", [(1,)])
        await asyncio.sleep(1.0)
        await former.execute("update conversations_delivery set state = 1")
        await former.execute(
            """insert into conversations_attempt (id, organisation_id, message_id, link_id, part, epoch, state)
               values (uuidv7(), %s, %s, %s, 1, 0, 1)""",
            [scripted.organisation.id, message, scripted.link.id],
        )
        await until(rows, STATE, [(DeliveryState.UNKNOWN, "crash")], 15)


async def test_no_words_and_no_secret_reach_the_log(caplog):
    async def refuse(_items):
        raise psycopg.errors.NotNullViolation('null value\nDETAIL:  Failing row contains (7, "mon mot secret").')

    batcher: Batcher = Batcher(refuse, largest=10, room=10)
    task = asyncio.create_task(batcher.run())
    with caplog.at_level(logging.DEBUG), pytest.raises(IntakeUnavailable):
        await batcher.put("x")
    task.cancel()
    assert "could not be stored" in caplog.text
    assert "mot secret" not in caplog.text
    assert "hunter2" not in repr(LinkConfig(None, None, "", {}, "hunter2", ()))


async def test_a_batcher_that_ends_leaves_nobody_waiting():
    async def away(_items):
        raise psycopg.OperationalError("away")

    batcher: Batcher = Batcher(away, largest=1, room=10, patience_s=float("inf"))
    task = asyncio.create_task(batcher.run())
    waiting = [asyncio.create_task(batcher.put(n)) for n in range(3)]
    await asyncio.sleep(0.2)
    task.cancel()
    answers = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 2)
    assert all(isinstance(answer, IntakeUnavailable) for answer in answers)


@pytest.mark.timeout(60)
async def test_a_gateway_that_is_told_to_stop_ends_though_the_database_has_long_said_nothing(
    scripted, dsn, redis_url, monkeypatch
):
    """Its supervisor waits for that before it starts another; psycopg alone would wait 10 s for each connection."""
    monkeypatch.setattr("conversations.link_owner.LEASE_S", 5.0)
    monkeypatch.setattr("conversations.link_owner.MARGIN_S", 2.5)
    monkeypatch.setattr("conversations.link_owner.RENEW_EVERY_S", 0.5)
    loop = asyncio.get_running_loop()
    async with wire_to(dsn) as wire:
        others = asyncio.all_tasks()
        async with gateway_at_work(wire.dsn, redis_url) as (gateway, task):
            async with asyncio.timeout(5):
                while not ScriptedLink.made:
                    await asyncio.sleep(0.01)
            wire.freeze()
            await asyncio.sleep(7)  # the link has been left, and its owner waits for the database again
            began = loop.time()
            gateway.stop()
            await asyncio.wait([task], timeout=30)
            left = {one for one in asyncio.all_tasks() - others if one.get_name().startswith("link")}
            for one in left:  # as whoever runs the loop does at the end
                one.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            took = loop.time() - began
        print(f"ended {took:.1f} s after it was told")
        assert task.done() and took < 7.8, took
