"""The intake statement: nothing lost, nothing twice, everything numbered, whoever else writes at the same time."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from conversations.adapters import IntakeFull, IntakeUnavailable
from conversations.batching import Batcher
from conversations.events import MessageReceived
from conversations.intake import CONNECTION_SETTINGS, connect, store
from realtime.events import field_names

pytestmark = pytest.mark.django_db(transaction=True)


async def each_at_once(dsn, batches):
    """Every batch on its own connection, all at the same moment."""
    connections = [await connect(dsn, **CONNECTION_SETTINGS) for _ in batches]
    try:
        return await asyncio.gather(*(store(c, b) for c, b in zip(connections, batches, strict=True)))
    finally:
        for each in connections:
            await each.close()


def assert_dense(rows):
    """Numbers of messages in each conversation, and of events in each organisation, are 1..n without a hole."""
    assert (
        rows("""select conversation_id from conversations_message group by 1
                   having min(seq) <> 1 or max(seq) <> count(*) or count(distinct seq) <> count(*)""")
        == []
    )
    assert (
        rows("""select c.id from conversations_conversation c
                   where last_seq <> (select count(*) from conversations_message m where m.conversation_id = c.id)""")
        == []
    )
    assert (
        rows("""select organisation_id from realtime_event group by 1
                   having min(seq) <> 1 or max(seq) <> count(*) or count(distinct seq) <> count(*)""")
        == []
    )
    assert (
        rows("""select h.organisation_id from realtime_eventhead h
                   where head <> (select count(*) from realtime_event e where e.organisation_id = h.organisation_id)""")
        == []
    )


@pytest.mark.needs("BUS-056")
async def test_a_first_text_opens_a_conversation_with_its_bot(desk, dsn, rows):
    [[stored]] = await each_at_once(dsn, [[desk.text("Bonjour")]])
    ask = sync_to_async(rows)
    assert await ask(
        "select status, last_seq, unread, preview, waiting_since is not null from conversations_conversation"
    ) == [("bot", 1, 1, "Bonjour", True)]
    assert await ask("select id, seq, kind, author, body from conversations_message") == [
        (stored.message_id, 1, "incoming", "contact", "Bonjour")
    ]
    assert await ask("select value from contacts_address") == [("+2290197000001",)]
    assert await ask("select count(*) from conversations_unhandled") == [(1,)]
    assert await ask("select convert_from(payload, 'UTF8') from conversations_rawinbound") == [("Bonjour",)]


async def test_a_line_without_a_bot_queues_at_once(desk, dsn, rows):
    await each_at_once(dsn, [[desk.text(line=desk.straight.id)]])
    assert await sync_to_async(rows)(
        "select status, queue_id, queued_at is not null from conversations_conversation"
    ) == [("queued", desk.queue.id, True)]


async def test_the_same_key_eight_times_at_once_is_one_message(desk, dsn, rows):
    text = desk.text("1", key="session:7")
    results = await each_at_once(dsn, [[text]] * 8)
    assert sum(result[0].message_id is not None for result in results) == 1
    assert await sync_to_async(rows)("select count(*) from conversations_message") == [(1,)]
    await sync_to_async(assert_dense)(rows)


async def test_the_same_words_truly_sent_twice_are_two_messages(desk, dsn, rows):
    await each_at_once(dsn, [[desk.text("1"), desk.text("1")]])
    assert await sync_to_async(rows)("select body, seq from conversations_message order by seq") == [("1", 1), ("1", 2)]


async def test_twenty_first_texts_at_once_are_one_contact_one_conversation_twenty_messages(desk, dsn, rows):
    await each_at_once(dsn, [[desk.text(f"texte {n}")] for n in range(20)])
    ask = sync_to_async(rows)
    assert await ask("select count(*) from contacts_contact") == [(1,)]
    assert await ask("select count(*), max(last_seq) from conversations_conversation") == [(1, 20)]
    assert await ask("select array_agg(seq order by seq) from conversations_message") == [(list(range(1, 21)),)]
    await sync_to_async(assert_dense)(rows)


async def test_a_text_that_waits_for_another_writer_of_its_new_number_is_not_lost(desk, dsn, rows):
    first, second = [await connect(dsn, **CONNECTION_SETTINGS) for _ in range(2)]
    async with first.transaction():
        await store(first, [desk.text("premier")])
        waiting = asyncio.create_task(store(second, [desk.text("second")]))
        await until_somebody_waits(rows)
    [stored] = await waiting
    assert stored.message_id is not None
    ask = sync_to_async(rows)
    assert await ask("select body, seq from conversations_message order by seq") == [("premier", 1), ("second", 2)]
    assert await ask("select count(*) from contacts_contact") == [(1,)]
    await sync_to_async(assert_dense)(rows)
    for each in (first, second):
        await each.close()


async def until_somebody_waits(rows):
    """Return once a connection waits for another one's lock."""
    async with asyncio.timeout(10):
        while await sync_to_async(rows)("select count(*) from pg_stat_activity where wait_event_type = 'Lock'") == [
            (0,)
        ]:
            await asyncio.sleep(0.02)


async def test_a_redelivery_after_the_close_opens_nothing(desk, dsn, rows):
    text = desk.text()
    await each_at_once(dsn, [[text]])
    ask = sync_to_async(rows)
    await ask("update conversations_conversation set status = 'closed' returning id")
    await each_at_once(dsn, [[text]])
    assert await ask("select count(*) from conversations_conversation") == [(1,)]
    await each_at_once(dsn, [[desk.text("encore moi")]])
    assert await ask("select count(*) from conversations_conversation") == [(2,)]


async def test_writers_of_the_same_new_numbers_lose_nothing_and_stay_dense(desk, dsn, rows):
    random.seed(7)
    numbers = [f"+22901970{n:05d}" for n in range(12)]
    keys = [uuid4().hex for _ in range(60)]

    async def writer(seed):
        pick = random.Random(seed)
        connection = await connect(dsn, **CONNECTION_SETTINGS)
        for _ in range(12):
            batch = [
                desk.text(
                    sender=pick.choice(numbers),
                    line=pick.choice([desk.line.id, desk.straight.id]),
                    key=pick.choice(keys) if pick.random() < 0.2 else "",
                )
                for _ in range(pick.randint(1, 30))
            ]
            for text in batch:
                given.add(text.item.key)
            await store(connection, batch)
        await connection.close()

    given: set[str] = set()
    await asyncio.gather(*(writer(seed) for seed in range(4)))
    ask = sync_to_async(rows)
    assert await ask("select count(*) from conversations_message") == [(len(given),)]
    assert await ask(
        """select count(*) from contacts_contact c
           where not exists (select from contacts_address a where a.contact_id = c.id)"""
    ) == [(0,)]
    await sync_to_async(assert_dense)(rows)


async def test_one_bad_row_never_costs_its_batch(desk, dsn, rows):
    batch = [desk.text(f"texte {n}", sender=f"+229019700000{n}") for n in range(7)]
    batch[3] = dataclasses.replace(batch[3], sender="9" * 300)
    [results] = await each_at_once(dsn, [batch])
    assert [bool(result.refused) for result in results] == [False] * 3 + [True] + [False] * 3
    ask = sync_to_async(rows)
    assert await ask("select count(*) from conversations_message") == [(6,)]
    assert await ask("select key from conversations_rawinbound where error <> ''") == [(batch[3].item.key,)]
    [again] = await each_at_once(dsn, [[batch[3]]])
    assert again[0].message_id is None, "the culprit is answered as seen, and never comes back"
    await sync_to_async(assert_dense)(rows)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a\x00b", "ab"), ("\ud83d!", "\ufffd!"), ("\ud83d\ude00", "😀"), ("e\u0301" * 50, "e\u0301" * 50)],
)
async def test_words_that_postgresql_refuses_are_cleaned(desk, dsn, rows, given, kept):
    [[stored]] = await each_at_once(dsn, [[desk.text(given)]])
    assert stored.message_id is not None
    assert await sync_to_async(rows)("select body from conversations_message") == [(kept,)]


async def test_a_missing_partition_is_made_and_nothing_is_lost(desk, dsn, rows):
    ask = sync_to_async(rows)
    [(name,)] = await ask("""select child.relname from pg_inherits join pg_class child on child.oid = inhrelid
                             join pg_class parent on parent.oid = inhparent
                             where parent.relname = 'conversations_message'
                             and child.relname like '%%' || to_char(now() at time zone 'UTC', '"y"YYYY"m"MM')""")

    def drop():
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(f"alter table conversations_message detach partition {name}")
            cursor.execute(f"drop table {name}")

    await sync_to_async(drop)()
    [[stored]] = await each_at_once(dsn, [[desk.text("tout de même")]])
    assert stored.message_id is not None
    assert await ask("select body from conversations_message") == [("tout de même",)]


async def test_the_statement_tells_what_the_event_type_says(desk, dsn, rows):
    await each_at_once(dsn, [[desk.text()]])
    [(name, data)] = await sync_to_async(rows)("select type, data::text from realtime_event")
    import json

    assert name == MessageReceived.type
    assert sorted(json.loads(data)) == sorted(field_names(name))


async def test_a_batcher_gives_each_caller_his_own_answer():
    seen = []

    async def keep(items):
        seen.append(list(items))
        await asyncio.sleep(0.01)
        return [item * 2 for item in items]

    batcher = Batcher(keep, largest=10, room=100)
    task = asyncio.create_task(batcher.run())
    assert await asyncio.gather(*(batcher.put(n) for n in range(25))) == [n * 2 for n in range(25)]
    assert max(map(len, seen)) <= 10
    task.cancel()


async def test_a_batcher_says_full_and_says_away():
    import psycopg

    away = True

    async def keep(items):
        if away:
            raise psycopg.OperationalError("away")
        return [None] * len(items)

    batcher = Batcher(keep, largest=10, room=3, patience_s=0.1)
    waiting = [asyncio.create_task(batcher.put(n)) for n in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(IntakeFull):
        await batcher.put(4)
    task = asyncio.create_task(batcher.run())
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(answer, IntakeUnavailable) for answer in answers)
    with pytest.raises(IntakeUnavailable):
        await batcher.put(5)
    away = False
    async with asyncio.timeout(10):
        while True:
            try:
                await batcher.put(6)
                break
            except IntakeUnavailable:
                await asyncio.sleep(0.05)
    task.cancel()
