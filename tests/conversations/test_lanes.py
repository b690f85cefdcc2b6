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

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def neighbour(desk) -> tuple[Organisation, Line, Link]:
    organisation = Organisation.objects.create(name="Lagune Assistance", slug="lagune")
    queue = Queue.objects.create(organisation=organisation, name="Clients")
    line = Line.objects.create(organisation=organisation, name="Clients", address="1919", queue_id=queue.id)
    link = Link.objects.create(organisation=organisation, name="Lagune Telecom")
    LineLink.objects.create(line=line, link=link)
    return organisation, line, link


def text(line, link, body: str) -> ReadyText:
    item = InboundText(link.id, uuid4().hex, "+2290195000001", "1919", 1, body, body.encode(), "gsm7")
    return ReadyText(line.id, "+2290195000001", item, organisation_id=link.organisation_id)


@pytest.mark.parametrize("held", ["realtime_eventhead", "conversations_conversation"])
async def test_a_neighbour_whose_rows_are_held_costs_the_others_a_moment_once(desk, neighbour, dsn, rows, held):
    told: list[set] = []
    lanes = TextLanes(dsn, told.append)
    running = asyncio.create_task(lanes.run())
    _, line, link = neighbour
    try:
        await asyncio.gather(lanes.put(text(desk.line, desk.link, "a0")), lanes.put(text(line, link, "b0")))
        async with await connect(dsn, idle_in_transaction_session_timeout="0") as holder, holder.transaction():
            await holder.execute(
                f"select 1 from {held} where organisation_id = %s for update",
                [desk.organisation.id],
            )
            took = []
            for n in range(1, 6):
                began = time.monotonic()
                put_off, stored = await asyncio.gather(
                    lanes.put(text(desk.line, desk.link, f"a{n}")), lanes.put(text(line, link, f"b{n}"))
                )
                took.append(time.monotonic() - began)
                assert put_off.put_off
                assert put_off.message_id is None
                assert stored.message_id is not None
            alone = []
            for n in range(6, 9):
                began = time.monotonic()
                await lanes.put(text(line, link, f"b{n}"))
                alone.append(time.monotonic() - began)
            print(f"held: {[round(s, 2) for s in took]}; the neighbour alone: {[round(s, 3) for s in alone]}")
            assert max(alone) < 1.0, "the neighbour's lane does not wait for what is held"
            waiting = await sync_to_async(rows)(
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            )
            assert waiting == [(0,)], "no statement is left behind in the server"
        stored = await lanes.put(text(desk.line, desk.link, "a9"))
        assert stored.message_id is not None
        assert not lanes._held
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    bodies = [body for (body,) in await sync_to_async(rows)("select body from conversations_message order by 1")]
    assert bodies == ["a0", "a9", *(f"b{n}" for n in range(9))]


async def test_a_statement_that_was_given_up_does_not_wait_on_in_the_server(desk, dsn, rows):
    """It would act when the lock is let go, for nobody; and a hundred of them are all the connections there are."""
    async with await connect(dsn, idle_in_transaction_session_timeout="0") as holder, holder.transaction():
        await holder.execute("lock table conversations_seen in access exclusive mode")
        waiter = await connect(dsn)
        asked = asyncio.create_task(waiter.execute("select count(*) from conversations_seen"))
        await asyncio.sleep(0.5)
        _cut(waiter, 0.5)
        await asyncio.gather(asked, return_exceptions=True)
        began = time.monotonic()
        while await sync_to_async(rows)("select 1 from pg_stat_activity where wait_event_type = 'Lock'"):
            assert time.monotonic() - began < 5
            await asyncio.sleep(0.1)
        print(f"gone after {time.monotonic() - began:.1f} s")
