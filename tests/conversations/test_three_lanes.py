"""People and one-time codes before bots, bots before campaigns: on a link with a rate, over a real SMPP session."""

from __future__ import annotations

import asyncio
import random

import pytest
from asgiref.sync import sync_to_async

from channels_sms.smpp.link import SmppLink
from conversations.intake import connect
from conversations.outbox import claim
from simulator.accounts import demo_accounts
from simulator.exchange import Exchange
from tests.conversations.deeds import at_work, take, until
from tests.conversations.waves import people, reply, wave

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def operator(scripted, tmp_path):
    """The simulator's operator that the link is an account of."""
    accounts = demo_accounts("palabre")
    exchange = Exchange(accounts, tmp_path / "ledger.jsonl", random.Random(7))
    port = await exchange.start(0)
    scripted.link.settings = {"host": "127.0.0.1", "port": port, "system_id": "savane", "rate_per_s": 20, "window": 50}
    await scripted.link.asave()
    yield exchange.operators["savane"]
    await exchange.stop()


@pytest.mark.parametrize("parts", [1, 3])
async def test_an_agents_reply_does_not_wait_behind_a_wave(
    scripted, conversation, operator, dsn, rows, redis_url, parts
):
    await people(scripted, dsn, 60)
    await sync_to_async(wave)(scripted.link.id, parts=parts)
    async with at_work(scripted, dsn, redis_url, adapter=SmppLink):
        async with asyncio.timeout(10):
            while operator.submitted_count < 12:
                await asyncio.sleep(0.01)
        await sync_to_async(reply)(conversation, "d'Ana")
        before = operator.submitted_count
        await until(rows, "select state >= 3 from conversations_delivery where lane = 0", [(True,)])
        assert operator.submitted_count < 60 * parts, "the wave was not under way any more"
    operator._ledger.flush()
    texts = [row["text"] for row in operator._ledger.since(0, 100_000) if row["command"] == "submit_sm"]
    # 20 a second: half a second is ten parts. It has waited for fewer.
    assert texts.index("d'Ana") - before <= 10


async def test_what_is_claimed_is_no_more_than_there_is_room_for_in_parts(scripted, operator, dsn):
    await people(scripted, dsn, 30)
    await sync_to_async(wave)(scripted.link.id, parts=3)
    async with await connect(dsn) as connection:
        lease = await take(connection, scripted.link.id)
        assert len(await claim(connection, lease=lease, link_id=scripted.link.id, room=10)) == 12  # of four texts
        assert len(await claim(connection, lease=lease, link_id=scripted.link.id, room=1)) == 3  # never in pieces
        assert await claim(connection, lease=lease, link_id=scripted.link.id, room=10, last_lane=1) == []


async def test_lanes_leave_in_their_order(scripted, conversation, operator, dsn):
    await people(scripted, dsn, 5)
    await sync_to_async(wave)(scripted.link.id)
    await sync_to_async(reply)(conversation, "d'Ana")
    async with await connect(dsn) as connection:
        lease = await take(connection, scripted.link.id)
        lanes = [p.lane for p in await claim(connection, lease=lease, link_id=scripted.link.id, room=10)]
    assert lanes == [0, 2, 2, 2, 2, 2]


async def test_a_throttling_operator_fails_nothing_however_long_and_gets_all_in_the_end(
    scripted, conversation, operator, dsn, rows, redis_url, monkeypatch
):
    monkeypatch.setattr("conversations.submitting.RETRY_S", 0.1)
    monkeypatch.setattr("conversations.outcomes.MOST_REFUSALS", 3)  # a throttle is none
    monkeypatch.setattr("channels_sms.smpp.pace._PAUSE_S", 0.05)
    operator.behaviour.change({"throttle": 1.0})
    await people(scripted, dsn, 10)
    await sync_to_async(wave)(scripted.link.id)
    async with at_work(scripted, dsn, redis_url, adapter=SmppLink) as owner:
        async with asyncio.timeout(20):
            while owner.figures["throttled"] < 12:
                await asyncio.sleep(0.02)
        assert await sync_to_async(rows)("select count(*) from conversations_delivery where state > 1") == [(0,)]
        facts = owner.facts()
        assert facts["throttled_lately"][0] >= 12
        assert facts["slow"]
        assert "0x00000058" in facts["last_error"]["text"]
        operator.behaviour.change({"throttle": 0})
        await until(rows, "select count(*) from conversations_delivery where state in (3, 4)", [(10,)], limit_s=20)


async def test_the_facts_of_a_link_at_work_say_how_it_does(scripted, conversation, operator, dsn, rows, redis_url):
    await people(scripted, dsn, 3)
    await sync_to_async(reply)(conversation, "un")
    async with at_work(scripted, dsn, redis_url, adapter=SmppLink) as owner:
        await until(rows, "select count(*) from conversations_delivery where state in (3, 4)", [(1,)])
        async with asyncio.timeout(10):
            while owner.facts()["queued_by_lane"] != [0, 0, 0]:
                await asyncio.sleep(0.02)
        facts = owner.facts()
    assert facts["rate_set"] == facts["rate_now"] == 20
    assert facts["out_per_minute"] == 1
    assert [bind["state"] for bind in facts["binds"]] == ["bound"]
    assert facts["round_trip_ms"][0] > 0
    assert facts["last_error"] is None
