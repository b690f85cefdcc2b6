"""What providers post is durable before it is answered, and stored once, in order, whenever the database is there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from pathlib import Path
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from common.secrets import seal
from conversations import taking_out
from conversations import webhooks as product
from conversations.adapters import InboundReceipt, InboundText, InboundUnreadable, IntakeUnavailable, WebhookRefused
from conversations.lanes import TextLanes
from conversations.models import DeliveryState, Link
from conversations.spool import Broken, Spool, Taking
from tests.conversations.called_link import BODIES, call, closed, nothing_left, opened, receive
from tests.conversations.deeds import STATE, at_work, say, until
from tests.conversations.scripted import ScriptedLink
from tests.conversations.wire import wire_to

database = pytest.mark.django_db(transaction=True)


@database
async def test_a_call_is_stored_once_and_answered_as_the_provider_wants(called, dsn, rows, redis_url, tmp_path):
    async with opened(dsn, redis_url, tmp_path) as door:
        for _ in range(3):
            heard = await receive(door, called, "k1|+2290197000001|Bonjour")
            assert (heard.content_type, heard.answer) == ("text/xml", b"<R/>")
        await until(rows, BODIES, [("Bonjour",)])
        await nothing_left(door)
    assert await sync_to_async(rows)(BODIES) == [("Bonjour",)]


@database
async def test_whoever_does_not_prove_it_is_refused_and_nothing_is_kept(called, dsn, redis_url, tmp_path):
    async with opened(dsn, redis_url, tmp_path) as door:
        for proof in ("", "guessed"):
            with pytest.raises(WebhookRefused) as refused:
                await receive(door, called, "k1|+2290197000001|Bonjour", proof=proof)
            assert refused.value.status == 403
        assert door.spool.waiting()[0] == 0


@database
async def test_a_link_that_nobody_has_made_is_not_found(called, dsn, redis_url, tmp_path):
    async with opened(dsn, redis_url, tmp_path) as door:
        with pytest.raises(WebhookRefused) as refused:
            await asyncio.to_thread(door.receive, uuid4(), call("k|+2290197000001|x"))
        assert refused.value.status == 404


@database
@pytest.mark.parametrize("changed", [{"is_enabled": False}, {"secret": b"of another installation"}])
async def test_a_link_that_is_stopped_or_cannot_be_opened_asks_for_another_call(
    called, dsn, rows, redis_url, tmp_path, monkeypatch, changed
):
    monkeypatch.setattr(product, "HURRY_S", 0.0)
    await Link.objects.aupdate(**changed)
    async with opened(dsn, redis_url, tmp_path) as door:
        with pytest.raises(WebhookRefused) as refused:
            await receive(door, called, "k|+2290197000001|x")
        assert refused.value.status == 503
        await Link.objects.aupdate(is_enabled=True, secret=seal("open sesame"))
        await receive(door, called, "k|+2290197000001|x")  # at once
        await until(rows, BODIES, [("x",)])


@database
async def test_a_changed_secret_counts_at_once(called, dsn, redis_url, tmp_path, monkeypatch):
    monkeypatch.setattr(product, "HURRY_S", 0.0)
    async with opened(dsn, redis_url, tmp_path) as door:
        await receive(door, called, "k1|+2290197000001|un")
        await Link.objects.aupdate(secret=seal("another"))
        await receive(door, called, "k2|+2290197000001|deux", proof="another")
        with pytest.raises(WebhookRefused):
            await receive(door, called, "k3|+2290197000001|trois")


@database
@pytest.mark.needs("RFP-096", part="webhooks")
async def test_while_the_database_is_away_calls_are_kept_and_then_stored_in_order(
    called, dsn, rows, redis_url, tmp_path
):
    async with wire_to(dsn) as wire, opened(wire.dsn, redis_url, tmp_path) as door:
        await receive(door, called, "k0|+2290197000001|0")
        await until(rows, BODIES, [("0",)])
        await wire.cut()
        for number in range(1, 31):
            await receive(door, called, f"k{number}|+2290197000001|{number}")
            if number % 7 == 0:  # the provider has not heard us and calls again
                await receive(door, called, f"k{number}|+2290197000001|{number}")
        with pytest.raises(WebhookRefused) as refused:  # proved as ever
            await receive(door, called, "k99|+2290197000001|forged", proof="guessed")
        assert refused.value.status == 403
        assert door.spool.waiting()[0] == 34
        assert await sync_to_async(rows)(BODIES) == [("0",)]
        await wire.mend()
        await receive(door, called, "k31|+2290197000001|31")
        await until(rows, BODIES, [(str(number),) for number in range(32)])
        await nothing_left(door)


@database
async def test_a_process_that_has_never_read_its_links_takes_nothing(called, dsn, rows, redis_url, tmp_path):
    async with wire_to(dsn) as wire:
        await wire.cut()
        async with opened(wire.dsn, redis_url, tmp_path) as door:
            for proof in ("open sesame", ""):
                with pytest.raises(WebhookRefused) as refused:
                    await receive(door, called, "k1|+2290197000001|Bonjour", proof=proof)
                assert refused.value.status == 503
            assert door.spool.waiting()[0] == 0
            await wire.mend()
            await heard_in_the_end(door, called, "k1|+2290197000001|Bonjour")
            await until(rows, BODIES, [("Bonjour",)])


async def heard_in_the_end(door, desk, body):
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(WebhookRefused):
                return await receive(door, desk, body)
            await asyncio.sleep(0.1)


@database
async def test_what_a_killed_process_left_is_stored_by_the_next(called, dsn, rows, redis_url, tmp_path):
    async with opened(dsn, redis_url, tmp_path) as door:
        await receive(door, called, "k1|+2290197000001|un")
        await until(rows, BODIES, [("un",)])
        known = door._known
    left = closed(dsn, tmp_path)
    left._known = known
    for number in (2, 3):
        await receive(left, called, f"k{number}|+2290197000001|{number}")
    async with opened(dsn, redis_url, tmp_path):
        await until(rows, BODIES, [("un",), ("2",), ("3",)])


@database
async def test_receipts_in_any_order_leave_the_message_where_it_got_farthest(
    called, conversation, dsn, rows, redis_url, tmp_path
):
    ScriptedLink.answer = staticmethod(lambda _part: ("SM1",))
    async with opened(dsn, redis_url, tmp_path) as door:
        await receive(door, called, "SM1=delivered", kind="receipts")  # before the answer that names it
        await sync_to_async(say)(conversation)
        async with at_work(called, dsn, redis_url):
            await until(rows, STATE, [(DeliveryState.DELIVERED, "")])
            for late in ("accepted", "enroute", "failed", "enroute"):
                await receive(door, called, f"SM1={late}", kind="receipts")
            await nothing_left(door)
            await until(rows, "select count(*) from conversations_receipt", [(5,)])
            assert await sync_to_async(rows)(STATE) == [(DeliveryState.DELIVERED, "")]


@database
async def test_a_link_that_is_hardly_called_keeps_no_connection(called, dsn, rows, redis_url, tmp_path, monkeypatch):
    monkeypatch.setattr(taking_out, "IDLE_S", 0.2)
    async with opened(dsn, redis_url, tmp_path) as door:
        for number in (1, 2):
            await receive(door, called, f"k{number}|+2290197000001|{number}")
            await until(rows, BODIES, [(str(one),) for one in range(1, number + 1)])
            async with asyncio.timeout(10):
                while not door._out.idle:
                    await asyncio.sleep(0.02)


@database
async def test_what_the_intake_cannot_take_stays_until_it_can(called, dsn, rows, redis_url, tmp_path, monkeypatch):
    tries, put = [], TextLanes.put

    async def away(self, text):
        tries.append(text.item.body)
        if len(tries) < 4:
            raise IntakeUnavailable("the database is away")
        return await put(self, text)

    monkeypatch.setattr(TextLanes, "put", away)
    monkeypatch.setattr(taking_out, "AGAIN_S", 0.05)
    async with opened(dsn, redis_url, tmp_path) as door:
        await receive(door, called, "k1|+2290197000001|Bonjour")
        await until(rows, BODIES, [("Bonjour",)], 10)
        await nothing_left(door)
    assert tries == ["Bonjour"] * 4


@database
async def test_an_entry_that_cannot_be_read_holds_up_no_other(called, dsn, rows, redis_url, tmp_path):
    directory = tmp_path / str(called.link.id)
    directory.mkdir()
    (directory / "00000000000000000001-1-0.json").write_text('[{"kind": "poem"}]')
    async with opened(dsn, redis_url, tmp_path) as door:
        await receive(door, called, "k1|+2290197000001|Bonjour")
        await until(rows, BODIES, [("Bonjour",)])
        await nothing_left(door)
    assert [path.name for path in directory.glob("*.bad")] == ["00000000000000000001-1-0.bad"]


# --- the disk ------------------------------------------------------------------------------------------------


def text(link_id, body="Bonjour", key="k"):
    return InboundText(link_id, key, "+2290197000001", "1919", 1, body, b"\x00raw\xff", "gsm7", missing=(2, 3))


def test_what_goes_into_the_spool_comes_out_the_same(tmp_path):
    link_id = uuid4()
    items = (
        text(link_id, "Été 😀 \x00 \ud83d"),
        InboundReceipt(link_id, ("a", "b"), "+1", "delivered", "", "words", b"\x80"),
        InboundUnreadable(link_id, "key", b"\xff", "why", "+1"),
    )
    spool = Spool(tmp_path)
    spool.put(link_id, items)
    assert spool.links() == [link_id]
    with spool.taking(link_id) as taking:
        [path] = taking.oldest(10)
        assert taking.read(path) == list(items)
        taking.done(path)
        assert taking.oldest(10) == []
    assert spool.links() == []
    assert spool.waiting() == (0, 0.0)


def test_an_entry_is_flushed_whole_before_it_is_seen_and_the_directory_before_it_is_promised(tmp_path, monkeypatch):
    link_id, seen = uuid4(), []
    spool = Spool(tmp_path)
    spool.put(link_id, [text(link_id)])
    flush = os.fsync

    def watched(handle):
        name = str(Path(f"/proc/self/fd/{handle}").readlink())
        size = Path(f"/proc/self/fd/{handle}").stat().st_size
        seen.append((name.removeprefix(str(tmp_path)), size, len(list((tmp_path / str(link_id)).glob("*.json")))))
        flush(handle)

    monkeypatch.setattr(os, "fsync", watched)
    spool.put(link_id, [text(link_id)])
    (file, size, visible), (directory, _, visible_then) = seen
    assert file.endswith(".new") and size > 100 and visible == 1
    assert directory == f"/{link_id}" and visible_then == 2


def test_a_full_disk_is_no_promise(tmp_path, monkeypatch):
    link_id = uuid4()
    spool = Spool(tmp_path)

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        spool.put(link_id, [text(link_id)])
    assert spool.links() == []


def test_entries_come_out_in_the_order_they_went_in_also_when_the_clock_goes_back(tmp_path, monkeypatch):
    link_id, spool = uuid4(), Spool(tmp_path)
    times = iter([1000, 1000, 500, 2000, 1])
    monkeypatch.setattr("conversations.spool.time.time_ns", lambda: next(times))
    for number in range(5):
        spool.put(link_id, [text(link_id, str(number))])
    with spool.taking(link_id) as taking:
        assert [taking.read(path)[0].body for path in taking.oldest(10)] == list("01234")


def test_one_process_takes_out_at_a_time(tmp_path):
    link_id, spool = uuid4(), Spool(tmp_path)
    spool.put(link_id, [text(link_id)])
    with spool.taking(link_id) as first, Spool(tmp_path).taking(link_id) as second:
        assert first is not None
        assert second is None


def test_many_threads_put_and_none_is_lost(tmp_path):
    link_id, spool = uuid4(), Spool(tmp_path)

    def write(place):
        for number in range(20):
            spool.put(link_id, [text(link_id, f"{place}:{number}")])

    threads = [threading.Thread(target=write, args=[place]) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with spool.taking(link_id) as taking:
        bodies = [taking.read(path)[0].body for path in taking.oldest(1000)]
    assert len(bodies) == len(set(bodies)) == 160
    for place in range(8):
        mine = [body for body in bodies if body.startswith(f"{place}:")]
        assert mine == sorted(mine, key=lambda body: int(body.partition(":")[2]))


def test_nobody_else_on_the_machine_reads_what_people_wrote(tmp_path):
    link_id, spool = uuid4(), Spool(tmp_path / "webhooks")
    spool.put(link_id, [text(link_id)])
    directory = tmp_path / "webhooks" / str(link_id)
    assert directory.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in directory.iterdir())


@pytest.mark.parametrize("octets", [b"", b"[1]", b"{", b'[{"kind":"text"}]', b'{"kind":"text"}', b"\xff"])
def test_what_is_no_entry_is_called_broken(tmp_path, octets):
    path = tmp_path / "x.json"
    path.write_bytes(octets)
    with pytest.raises(Broken):
        Taking.read(path)
