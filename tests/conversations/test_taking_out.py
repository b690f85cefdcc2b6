"""What is in the spool is stored whatever happens to one entry of it, to its sender, or to the run that stores it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import threading

import pytest
from asgiref.sync import sync_to_async

from config import webhooks as process
from conversations import taking_out
from conversations import webhooks as product
from conversations.adapters import InboundText
from conversations.intake import connect
from conversations.lanes import TextLanes
from conversations.models import Line, LineLink
from conversations.spool import Spool
from conversations.webhooks import Door
from tests.conversations.called_link import BODIES, closed, nothing_left, opened, receive
from tests.conversations.deeds import until

pytestmark = pytest.mark.django_db(transaction=True)

AWA, BELLO, CHABI = "+2290197000001", "+2290197000002", "+2290197000003"
SORTED = "select body from conversations_message where kind = 'incoming' order by body"


def text(link_id, key, sender, body):
    return InboundText(link_id, key, sender, "1919", 1, body, body.encode(), "gsm7")


@contextlib.asynccontextmanager
async def held(dsn, sender):
    """Somebody holds the rows of this sender's conversation."""
    async with await connect(dsn) as connection:
        await connection.execute("begin")
        found = await connection.execute(
            "select c.id from conversations_conversation c join contacts_address a on a.id = c.address_id"
            " where a.value = %s for update of c",
            [sender],
        )
        assert await found.fetchall()
        yield
        await connection.execute("rollback")


async def test_a_door_that_has_failed_begins_again_and_stores(called, dsn, rows, redis_url, tmp_path, monkeypatch):
    links, broken = Spool.links, threading.Event()

    def fails_once(self):
        if broken.is_set():
            broken.clear()
            raise RuntimeError("a fault of ours")
        return links(self)

    monkeypatch.setattr(Spool, "links", fails_once)
    monkeypatch.setattr(process, "_stopping", threading.Event())
    door = Door(dsn=dsn, redis_url=redis_url, place=tmp_path, kinds=lambda: ["scripted"])
    thread = threading.Thread(target=process._run, args=[door])
    thread.start()
    try:
        await receive(door, called, f"k1|{AWA}|un")
        await until(rows, BODIES, [("un",)])
        broken.set()
        async with asyncio.timeout(10):
            while broken.is_set():
                await asyncio.sleep(0.02)
        await receive(door, called, f"k2|{AWA}|deux")
        await until(rows, BODIES, [("un",), ("deux",)])
    finally:
        process._stopping.set()
        door.stop()
        await asyncio.to_thread(thread.join, 10)
    assert not thread.is_alive()


async def test_a_spool_that_cannot_be_read_for_a_moment_ends_nothing(
    called, dsn, rows, redis_url, tmp_path, monkeypatch
):
    links, left = Spool.links, [errno.EMFILE, errno.EIO]

    def fails(self):
        if left:
            raise OSError(left.pop(), "not now")
        return links(self)

    monkeypatch.setattr(Spool, "links", fails)
    async with opened(dsn, redis_url, tmp_path) as door:
        await receive(door, called, f"k1|{AWA}|Bonjour")
        await until(rows, BODIES, [("Bonjour",)])


async def test_a_sender_whose_rows_are_held_holds_up_no_other_and_keeps_his_order(
    called, dsn, rows, redis_url, tmp_path, monkeypatch
):
    monkeypatch.setattr(taking_out, "MOST_AT_ONCE", 4)
    async with opened(dsn, redis_url, tmp_path) as door:
        await receive(door, called, f"k0|{AWA}|a0")
        await until(rows, BODIES, [("a0",)])
        async with held(dsn, AWA):
            for number in range(1, 10):  # more than are taken at once
                await receive(door, called, f"k{number}|{AWA}|a{number}")
            await receive(door, called, f"kb|{BELLO}|b")
            # In one entry with a text of the one who is held: an aggregator's list.
            both = [text(called.link.id, "k10", AWA, "a_10"), text(called.link.id, "kc", CHABI, "c")]
            await asyncio.to_thread(door.spool.put, called.link.id, both)
            await until(rows, SORTED, [("a0",), ("b",), ("c",)], 30)
        mine = [("a0",), *((f"a{number}",) for number in range(1, 10)), ("a_10",)]
        await until(rows, BODIES.replace("order", "and body like 'a%%' order"), mine, 30)
        await nothing_left(door)
    assert await sync_to_async(rows)("select count(*) from conversations_message where kind = 'incoming'") == [(13,)]


async def test_a_text_that_fails_its_whole_batch_holds_up_no_other(called, dsn, rows, redis_url, tmp_path, monkeypatch):
    store, failed = TextLanes._store, []

    async def fails(self, lane, texts):
        if any(one.item.body == "poison" for one in texts):
            failed.append(len(texts))
            raise ValueError("a fault of ours, over one of them")
        return await store(self, lane, texts)

    monkeypatch.setattr(TextLanes, "_store", fails)
    spool = closed(dsn, tmp_path).spool
    for sender, body in ((AWA, "a"), (BELLO, "poison"), (CHABI, "c")):
        spool.put(called.link.id, [text(called.link.id, body, sender, body)])
    async with opened(dsn, redis_url, tmp_path) as door:
        await until(rows, SORTED, [("a",), ("c",)])
        await receive(door, called, f"a2|{AWA}|a2")
        await until(rows, SORTED, [("a",), ("a2",), ("c",)])
        async with asyncio.timeout(10):
            while door.spool.waiting()[0] > 1:  # an entry goes after its commit
                await asyncio.sleep(0.02)
        assert door.spool.waiting()[0] == 1
    assert failed[0] == 3


async def test_a_text_to_a_line_that_was_made_a_moment_ago_finds_it(
    called, dsn, rows, redis_url, tmp_path, monkeypatch
):
    monkeypatch.setattr(product, "READ_EVERY_S", 600.0)
    async with opened(dsn, redis_url, tmp_path) as door:
        await receive(door, called, f"k1|{AWA}|un")
        await until(rows, BODIES, [("un",)])
        line = await Line.objects.acreate(
            organisation=called.organisation, name="Neuve", address="4545", queue_id=called.queue.id
        )
        await LineLink.objects.acreate(line=line, link=called.link)
        await receive(door, called, f"k2|{AWA}>4545|deux")
        await until(rows, BODIES, [("un",), ("deux",)])
        await receive(door, called, f"k3|{AWA}>7777|nulle part")
        await until(rows, "select count(*) from conversations_rawinbound where error like '%%7777%%'", [(1,)])


async def test_a_text_to_an_unknown_line_waits_while_the_links_cannot_be_read(
    called, dsn, rows, redis_url, tmp_path, monkeypatch
):
    monkeypatch.setattr(product, "READ_EVERY_S", 600.0)
    async with opened(dsn, redis_url, tmp_path) as door:
        await receive(door, called, f"k1|{AWA}|un")
        await until(rows, BODIES, [("un",)])
        asked, read = [], Door._read_links

        async def away(self):
            asked.append(1)
            raise OSError("not now")

        monkeypatch.setattr(Door, "_read_links", away)
        await LineLink.objects.acreate(
            link=called.link,
            line=await Line.objects.acreate(
                organisation=called.organisation, name="Neuve", address="4545", queue_id=called.queue.id
            ),
        )
        await receive(door, called, f"k2|{AWA}>4545|deux")
        async with asyncio.timeout(10):
            while len(asked) < 2:
                await asyncio.sleep(0.02)
        await receive(door, called, f"k3|{BELLO}|trois")  # whose line is known
        await until(rows, BODIES, [("un",), ("trois",)])
        monkeypatch.setattr(Door, "_read_links", read)
        await until(rows, SORTED, [("deux",), ("trois",), ("un",)])
        assert await sync_to_async(rows)("select count(*) from conversations_rawinbound where error <> ''") == [(0,)]


@pytest.fixture
def faulty(monkeypatch):
    """A fault of ours over each text, `faulty.left` times."""
    put = TextLanes.put

    class Faulty:
        left = 0

    async def fails(self, one):
        if Faulty.left:
            Faulty.left -= 1
            raise ValueError("a fault of ours")
        return await put(self, one)

    monkeypatch.setattr(TextLanes, "put", fails)
    monkeypatch.setattr(taking_out, "AGAIN_S", 0.05)
    return Faulty


async def test_a_few_faults_of_ours_put_no_text_aside(called, dsn, rows, redis_url, tmp_path, faulty):
    faulty.left = 8
    async with opened(dsn, redis_url, tmp_path) as door:
        await receive(door, called, f"k1|{AWA}|Bonjour")
        await until(rows, BODIES, [("Bonjour",)])
        await nothing_left(door)
        assert door.spool.put_aside() == 0


async def test_what_was_put_aside_is_tried_once_more_by_the_next_process(
    called, dsn, rows, redis_url, tmp_path, faulty, monkeypatch
):
    monkeypatch.setattr(taking_out, "FAULTS_S", 0.3)
    faulty.left = 10**6
    async with opened(dsn, redis_url, tmp_path) as door:
        await receive(door, called, f"k1|{AWA}|un")
        async with asyncio.timeout(10):
            while not door.spool.put_aside():
                await asyncio.sleep(0.02)
        faulty.left = 0
        await receive(door, called, f"k2|{AWA}|deux")  # its sender is free
        await until(rows, BODIES, [("deux",)])
    async with opened(dsn, redis_url, tmp_path) as door:
        await until(rows, SORTED, [("deux",), ("un",)])
        await nothing_left(door)
        assert door.spool.put_aside() == 0
