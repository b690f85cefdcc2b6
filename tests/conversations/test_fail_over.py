"""Texts that wait for a link which is down leave by another of their line: only those, and only where it says so."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import connection as django_connection
from django.db.models.functions import Now

from conversations import fail_over
from conversations.adapters import Planned
from conversations.intake import CONNECTION_SETTINGS, LOOKUP_SETTINGS, connect, store
from conversations.models import (
    Attempt,
    Conversation,
    Delivery,
    DeliveryState,
    Line,
    LineLink,
    Link,
    LinkState,
    Message,
)
from conversations.outbox import claim
from conversations.outcomes import Outcome, store_results
from conversations.submitting import again
from tests.conversations.deeds import say, take

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other(scripted) -> Link:
    """The first link is down for an hour; another, behind it in the line's order, is bound."""
    link = Link.objects.create(
        organisation=scripted.organisation, name="Lagune", adapter="scripted", settings={"system_id": "lagune"}
    )
    LineLink.objects.create(line=scripted.line, link=link, priority=1)
    LinkState.objects.create(link=link, state="bound", updated_at=Now())
    LinkState.objects.create(
        link=scripted.link, state="unbound", updated_at=Now(), down_since=Now() - timedelta(hours=1)
    )
    Line.objects.filter(id=scripted.line.id).update(failover="at_once")
    return link


async def moved(dsn: str) -> int:
    async with await connect(dsn, **LOOKUP_SETTINGS) as connection:
        total = 0
        for one in await fail_over.due(connection):
            after: fail_over.Place | None = fail_over.FIRST
            while after is not None:
                after, count = await fail_over.move(connection, one, after=after)
                total += count
        return total


async def links_of(messages) -> list[str]:
    found = {d.message_id: d.link.name async for d in Delivery.objects.select_related("link")}
    return [found[message] for message in messages]


@pytest.mark.needs("RFP-025", part="by another link")
async def test_what_waits_for_a_link_that_is_down_leaves_by_the_next_of_its_line(
    scripted, other, conversation, dsn, rows
):
    ids = [await sync_to_async(say)(conversation, f"texte {n}") for n in range(3)]
    assert await moved(dsn) == 3
    assert await links_of(ids) == ["Lagune"] * 3
    assert await sync_to_async(rows)("select distinct path, state, parts from conversations_delivery") == [
        ("moved", 0, 1)
    ]
    assert await moved(dsn) == 0
    # Screens hear of it, and whoever owns the other link claims them in their order.
    [event] = await sync_to_async(rows)("select data from realtime_event where type = 'deliveries.progressed'")
    assert len(event) == 1
    async with await connect(dsn) as connection:
        lease = await take(connection, other.id)
        parts = await claim(connection, lease=lease, link_id=other.id, room=50)
    assert [part.text for part in parts] == ["texte 0"]


@pytest.mark.parametrize(
    ("line", "state", "expected"),
    [
        ({"failover": "never"}, {}, 0),
        ({"failover": "after", "failover_after_s": 3599}, {}, 1),
        ({"failover": "after", "failover_after_s": 3700}, {}, 0),
        ({}, {"state": "bound", "down_since": None}, 0),
        ({}, {"down_since": Now()}, 0),  # it is usually back before the second second
        ({}, {"updated_at": Now() - timedelta(minutes=1)}, 0),  # nobody says anything of it: no word is no word
    ],
)
async def test_the_line_says_whether_and_when(scripted, other, conversation, dsn, line, state, expected):
    await Line.objects.filter(id=scripted.line.id).aupdate(**line)
    await LinkState.objects.filter(link=scripted.link).aupdate(**state)
    await sync_to_async(say)(conversation)
    assert await moved(dsn) == expected


@pytest.mark.parametrize(
    "change", [{"state": "connecting"}, {"state": "failed"}, {"updated_at": Now() - timedelta(minutes=1)}]
)
async def test_nothing_moves_to_a_link_that_is_not_bound_now(scripted, other, conversation, dsn, change):
    await LinkState.objects.filter(link=other).aupdate(**change)
    await sync_to_async(say)(conversation)
    assert await moved(dsn) == 0


@pytest.mark.parametrize("change", [{"is_enabled": False}, {"is_draining": True}])
async def test_a_link_that_was_stopped_or_drains_is_down_since_then(scripted, other, conversation, dsn, change):
    await LinkState.objects.filter(link=scripted.link).aupdate(state="bound", down_since=None)
    await sync_to_async(say)(conversation)
    assert await moved(dsn) == 0
    await Link.objects.filter(id=scripted.link.id).aupdate(halted_at=Now() - timedelta(minutes=5), **change)
    assert await moved(dsn) == 1


async def test_nothing_that_may_have_been_written_moves(scripted, other, conversation, dsn, rows):
    """Each state that a text can be in at the operator, and one that surely was not written."""
    async with await connect(dsn, **CONNECTION_SETTINGS) as connection:
        await store(connection, [scripted.text(sender=f"+22901970000{n:02d}") for n in range(1, 6)])
    talks = [one async for one in Conversation.objects.select_related("line", "address").order_by("id")]
    by_state = {}
    async with await connect(dsn) as connection:
        lease = await take(connection, scripted.link.id)
        for talk in talks[:5]:
            await sync_to_async(say)(talk, "x")
        parts = await claim(connection, lease=lease, link_id=scripted.link.id, room=50)
        for part, state in zip(parts, ("sending", "unknown", "sent", "again", "delivered"), strict=True):
            by_state[state] = part.message_id
            known = {
                "unknown": Outcome(part.attempt_id, part.message_id, DeliveryState.UNKNOWN),
                "sent": Outcome(part.attempt_id, part.message_id, DeliveryState.SENT, ("1",)),
                "delivered": Outcome(part.attempt_id, part.message_id, DeliveryState.DELIVERED, ("2",)),
                "again": again(part.attempt_id, part.message_id, "not bound"),
            }
            if state in known:
                await store_results(connection, link_id=scripted.link.id, outcomes=[known[state]], receipts=[])
    assert await moved(dsn) == 1
    names = dict(zip(by_state, await links_of(by_state.values()), strict=True))
    assert names == dict.fromkeys(by_state, "Savane Mobile") | {"again": "Lagune"}


async def test_a_long_text_of_which_a_part_has_left_stays_and_so_does_what_follows_it(
    scripted, other, conversation, dsn
):
    long = await sync_to_async(say)(conversation, "a" * 200)
    async with await connect(dsn) as connection:
        lease = await take(connection, scripted.link.id)
        first, second = await claim(connection, lease=lease, link_id=scripted.link.id, room=50)
        told = [
            Outcome(first.attempt_id, long, DeliveryState.SENT, ("1",)),
            again(second.attempt_id, long, "a part before it was not taken"),
        ]
        await store_results(connection, link_id=scripted.link.id, outcomes=told, receipts=[])
    after = await sync_to_async(say)(conversation, "ensuite")
    assert (await Delivery.objects.aget(message_id=long)).state == DeliveryState.QUEUED
    assert await moved(dsn) == 0
    assert await links_of([long, after]) == ["Savane Mobile"] * 2


@pytest.mark.parametrize("state", [0, 1, 2, 3, 4])
async def test_the_database_refuses_to_move_what_may_have_been_written(scripted, other, conversation, dsn, state):
    message = await sync_to_async(say)(conversation)
    await Attempt.objects.acreate(
        organisation_id=scripted.organisation.id, message_id=message, link_id=scripted.link.id, part=1, epoch=1
    )
    await Delivery.objects.filter(message_id=message).aupdate(state=state)
    async with await connect(dsn) as connection:
        with pytest.raises(psycopg.errors.CheckViolation, match="stays with its link"):
            await connection.execute("update conversations_delivery set link_id = %s", [other.id])
        # Naming the column is no move.
        await connection.execute("update conversations_delivery set link_id = link_id")


async def test_a_text_that_is_claimed_while_it_is_looked_at_stays(scripted, other, conversation, dsn):
    """The claim and the move meet at the row: whoever has it first decides, and the other sees that."""
    message = await sync_to_async(say)(conversation)
    async with await connect(dsn) as sender, await connect(dsn, **LOOKUP_SETTINGS) as mover:
        [one] = await fail_over.due(mover)
        lease = await take(sender, scripted.link.id)
        async with mover.transaction():
            await mover.execute("select 1 from conversations_delivery")  # an older look at everything
            async with sender.transaction():
                [part] = await claim(sender, lease=lease, link_id=scripted.link.id, room=10)
                assert await fail_over.move(mover, one) == (None, 0)
            assert await fail_over.move(mover, one) == (None, 0)
        told = again(part.attempt_id, part.message_id, "not bound")
        await store_results(sender, link_id=scripted.link.id, outcomes=[told], receipts=[])
        assert (await fail_over.move(mover, one))[1] == 1
    assert await links_of([message]) == ["Lagune"]


async def test_a_text_is_planned_anew_for_its_link_and_stays_where_it_would_be_too_long(
    scripted, other, conversation, dsn, monkeypatch
):
    await Line.objects.filter(id=scripted.line.id).aupdate(most_parts=1)
    conversation.line.most_parts = 1
    short = await sync_to_async(say)(conversation, "court")
    monkeypatch.setattr("conversations.fail_over.adapter_class", lambda kind: _Wide)
    long = await sync_to_async(self_made)(conversation, "long")
    after = await sync_to_async(self_made)(conversation, "après")
    assert await moved(dsn) == 1
    assert await links_of([short, long, after]) == ["Lagune", "Savane Mobile", "Savane Mobile"]
    assert (await Delivery.objects.aget(message_id=short)).encoding == "ucs2"


def self_made(conversation, body):
    """A text that was stored when its line allowed it."""
    message = say(conversation, "x")
    with django_connection.cursor() as cursor:
        cursor.execute("update conversations_message set body = %s where id = %s", [body, message])
    return message


class _Wide:
    @staticmethod
    def plan(text, settings):
        return Planned("ucs2", 2 if text.startswith("long") else 1)


async def test_many_texts_move_page_by_page(scripted, other, conversation, dsn, rows, monkeypatch):
    def write():
        with django_connection.cursor() as cursor:
            cursor.execute(
                """with one as (
                       insert into conversations_message (id, organisation_id, conversation_id, seq, kind, author, body)
                       select uuidv7(), %s, %s, 100 + n, 'outgoing', 'system', 'vague ' || n
                       from generate_series(1, 450) n returning id)
                   insert into conversations_delivery (message_id, organisation_id, conversation_id, line_id, link_id,
                       source, destination, lane, encoding, parts, reference, state)
                   select id, %s, %s, %s, %s, '1919', '+2290197000001', 2, 'gsm7', 1, 1, 0 from one""",
                [
                    scripted.organisation.id, conversation.id, scripted.organisation.id, conversation.id,
                    scripted.line.id, scripted.link.id,
                ],
            )  # fmt: skip

    await sync_to_async(write)()
    await sync_to_async(say)(conversation)
    assert await moved(dsn) == 451
    assert await Delivery.objects.filter(link=other).acount() == 451


async def test_a_picture_waits_for_a_link_that_carries_it_and_so_does_what_is_behind_it(
    scripted, other, conversation, dsn
):
    first, picture, after = [await sync_to_async(say)(conversation, f"texte {n}") for n in range(3)]
    await Message.objects.filter(id=picture).aupdate(facts={"media": 1})
    assert await moved(dsn) == 1
    assert await links_of([first, picture, after]) == ["Lagune", "Savane Mobile", "Savane Mobile"]
