"""Opt-out always wins: stored with the STOP, asked at the claim and once more right before the write."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from asgiref.sync import sync_to_async

from common.errors import Conflict
from contacts.keywords import Keyword
from conversations import consent
from conversations.adapters import InboundText
from conversations.intake import CONNECTION_SETTINGS, connect, store
from conversations.models import DeliveryState, Line
from conversations.opposed import Opposed
from tests.conversations.deeds import STATE, at_work, say, until
from tests.conversations.scripted import ScriptedLink

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "+2290197000001"
SUPPRESSED = "select number, source from contacts_suppression order by number"
NOTED = "select kind, changed from contacts_consentevent order by id"


def keyword(desk, kind: Keyword, **given):
    return replace(desk.text("STOP" if kind == Keyword.OPT_OUT else kind.upper(), **given), keyword=kind)


async def take_in(dsn, *texts):
    async with await connect(dsn, **CONNECTION_SETTINGS) as connection:
        return await store(connection, list(texts))


@pytest.mark.needs("RFP-083")
async def test_a_stop_is_suppressed_when_it_is_stored(desk, dsn, rows):
    ask = sync_to_async(rows)
    await take_in(dsn, keyword(desk, Keyword.OPT_OUT), desk.text("Bonjour", sender="+2290197000002"))
    assert await ask(SUPPRESSED) == [(NUMBER, "text")]
    assert await ask(NOTED) == [("opt_out", True)]
    assert await ask("select facts->>'keyword' from conversations_message order by body") == [(None,), ("opt_out",)]


async def test_the_last_word_of_a_batch_counts(desk, dsn, rows):
    ask = sync_to_async(rows)
    await take_in(dsn, keyword(desk, Keyword.OPT_OUT), keyword(desk, Keyword.OPT_IN))
    # A START where nothing was stopped before this batch is a word like any other; the STOP before it was obeyed.
    await take_in(dsn, keyword(desk, Keyword.OPT_OUT))
    await take_in(dsn, keyword(desk, Keyword.OPT_IN), keyword(desk, Keyword.OPT_OUT))
    assert await ask(SUPPRESSED) == [(NUMBER, "text")]
    await take_in(dsn, keyword(desk, Keyword.OPT_IN))
    assert await ask(SUPPRESSED) == []


async def test_a_stop_that_is_delivered_again_does_not_undo_a_start(desk, dsn, rows):
    stop = keyword(desk, Keyword.OPT_OUT, key="the same")
    await take_in(dsn, stop)
    await take_in(dsn, keyword(desk, Keyword.OPT_IN))
    await take_in(dsn, stop)
    assert await sync_to_async(rows)(SUPPRESSED) == []


async def test_twenty_stops_at_once_are_one_opt_out(desk, dsn, rows):
    await asyncio.gather(*(take_in(dsn, keyword(desk, Keyword.OPT_OUT)) for _ in range(20)))
    changed = await sync_to_async(rows)("select count(*) filter (where changed), count(*) from contacts_consentevent")
    assert changed == [(1, 20)]


async def test_a_start_of_somebody_who_never_stopped_is_a_text(desk, dsn, rows):
    await take_in(dsn, keyword(desk, Keyword.OPT_IN))
    ask = sync_to_async(rows)
    assert await ask("select facts->>'keyword' from conversations_message") == [(None,)]
    assert await ask("select count(*) from contacts_owedreply") == [(0,)]


async def test_another_organisation_may_still_text_the_number(desk, dsn, rows):
    await take_in(dsn, keyword(desk, Keyword.OPT_OUT))
    found = await sync_to_async(consent.opposed)(desk.queue.id, [NUMBER])
    assert found == {}


async def test_nobody_can_answer_who_was_told_to_stop(scripted, conversation, dsn):
    await take_in(dsn, keyword(scripted, Keyword.OPT_OUT))
    with pytest.raises(Conflict) as refusal:
        await sync_to_async(say)(conversation)
    assert refusal.value.code == "opted_out"


async def test_a_line_may_answer_those_who_ask_again(scripted, conversation, dsn, redis_url, rows):
    await Line.objects.aupdate(answers_after_stop=True)
    await take_in(dsn, keyword(scripted, Keyword.OPT_OUT))
    with pytest.raises(Conflict):
        await sync_to_async(say)(conversation)
    await take_in(dsn, scripted.text("Et mon solde ?"))
    await sync_to_async(say)(conversation)
    async with at_work(scripted, dsn, redis_url):
        await until(rows, STATE, [(DeliveryState.SENT, "")])


@pytest.mark.needs("RFP-083")
async def test_what_was_queued_before_the_stop_is_never_written(scripted, conversation, dsn, redis_url, rows):
    await sync_to_async(say)(conversation)
    await take_in(dsn, keyword(scripted, Keyword.OPT_OUT))
    async with at_work(scripted, dsn, redis_url):
        await until(rows, STATE, [(DeliveryState.FAILED, "opted_out")])
    assert [part for link in ScriptedLink.made for part in link.submitted] == []


@pytest.mark.needs("RFP-083")
async def test_what_was_claimed_before_the_stop_is_not_written_after_it(scripted, conversation, dsn, redis_url, rows):
    """Between the claim and the write: the second part waits for the first one's answer, and the STOP comes."""
    answered = asyncio.Event()

    async def answer(part):
        if part.part == 1:
            await answered.wait()
        return (f"id-{part.part}",)

    ScriptedLink.answer = staticmethod(answer)
    await sync_to_async(say)(conversation, "x" * 200)
    opposed = Opposed(dsn)
    async with at_work(scripted, dsn, redis_url, opposed=opposed):
        await until(rows, "select count(*) from conversations_attempt", [(2,)])
        link = ScriptedLink.made[-1]
        async with asyncio.timeout(10):
            while not link.submitted:
                await asyncio.sleep(0.01)
        stop = keyword(scripted, Keyword.OPT_OUT).item
        try:
            assert await link.intake.text(replace(stop, key="stop", body="STOP", sender=NUMBER))
        finally:
            answered.set()
        await until(rows, STATE, [(DeliveryState.FAILED, "opted_out")])
    assert [part.part for part in link.submitted] == [1]


async def test_an_opt_out_of_elsewhere_is_heard_of_within_seconds(desk, dsn, rows):
    opposed = Opposed(dsn)
    following = asyncio.create_task(opposed.run())
    try:
        await take_in(dsn, keyword(desk, Keyword.OPT_OUT))
        async with asyncio.timeout(10):
            while (desk.organisation.id, NUMBER) not in opposed:
                await asyncio.sleep(0.05)
        await take_in(dsn, keyword(desk, Keyword.OPT_IN))
        async with asyncio.timeout(10):
            while (desk.organisation.id, NUMBER) in opposed:
                await asyncio.sleep(0.05)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_what_the_intake_reads_is_what_is_obeyed(scripted, dsn, redis_url, rows):
    async with at_work(scripted, dsn, redis_url):
        async with asyncio.timeout(10):
            while not ScriptedLink.made:
                await asyncio.sleep(0.01)
        link = ScriptedLink.made[-1]
        for number, body in enumerate(("Stop svp", "ne stop pas", "aide")):
            text = InboundText(scripted.link.id, f"k{number}", f"2290197{number:06d}", "1919", 1, body, b"", "gsm7")
            await link.intake.text(text)
    facts = await sync_to_async(rows)(
        "select body, facts->>'keyword', facts->>'hint' from conversations_message order by body"
    )
    assert facts == [("Stop svp", "opt_out", None), ("aide", "help", None), ("ne stop pas", None, "opt_out")]
