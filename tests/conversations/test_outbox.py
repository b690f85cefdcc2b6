"""An answer leaves once, its state says what happened in the world, and a crash is admitted."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async

from common.errors import Conflict, Invalid
from conversations.adapters import InboundPart, InboundReceipt, SubmitRefused, SubmitUnknown
from conversations.intake import CONNECTION_SETTINGS, connect, store
from conversations.models import Conversation, DeliveryState
from conversations.outbox import claim, unfinished
from conversations.outcomes import Outcome, ReadyReceipt, store_results
from tests.conversations.deeds import STATE, at_work, say, take, until
from tests.conversations.scripted import ScriptedLink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.needs("RFP-029")
async def test_an_answer_is_claimed_submitted_and_delivered(scripted, conversation, dsn, rows, redis_url):
    await sync_to_async(say)(conversation)
    async with at_work(scripted, dsn, redis_url) as owner:
        await until(rows, STATE, [(DeliveryState.SENT, "")])
        assert owner.figures == {"sent": 1, "refused": 0, "throttled": 0, "unanswered": 0}
        [link] = ScriptedLink.made
        [part] = link.submitted
        assert (part.source, part.destination, part.text, part.part, part.parts) == (
            "1919",
            "+2290197000001",
            "Bonjour, ici Awa",
            1,
            1,
        )
        await link.intake.receipt(
            InboundReceipt(scripted.link.id, (f"id-{part.message_id}-1",), "22997000001", "delivered", "", "", b"")
        )
        await until(rows, STATE, [(DeliveryState.DELIVERED, "")])
    events = await sync_to_async(rows)(
        "select (data->'items'->0->>4)::int from realtime_event where type = 'deliveries.progressed' order by seq"
    )
    assert events == [(DeliveryState.SENT,), (DeliveryState.DELIVERED,)]


@pytest.mark.needs("BUS-019")
async def test_a_receipt_before_its_answer_is_parked_then_matched(scripted, conversation, dsn, rows):
    message = await sync_to_async(say)(conversation)
    async with await connect(dsn) as connection:
        lease = await take(connection, scripted.link.id)
        [part] = await claim(connection, lease=lease, link_id=scripted.link.id, room=10)
        early = ReadyReceipt("+2290197000001", InboundReceipt(scripted.link.id, ("77",), "", "delivered", "", "", b""))
        await store_results(connection, link_id=scripted.link.id, outcomes=[], receipts=[early])
        ask = sync_to_async(rows)
        assert await ask("select attempt_id from conversations_receipt") == [(None,)]
        sent = Outcome(part.attempt_id, message, DeliveryState.SENT, ("4d", "77"))
        await store_results(connection, link_id=scripted.link.id, outcomes=[sent], receipts=[])
        assert await ask(STATE) == [(DeliveryState.DELIVERED, "")]
        assert await ask("select attempt_id from conversations_receipt") == [(part.attempt_id,)]


@pytest.mark.needs("BUS-019")
@pytest.mark.parametrize(
    "order", [["delivered", "enroute"], ["delivered"] * 5, ["enroute", "delivered", "failed"], ["expired", "enroute"]]
)
async def test_a_state_only_moves_forward(scripted, conversation, dsn, rows, order):
    message = await sync_to_async(say)(conversation)
    async with await connect(dsn) as connection:
        lease = await take(connection, scripted.link.id)
        [part] = await claim(connection, lease=lease, link_id=scripted.link.id, room=10)
        await store_results(
            connection,
            link_id=scripted.link.id,
            receipts=[],
            outcomes=[Outcome(part.attempt_id, message, DeliveryState.SENT, ("77",))],
        )
        for state in order:
            receipt = ReadyReceipt("+2290197000001", InboundReceipt(scripted.link.id, ("77",), "", state, "", "", b""))
            await store_results(connection, link_id=scripted.link.id, outcomes=[], receipts=[receipt])
    final = DeliveryState.EXPIRED if "expired" in order else DeliveryState.DELIVERED
    assert [row[0] for row in await sync_to_async(rows)(STATE)] == [final]
    assert await sync_to_async(rows)("select count(*) from conversations_receipt where attempt_id is not null") == [
        (len(order),)
    ]


async def test_a_receipt_of_an_unknown_id_or_another_number_changes_nothing(scripted, conversation, dsn, rows):
    message = await sync_to_async(say)(conversation)
    async with await connect(dsn) as connection:
        lease = await take(connection, scripted.link.id)
        [part] = await claim(connection, lease=lease, link_id=scripted.link.id, room=10)
        await store_results(
            connection,
            link_id=scripted.link.id,
            receipts=[],
            outcomes=[Outcome(part.attempt_id, message, DeliveryState.SENT, ("77",))],
        )
        for keys, address in ((("99",), "+2290197000001"), (("77",), "+2290190000009")):
            receipt = ReadyReceipt(address, InboundReceipt(scripted.link.id, keys, "", "failed", "", "", b""))
            await store_results(connection, link_id=scripted.link.id, outcomes=[], receipts=[receipt])
    assert await sync_to_async(rows)(STATE) == [(DeliveryState.SENT, "")]


async def test_a_long_answer_is_delivered_when_all_its_parts_are(scripted, conversation, dsn, rows):
    message = await sync_to_async(say)(conversation, "a" * 400)
    async with await connect(dsn) as connection:
        lease = await take(connection, scripted.link.id)
        parts = await claim(connection, lease=lease, link_id=scripted.link.id, room=10)
        assert [part.part for part in parts] == [1, 2, 3]
        for part in parts:
            await store_results(
                connection,
                link_id=scripted.link.id,
                receipts=[],
                outcomes=[Outcome(part.attempt_id, message, DeliveryState.SENT, (f"p{part.part}",))],
            )
        for number, state in ((1, DeliveryState.SENT), (2, DeliveryState.SENT), (3, DeliveryState.DELIVERED)):
            receipt = ReadyReceipt(
                "+2290197000001", InboundReceipt(scripted.link.id, (f"p{number}",), "", "delivered", "", "", b"")
            )
            await store_results(connection, link_id=scripted.link.id, outcomes=[], receipts=[receipt])
            assert await sync_to_async(rows)(STATE) == [(state, "")]


async def test_two_claimers_never_take_the_same_row(scripted, dsn, rows):
    async with await connect(dsn, **CONNECTION_SETTINGS) as connection:
        await store(connection, [scripted.text(sender=f"+22901970001{n:02d}") for n in range(30)])
    for conversation in await sync_to_async(list)(Conversation.objects.select_related("line", "address")):
        await sync_to_async(say)(conversation)
    async with await connect(dsn) as one, await connect(dsn) as two:
        lease = await take(one, scripted.link.id)
        taken = []
        while True:
            both = await asyncio.gather(*(claim(c, lease=lease, link_id=scripted.link.id, room=10) for c in (one, two)))
            if not any(both):
                break
            taken += [part.message_id for parts in both for part in parts]
    assert len(taken) == len(set(taken)) == 30


async def test_an_owner_of_the_past_claims_nothing(scripted, conversation, dsn, rows):
    await sync_to_async(say)(conversation)
    async with await connect(dsn) as connection:
        old = await take(connection, scripted.link.id, "old", seconds=60)
        assert await take(connection, scripted.link.id, "new") is None, "the lease holds until it expires"
        await connection.execute("update jobs_lease set expires_at = clock_timestamp()")
        new = await take(connection, scripted.link.id, "new")
        assert new.epoch == old.epoch + 1
        assert await claim(connection, lease=old, link_id=scripted.link.id, room=10) == []
        assert len(await claim(connection, lease=new, link_id=scripted.link.id, room=10)) == 1


async def test_what_a_crash_left_unanswered_is_unknown_and_not_sent_again(scripted, conversation, dsn, rows, redis_url):
    await sync_to_async(say)(conversation)
    async with await connect(dsn) as connection:
        lease = await take(connection, scripted.link.id)
        assert len(await claim(connection, lease=lease, link_id=scripted.link.id, room=10)) == 1
        assert await unfinished(connection, link_id=scripted.link.id, epoch=lease.epoch) == []
    async with at_work(scripted, dsn, redis_url):
        await until(rows, STATE, [(DeliveryState.UNKNOWN, "crash")])
        await asyncio.sleep(1.2)
        assert [part for link in ScriptedLink.made for part in link.submitted] == []


async def test_a_throttled_part_waits_and_goes_out_once(scripted, conversation, dsn, rows, redis_url, monkeypatch):
    monkeypatch.setattr("conversations.submitting.RETRY_S", 0.1)
    answers = [SubmitRefused(0x58, "throttled", permanent=False, throttled=True), ("77",)]

    def answer(_part):
        given = answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    ScriptedLink.answer = staticmethod(answer)
    await sync_to_async(say)(conversation)
    async with at_work(scripted, dsn, redis_url):
        await until(rows, STATE, [(DeliveryState.SENT, "")])
    assert await sync_to_async(rows)("select withdrawn from conversations_attempt order by requested_at") == [
        (True,),
        (False,),
    ]


@pytest.mark.parametrize(
    ("fault", "state", "code"),
    [
        (SubmitRefused(0x0B, "invalid destination address", permanent=True), DeliveryState.FAILED, "0x0000000B"),
        (SubmitUnknown("no answer"), DeliveryState.UNKNOWN, "silence"),
    ],
)
async def test_a_refusal_is_final_and_a_silence_is_unknown(
    scripted, conversation, dsn, rows, redis_url, fault, state, code
):
    def answer(_part):
        raise fault

    ScriptedLink.answer = staticmethod(answer)
    await sync_to_async(say)(conversation)
    async with at_work(scripted, dsn, redis_url):
        await until(rows, STATE, [(state, code)])


async def test_two_gateways_share_a_link_one_at_a_time(scripted, conversation, dsn, rows, redis_url):
    async with at_work(scripted, dsn, redis_url, "one"), at_work(scripted, dsn, redis_url, "two"):
        await sync_to_async(say)(conversation)
        await until(rows, STATE, [(DeliveryState.SENT, "")])
        assert len(ScriptedLink.made) == 1, "only the owner makes an adapter"
    assert len([part for link in ScriptedLink.made for part in link.submitted]) == 1


async def test_a_long_text_is_one_message_whatever_the_order_of_its_parts(scripted, dsn, rows, redis_url):
    async with at_work(scripted, dsn, redis_url):
        await until(lambda _sql: [(len(ScriptedLink.made),)], "", [(1,)])
        intake = ScriptedLink.made[0].intake

        def part(number, payload, key):
            return InboundPart(scripted.link.id, key, "g", number, 3, "22997000001", "1919", 1, payload, {}, b"raw")

        for number, payload, key in (
            (3, b"c", "k3"),
            (1, b"a", "k1"),
            (1, b"a", "k1"),
            (2, b"b", "k2"),
            (2, b"b", "k2"),
        ):
            await intake.part(part(number, payload, key))
        await until(rows, "select body from conversations_message", [("abc",)])
        assert await sync_to_async(rows)("select count(*) from conversations_inboundpart") == [(0,)]
        # The reference comes round again before its text was whole: the older one is shown with its gap.
        await intake.part(part(1, b"x", "k4"))
        await intake.part(part(1, b"y", "k5"))
        await until(rows, "select body from conversations_message order by seq", [("abc",), ("x[…][…]",)])


def test_an_answer_too_long_or_empty_or_without_a_link_is_refused(scripted, conversation, rows):
    with pytest.raises(Invalid, match="at most"):
        say(conversation, "a" * 2000)
    with pytest.raises(Invalid, match="some text"):
        say(conversation, " \x00 ")
    scripted.link.is_enabled = False
    scripted.link.save()
    with pytest.raises(Conflict, match="no enabled link"):
        say(conversation)
    assert rows("select count(*) from conversations_delivery") == [(0,)]
    assert rows("select count(*) from conversations_message where kind = 'outgoing'") == [(0,)]


def test_the_event_counter_is_the_last_statement(scripted, conversation, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as captured:
        say(conversation)
    statements = [query["sql"].lower() for query in captured.captured_queries]
    counter = next(n for n, sql in enumerate(statements) if "realtime_eventhead" in sql)
    assert statements[counter + 1] == "commit"
