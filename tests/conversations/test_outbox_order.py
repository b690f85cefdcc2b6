"""The answers of one conversation reach the operator in the order in which they stand there."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async

from conversations.adapters import SubmitRefused, SubmitUnknown
from conversations.intake import CONNECTION_SETTINGS, LOOKUP_SETTINGS, connect, store
from conversations.messages import lock_conversation, send_message
from conversations.models import Author, Conversation, DeliveryState
from conversations.outbox import CLAIMS, claim
from conversations.outcomes import Outcome, store_results
from realtime.log import record_changes
from tests.conversations.deeds import at_work, say, take, until
from tests.conversations.scripted import ScriptedLink

pytestmark = pytest.mark.django_db(transaction=True)


def answer_by_a_person(conversation: Conversation, body: str) -> None:
    """On the first lane, before everything that the bot says."""
    with record_changes(conversation.organisation_id) as changes:
        locked = lock_conversation(organisation_id=conversation.organisation_id, conversation_id=conversation.id)
        send_message(changes=changes, conversation=locked, body=body, author=Author.AGENT)


async def test_a_persons_answer_does_not_overtake_what_the_bot_said_before(scripted, conversation, dsn, redis_url):
    await sync_to_async(say)(conversation, "un, du bot")
    await sync_to_async(say)(conversation, "deux, du bot")
    await sync_to_async(answer_by_a_person)(conversation, "trois, d'Ana")
    async with at_work(scripted, dsn, redis_url):
        async with asyncio.timeout(10):
            while len(ScriptedLink.made) == 0 or len(ScriptedLink.made[0].submitted) < 3:
                await asyncio.sleep(0.02)
    assert [part.text for part in ScriptedLink.made[0].submitted] == ["un, du bot", "deux, du bot", "trois, d'Ana"]


async def test_what_follows_an_answer_that_is_refused_for_now_waits_for_it(
    scripted, conversation, dsn, rows, redis_url, monkeypatch
):
    monkeypatch.setattr("conversations.submitting.RETRY_S", 0.2)
    taken: list[str] = []
    refusals = [SubmitRefused(0x58, "throttled", permanent=False, throttled=True)] * 2

    async def answer(part):
        if part.text == "un" and refusals:
            await asyncio.sleep(0.05)  # the answer comes when the next could long have left
            raise refusals.pop()
        taken.append(part.text)
        return (f"id-{part.message_id}",)

    ScriptedLink.answer = staticmethod(answer)
    for body in ("un", "deux", "trois"):
        await sync_to_async(say)(conversation, body)
    async with at_work(scripted, dsn, redis_url):
        await until(rows, "select count(*) from conversations_delivery where state = 3", [(3,)])
    assert taken == ["un", "deux", "trois"]


async def test_one_conversation_holds_up_no_other_and_the_next_leaves_at_once(scripted, dsn, rows, redis_url):
    async with await connect(dsn, **CONNECTION_SETTINGS) as connection:
        await store(connection, [scripted.text(sender=f"+22901970000{n:02d}") for n in range(5)])
    several = await sync_to_async(list)(Conversation.objects.select_related("line", "address"))
    for body in ("un", "deux", "trois"):
        for conversation in several:
            await sync_to_async(say)(conversation, body)
    async with await connect(dsn) as connection:
        lease = await take(connection, scripted.link.id)
        for body in ("un", "deux", "trois"):
            parts = await claim(connection, lease=lease, link_id=scripted.link.id, room=50)
            assert [part.text for part in parts] == [body] * 5
            assert await claim(connection, lease=lease, link_id=scripted.link.id, room=50) == []
            told = [Outcome(p.attempt_id, p.message_id, DeliveryState.SENT, (str(p.attempt_id),)) for p in parts]
            await store_results(connection, link_id=scripted.link.id, outcomes=told, receipts=[])


async def test_the_next_answer_needs_no_sweep_to_leave(scripted, conversation, dsn, rows, redis_url):
    for number in range(10):
        await sync_to_async(say)(conversation, f"{number}")
    async with at_work(scripted, dsn, redis_url):
        # Ten sweeps would take ten seconds.
        await until(rows, "select count(*) from conversations_delivery where state = 3", [(10,)], limit_s=8)


@pytest.mark.usefixtures("new_tables")
async def test_what_stands_before_an_answer_is_found_by_index(scripted, conversation, dsn, rows):
    async with await connect(dsn, **LOOKUP_SETTINGS) as connection:
        await connection.execute(
            """insert into conversations_delivery (message_id, organisation_id, conversation_id, line_id, link_id,
                   source, destination, lane, encoding, parts, reference, state)
               select uuidv7(), organisation_id, id, line_id, link_id, '1919', '+229', 1, 'gsm7', 1, 1,
                      case when n > 4900 then 0 else 4 end
               from conversations_conversation, generate_series(1, 5000) n"""
        )
        await connection.execute("analyze conversations_delivery")
        lease = await take(connection, scripted.link.id)
        cursor = await connection.execute(
            f"explain {CLAIMS[50]}",
            {
                "link": scripted.link.id,
                "lease": lease.name,
                "owner": lease.owner,
                "epoch": lease.epoch,
                "room": 50,
                "lane": 2,
            },
        )
        plan = "\n".join(line for (line,) in await cursor.fetchall())
    assert "Seq Scan on conversations_delivery" not in plan, plan
    assert "conversation_id_message_id_idx" in plan, plan


async def test_what_a_person_says_lifts_what_the_bot_said_before_it(scripted, conversation, dsn, rows):
    """It may not overtake it, and must not wait with it behind what the bot says to everybody else."""
    async with await connect(dsn, **CONNECTION_SETTINGS) as connection:
        await store(connection, [scripted.text(sender=f"+22901970000{n:02d}") for n in range(5)])
    for other in await sync_to_async(list)(Conversation.objects.exclude(id=conversation.id).select_related("address")):
        await sync_to_async(say)(other, "à tous")
    await sync_to_async(say)(conversation, "un, du bot")
    await sync_to_async(answer_by_a_person)(conversation, "deux, d'Ana")
    left = []
    async with await connect(dsn) as connection:
        lease = await take(connection, scripted.link.id)
        for _ in range(3):
            [part] = await claim(connection, lease=lease, link_id=scripted.link.id, room=1)
            left.append(part.text)
            told = [Outcome(part.attempt_id, part.message_id, DeliveryState.SENT, (str(part.attempt_id),))]
            await store_results(connection, link_id=scripted.link.id, outcomes=told, receipts=[])
    assert left == ["un, du bot", "deux, d'Ana", "à tous"]


LONG = "a" * 500  # four parts


async def test_the_parts_of_a_text_leave_in_their_order_though_one_is_refused_for_now(
    scripted, conversation, dsn, rows, redis_url, monkeypatch
):
    monkeypatch.setattr("conversations.submitting.RETRY_S", 0.2)
    taken: list[int] = []
    refusals = [SubmitRefused(0x58, "throttled", permanent=False, throttled=True)] * 2

    async def answer(part):
        if part.part == 2 and refusals:
            await asyncio.sleep(0.05)
            raise refusals.pop()
        taken.append(part.part)
        return (f"{part.message_id}-{part.part}",)

    ScriptedLink.answer = staticmethod(answer)
    await sync_to_async(say)(conversation, LONG)
    async with at_work(scripted, dsn, redis_url):
        await until(rows, "select count(*) from conversations_delivery where state = 3", [(1,)])
    assert taken == [1, 2, 3, 4]


async def test_of_a_text_that_is_refused_for_good_no_further_part_leaves(scripted, conversation, dsn, rows, redis_url):
    def answer(part):
        if part.part == 2:
            raise SubmitRefused(0x0B, "invalid destination address", permanent=True)
        return (f"{part.message_id}-{part.part}",)

    ScriptedLink.answer = staticmethod(answer)
    await sync_to_async(say)(conversation, LONG)
    await sync_to_async(say)(conversation, "après")
    async with at_work(scripted, dsn, redis_url):
        await until(rows, "select state from conversations_delivery order by message_id", [(5,), (3,)])
        await asyncio.sleep(0.3)
    [link] = ScriptedLink.made
    assert [(part.part, part.text[:5]) for part in link.submitted] == [(1, "aaaaa"), (2, "aaaaa"), (1, "après")]


async def test_a_part_without_an_answer_is_followed_by_the_others(scripted, conversation, dsn, rows, redis_url):
    def answer(part):
        if part.part == 2:
            raise SubmitUnknown("no answer")
        return (f"{part.message_id}-{part.part}",)

    ScriptedLink.answer = staticmethod(answer)
    await sync_to_async(say)(conversation, LONG)
    async with at_work(scripted, dsn, redis_url):
        await until(rows, "select state from conversations_delivery", [(DeliveryState.UNKNOWN,)])
        await until(rows, "select count(*) from conversations_attempt where state = 3", [(3,)])
    assert [part.part for part in ScriptedLink.made[0].submitted] == [1, 2, 3, 4]
