"""One organisation whose rows somebody holds: its texts are put off, everybody else's go on, and the server is not
filled with statements that nobody waits for."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from accounts.models import Organisation
from conversations.adapters import InboundText
from conversations.intake import ReadyText, connect
from conversations.lanes import TextLanes
from conversations.models import Line, LineLink, Link
from conversations.patience import _cut
from routing.models import Queue
from tests.conversations.deeds import until

pytestmark = pytest.mark.django_db(transaction=True)

WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"


@pytest.fixture
def neighbour(desk) -> tuple[Organisation, Line, Link]:
    organisation = Organisation.objects.create(name="Lagune Assistance", slug="lagune")
    queue = Queue.objects.create(organisation=organisation, name="Clients")
    line = Line.objects.create(organisation=organisation, name="Clients", address="1919", queue_id=queue.id)
    link = Link.objects.create(organisation=organisation, name="Lagune Telecom")
    LineLink.objects.create(line=line, link=link)
    return organisation, line, link


def text(line, link, body: str, who: int = 0) -> ReadyText:
    sender = f"+229019500000{who}"
    item = InboundText(link.id, uuid4().hex, sender, "1919", 1, body, body.encode(), "gsm7")
    return ReadyText(line.id, sender, item, organisation_id=link.organisation_id)


async def test_a_neighbour_whose_event_head_is_held_costs_the_others_a_moment_once(desk, neighbour, dsn, rows):
    told: list[set] = []
    lanes = TextLanes(dsn, told.append)
    running = asyncio.create_task(lanes.run())
    _, line, link = neighbour
    try:
        await asyncio.gather(lanes.put(text(desk.line, desk.link, "a0")), lanes.put(text(line, link, "b0")))
        async with await connect(dsn, idle_in_transaction_session_timeout="0") as holder, holder.transaction():
            await holder.execute(
                "select 1 from realtime_eventhead where organisation_id = %s for update",
                [desk.organisation.id],
            )
            took = []
            for n in range(1, 6):
                began = time.monotonic()
                *put_off, stored = await asyncio.gather(
                    *(lanes.put(text(desk.line, desk.link, f"a{n}", who)) for who in range(4)),
                    lanes.put(text(line, link, f"b{n}")),
                )
                took.append(time.monotonic() - began)
                assert all(one.put_off and one.message_id is None for one in put_off)
                assert stored.message_id is not None
            assert desk.organisation.id in lanes._held
            alone = []
            for n in range(6, 9):
                began = time.monotonic()
                await lanes.put(text(line, link, f"b{n}"))
                alone.append(time.monotonic() - began)
            print(f"held: {[round(s, 2) for s in took]}; the neighbour alone: {[round(s, 3) for s in alone]}")
            assert sorted(alone)[1] < 1.0, "the neighbour's lane does not wait for what is held"
            # No statement is left behind in the server.
            await until(rows, WAITING, [(0,)])
        stored = await lanes.put(text(desk.line, desk.link, "a9"))
        assert stored.message_id is not None
        assert desk.organisation.id not in lanes._held
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    bodies = [body for (body,) in await sync_to_async(rows)("select body from conversations_message order by 1")]
    assert bodies == ["a0", "a9", *(f"b{n}" for n in range(9))]


async def test_a_held_neighbour_whose_people_write_one_by_one_costs_the_others_a_few_moments_too(desk, neighbour, dsn):
    lanes = TextLanes(dsn, lambda _organisations: None)
    running = asyncio.create_task(lanes.run())
    _, line, link = neighbour
    try:
        await asyncio.gather(lanes.put(text(desk.line, desk.link, "a0")), lanes.put(text(line, link, "b0")))
        async with await connect(dsn, idle_in_transaction_session_timeout="0") as holder, holder.transaction():
            await holder.execute(
                "select 1 from realtime_eventhead where organisation_id = %s for update", [desk.organisation.id]
            )
            took = []
            for who in range(7):
                waits = asyncio.create_task(lanes.put(text(desk.line, desk.link, "a", who)))
                await asyncio.sleep(0)
                began = time.monotonic()
                await lanes.put(text(line, link, f"b{who}"))
                took.append(time.monotonic() - began)
                assert (await waits).put_off
            print(f"beside one text of each: {[round(s, 2) for s in took]}")
            assert sorted(took[4:])[1] < 1.0, "each new sender holds up everybody once more"
        assert (await lanes.put(text(desk.line, desk.link, "a9"))).message_id is not None
        assert not lanes._held
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_one_conversation_that_is_held_costs_its_own_texts_only(desk, dsn, rows):
    lanes = TextLanes(dsn, lambda _organisations: None)
    running = asyncio.create_task(lanes.run())
    crowd = [f"+229019700{n:04d}" for n in range(20)]
    try:
        await asyncio.gather(*(lanes.put(desk.text("bonjour", sender=sender)) for sender in crowd))
        async with await connect(dsn, idle_in_transaction_session_timeout="0") as holder, holder.transaction():
            await holder.execute(
                """select 1 from conversations_conversation c join contacts_address a on a.id = c.address_id
                   where a.value = %s for update of c""",
                [crowd[7]],
            )
            for turn in range(2):
                began = time.monotonic()
                found = await asyncio.gather(*(lanes.put(desk.text(f"tour {turn}", sender=sender)) for sender in crowd))
                print(f"turn {turn}: {time.monotonic() - began:.2f} s")
                assert [bool(one.put_off) for one in found] == [sender == crowd[7] for sender in crowd]
                assert lanes._held == {(desk.link.id, crowd[7])}
            took = []
            for _ in range(3):
                began = time.monotonic()
                await asyncio.gather(
                    *(lanes.put(desk.text("vite", sender=sender)) for sender in crowd if sender != crowd[7])
                )
                took.append(time.monotonic() - began)
            assert sorted(took)[1] < 1.0, "the held one no longer stands in the others' lane"
        assert (await lanes.put(desk.text("libre", sender=crowd[7]))).message_id is not None
        assert not lanes._held
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    [(count,)] = await sync_to_async(rows)("select count(*) from conversations_message")
    assert count == 20 + 2 * 19 + 3 * 19 + 1


async def test_a_statement_that_was_given_up_does_not_wait_on_in_the_server(desk, dsn, rows):
    """It would act when the lock is let go, for nobody; and a hundred of them are all the connections there are."""
    async with await connect(dsn, idle_in_transaction_session_timeout="0") as holder, holder.transaction():
        await holder.execute("lock table conversations_seen in access exclusive mode")
        waiter = await connect(dsn)
        asked = asyncio.create_task(waiter.execute("select count(*) from conversations_seen"))
        await until(rows, WAITING, [(1,)])
        _cut(waiter, 0.5)
        await asyncio.gather(asked, return_exceptions=True)
        began = time.monotonic()
        while await sync_to_async(rows)("select 1 from pg_stat_activity where wait_event_type = 'Lock'"):
            assert time.monotonic() - began < 20
            await asyncio.sleep(0.1)
        print(f"gone after {time.monotonic() - began:.1f} s")
