"""Answers and receipts are kept whatever is wrong with one of them, and whatever happens to the database meanwhile."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async

from conversations import results
from conversations.adapters import InboundReceipt, SubmitRefused, SubmitUnknown
from conversations.intake import connect
from conversations.models import DeliveryState
from conversations.outbox import claim
from conversations.outcomes import Outcome, ReadyReceipt, store_results
from tests.conversations.deeds import STATE, at_work, say, take, until
from tests.conversations.scripted import ScriptedLink
from tests.conversations.wire import wire_to

pytestmark = pytest.mark.django_db(transaction=True)


async def claimed(connection, scripted):
    lease = await take(connection, scripted.link.id)
    [part] = await claim(connection, lease=lease, link_id=scripted.link.id, room=10)
    return part


def receipt(scripted, *ids, state="delivered", address="+2290197000001", error=""):
    return ReadyReceipt(address, InboundReceipt(scripted.link.id, ids, "", state, error, "", b"raw"))


@pytest.mark.parametrize(
    "bad",
    [("9\x009",), ("9" * 300,), ("9\ud83d",)],
    ids=["nul", "long", "surrogate"],
)
async def test_a_receipt_that_cannot_be_stored_as_it_is_costs_nobody_elses_answer(
    scripted, conversation, dsn, rows, redis_url, bad
):
    asked = asyncio.Event()

    async def answer(part):
        asked.set()
        await asyncio.sleep(0)
        await asyncio.gather(
            ScriptedLink.made[0].intake.receipt(receipt(scripted, *bad, error="e\x00\ud800").item),
            return_exceptions=True,
        )
        return ("77",)

    ScriptedLink.answer = staticmethod(answer)
    await sync_to_async(say)(conversation)
    async with at_work(scripted, dsn, redis_url):
        await until(rows, STATE, [(DeliveryState.SENT, "")], 6)
        assert await sync_to_async(rows)("select count(*) from conversations_receipt") == [(1,)]


async def test_an_answer_that_a_fault_of_ours_keeps_from_being_stored_holds_up_none_after_it(
    scripted, conversation, dsn, rows, redis_url, monkeypatch, caplog
):
    """Without an end to the tries its conversation would wait until the link has another owner."""

    async def faulty(connection, *, link_id, outcomes, receipts):
        if any(outcome.provider_ids == ("bad",) for outcome in outcomes):
            raise KeyError("a fault of ours")
        return await store_results(connection, link_id=link_id, outcomes=outcomes, receipts=receipts)

    monkeypatch.setattr(results, "store_results", faulty)
    monkeypatch.setattr(results, "MOST_FAULTS", 2)
    ScriptedLink.answer = staticmethod(lambda part: ("bad",) if part.text == "première" else ("77",))
    for words in ("première", "seconde"):
        await sync_to_async(say)(conversation, words)
    async with at_work(scripted, dsn, redis_url):
        await until(rows, STATE, [(DeliveryState.SENT, ""), (DeliveryState.SENT, "")], 15)
    assert [part.text for part in ScriptedLink.made[0].submitted] == ["première", "seconde"]
    assert "the provider's id is 'bad', and cannot be stored as it is" in caplog.text


async def test_a_parked_receipt_of_another_number_is_not_this_messages(scripted, conversation, dsn, rows):
    message = await sync_to_async(say)(conversation)
    async with await connect(dsn) as connection:
        part = await claimed(connection, scripted)
        stranger = receipt(scripted, "77", state="failed", address="+2290190000009")
        await store_results(connection, link_id=scripted.link.id, outcomes=[], receipts=[stranger])
        sent = Outcome(part.attempt_id, message, DeliveryState.SENT, ("77",))
        await store_results(connection, link_id=scripted.link.id, outcomes=[sent], receipts=[])
        assert await sync_to_async(rows)(STATE) == [(DeliveryState.SENT, "")]
        await store_results(connection, link_id=scripted.link.id, outcomes=[], receipts=[receipt(scripted, "77")])
        assert await sync_to_async(rows)(STATE) == [(DeliveryState.DELIVERED, "")]


async def test_an_answer_and_its_receipt_in_one_batch_keep_the_providers_id(scripted, conversation, dsn, rows):
    message = await sync_to_async(say)(conversation)
    async with await connect(dsn) as connection:
        part = await claimed(connection, scripted)
        sent = Outcome(part.attempt_id, message, DeliveryState.SENT, ("4D", "77"))
        await store_results(connection, link_id=scripted.link.id, outcomes=[sent], receipts=[receipt(scripted, "77")])
    assert await sync_to_async(rows)("select state, provider_id from conversations_attempt") == [
        (DeliveryState.DELIVERED, "4D")
    ]


async def test_an_answer_and_its_early_receipt_stored_by_two_processes_find_each_other(
    scripted, conversation, dsn, rows
):
    """The former owner of a link still stores what it knows while the next one takes receipts."""
    message = await sync_to_async(say)(conversation)
    async with await connect(dsn) as one, await connect(dsn) as two, await connect(dsn) as third:
        part = await claimed(one, scripted)
        sent = Outcome(part.attempt_id, message, DeliveryState.SENT, ("77",))
        async with third.transaction():
            # Both are under way at once: the former owner waits for the message's row, having looked for receipts.
            await third.execute("select from conversations_delivery for update")
            former = asyncio.create_task(store_results(one, link_id=scripted.link.id, outcomes=[sent], receipts=[]))
            await asyncio.sleep(0.2)
            new = asyncio.create_task(
                store_results(two, link_id=scripted.link.id, outcomes=[], receipts=[receipt(scripted, "77")])
            )
            await asyncio.sleep(0.2)
        await asyncio.gather(former, new)
    assert await sync_to_async(rows)(STATE) == [(DeliveryState.DELIVERED, "")]


async def test_what_was_surely_not_written_goes_out_though_it_was_called_unknown(scripted, conversation, dsn, rows):
    """A new owner calls it unknown; the former one, which was only slow, knows better."""
    message = await sync_to_async(say)(conversation)
    async with await connect(dsn) as connection:
        part = await claimed(connection, scripted)
        for outcome in (
            Outcome(part.attempt_id, message, DeliveryState.UNKNOWN, error_code="crash"),
            Outcome(part.attempt_id, message, DeliveryState.QUEUED, withdrawn=True),
        ):
            await store_results(connection, link_id=scripted.link.id, outcomes=[outcome], receipts=[])
    assert await sync_to_async(rows)(STATE) == [(DeliveryState.QUEUED, "")]


async def test_an_answer_that_came_while_the_database_was_away_is_stored_when_it_is_back(
    scripted, conversation, dsn, rows, redis_url, monkeypatch
):
    monkeypatch.setattr("conversations.link_owner.LEASE_S", 2.0)
    monkeypatch.setattr("conversations.link_owner.MARGIN_S", 0.6)
    monkeypatch.setattr("conversations.link_owner.RENEW_EVERY_S", 0.4)
    async with wire_to(dsn) as wire:

        async def answer(_part):
            await wire.cut()
            return ("77",)

        ScriptedLink.answer = staticmethod(answer)
        await sync_to_async(say)(conversation)
        async with at_work(scripted, wire.dsn, redis_url) as link:
            async with asyncio.timeout(10):
                while not (ScriptedLink.made and ScriptedLink.made[0].submitted):
                    await asyncio.sleep(0.01)
                while link.holds_lease:
                    await asyncio.sleep(0.05)  # the lease could not be renewed: the link was left
            await asyncio.sleep(1.5)
            assert await sync_to_async(rows)(STATE) == [(DeliveryState.SENDING, "")]
            await wire.mend()
            await until(rows, STATE, [(DeliveryState.SENT, "")])
            async with asyncio.timeout(10):
                while not link.holds_lease:
                    await asyncio.sleep(0.05)


async def test_an_answer_that_came_late_is_stored_though_the_database_was_away(
    scripted, conversation, dsn, rows, redis_url
):
    def answer(_part):
        raise SubmitUnknown("no answer")

    ScriptedLink.answer = staticmethod(answer)
    await sync_to_async(say)(conversation)
    async with wire_to(dsn) as wire, at_work(scripted, wire.dsn, redis_url):
        await until(rows, STATE, [(DeliveryState.UNKNOWN, "silence")])
        [link] = ScriptedLink.made
        await wire.cut()
        link.intake.late(link.submitted[0].attempt_id, ("77",))
        await asyncio.sleep(0.5)
        await wire.mend()
        await until(rows, STATE, [(DeliveryState.SENT, "")])


async def test_a_receipt_settles_what_had_no_answer_where_its_id_is_known_without_one(
    scripted, conversation, dsn, rows, redis_url
):
    def answer(part):
        raise SubmitUnknown("no answer", provider_ids=(str(part.message_id),))

    ScriptedLink.answer = staticmethod(answer)
    await sync_to_async(say)(conversation)
    async with at_work(scripted, dsn, redis_url):
        await until(rows, STATE, [(DeliveryState.UNKNOWN, "silence")])
        [link] = ScriptedLink.made
        await link.intake.receipt(receipt(scripted, str(link.submitted[0].message_id)).item)
        await until(rows, STATE, [(DeliveryState.DELIVERED, "")])


@pytest.mark.parametrize(
    ("late", "state", "code"),
    [
        (SubmitRefused(0x0B, "invalid destination address", permanent=True), DeliveryState.FAILED, "0x0000000B"),
        (SubmitRefused(0x14, "queue full", permanent=False, throttled=True), DeliveryState.SENT, ""),
    ],
)
async def test_a_refusal_that_came_late_settles_what_was_unknown(
    scripted, conversation, dsn, rows, redis_url, monkeypatch, late, state, code
):
    monkeypatch.setattr("conversations.results.RETRY_S", 0.1)
    answers = [SubmitUnknown("no answer"), ("78",)]

    def answer(_part):
        given = answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    ScriptedLink.answer = staticmethod(answer)
    await sync_to_async(say)(conversation)
    async with at_work(scripted, dsn, redis_url):
        await until(rows, STATE, [(DeliveryState.UNKNOWN, "silence")])
        [link] = ScriptedLink.made
        link.intake.late(link.submitted[0].attempt_id, late)
        await until(rows, STATE, [(state, code)])


async def test_a_text_that_the_operator_always_refuses_for_now_is_given_up_at_last(
    scripted, conversation, dsn, rows, redis_url, monkeypatch
):
    monkeypatch.setattr("conversations.submitting.RETRY_S", 0.001)
    monkeypatch.setattr("conversations.outcomes.MOST_REFUSALS", 4)

    def answer(_part):
        raise SubmitRefused(0x08, "system error", permanent=False)

    ScriptedLink.answer = staticmethod(answer)
    await sync_to_async(say)(conversation)
    async with at_work(scripted, dsn, redis_url):
        await until(rows, STATE, [(DeliveryState.FAILED, "0x00000008")])
    assert await sync_to_async(rows)("select count(*) from conversations_attempt") == [(4,)]
