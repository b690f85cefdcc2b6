"""Browsers that stop reading, sessions that end, Redis that goes: nobody else notices, and screens do not lie."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import socket
import struct
import time
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection

from accounts.models import Role, User
from common.ids import uuid7
from config.up.ports import Held
from config.up.valkey import Valkey
from conversations.events import MessageReceived
from conversations.models import Conversation, Message
from realtime import doorbell
from realtime.admission import admit
from realtime.log import record_changes
from tests.realtime import screens, verbs
from tests.realtime.client import DeskModel
from tests.realtime.conftest import Listener, Web, web_process
from tests.realtime.world import World, in_thread, sign_in


class Paused:
    """A browser that has asked for everything and then reads nothing: a plain socket, its buffer kept small."""

    def __init__(self, web: Web, session: str) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.socket.connect(("127.0.0.1", web.port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            (
                f"GET /ws/desk HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                f"Origin: {web.origin}\r\nCookie: session={session}\r\n\r\n"
            ).encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(1)
        assert b" 101 " in answer.splitlines()[0]

    def say(self, **message: Any) -> None:
        text = json.dumps(message, default=str).encode()
        mask = os.urandom(4)
        head = struct.pack("!BBH", 0x81, 0x80 | 126, len(text)) if len(text) > 125 else bytes([0x81, 0x80 | len(text)])
        self.socket.sendall(head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(text)))

    def ended(self, seconds: float) -> bool:
        """Whether the server has ended the connection, read out to its end within `seconds`."""
        self.socket.settimeout(seconds)
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionResetError:
            pass
        except TimeoutError:
            return False
        return True


def pour(world: World, conversation: Conversation, texts: int, size: int) -> None:
    """Many long texts in one transaction, as an import would bring them."""
    with record_changes(world.organisation.id) as changes:
        found = Conversation.objects.select_for_update().get(id=conversation.id)
        made = [
            Message(
                id=uuid7(), organisation=world.organisation, conversation=found, seq=found.last_seq + n,
                kind="incoming", author="contact", body="é" * (size // 2),
            )
            for n in range(1, texts + 1)
        ]  # fmt: skip
        Message.objects.bulk_create(made)
        found.last_seq += texts
        found.revision += 1
        found.save(update_fields=["last_seq", "revision"])
        for message in made:
            changes.add(MessageReceived(found.line_id, found.id, message.id, message.seq, False))


async def warm_up(web: Web, world: World, session: str, flooded: Conversation, listen: Any) -> None:
    """A browser that reads has had such floods before: what is loaded once is not what a paused one costs.

    The largest batch first, which a busy machine makes of two pours; then enough of them for each of the threads
    that render, since the allocator keeps a heap for every thread.
    """

    async def joined() -> Listener:
        one: Listener = await listen(web, session)
        await one.hello()
        await one.watch(flooded)
        await in_thread(verbs.received, world, flooded)
        await one.until(lambda message: bool(message.get("events")))  # it watches: what follows is sent to it once
        return one

    warm = await joined()
    for texts in (200, 100, 100, 100, 100, 100, 100):
        await in_thread(pour, world, flooded, texts, 20_000)
        head = (await in_thread(world.head)).seq
        try:
            await warm.until(lambda message, upto=head: message.get("upto", 0) >= upto, 30)
        except AssertionError:
            if not warm.task.done():
                raise
            warm = (
                await joined()
            )  # on a busy machine even one that reads may be too slow: it comes back, as browsers do
    await warm.connection.close()


async def test_a_paused_browser_costs_little_and_nobody_else(web: Web, world: World, listen) -> None:
    """60 MB are due to a browser that has stopped reading; the process grows by less than 10 MB."""
    flooded = await in_thread(world.conversation)
    calm = await in_thread(world.conversation)
    session = await in_thread(sign_in, world.people["boss"])
    healthy: Listener = await listen(web, session)
    await healthy.hello()
    await healthy.watch(calm, lists=("all",))
    await warm_up(web, world, session, flooded, listen)

    paused = await in_thread(Paused, web, session)
    paused.say(type="hello", epoch=None, cursor=None)
    paused.say(type="watch", conversations=[flooded.id], lists=[])
    await asyncio.sleep(0.5)
    before, worst, slowest = web.memory(), 0, 0.0
    for _ in range(30):
        await in_thread(pour, world, flooded, 100, 20_000)
        worst = max(worst, web.memory() - before)
        heard, at = len(healthy.heard), time.monotonic()
        await in_thread(verbs.received, world, calm)
        await healthy.until(lambda m, n=heard: m in healthy.heard[n:] and bool(m.get("events")))
        slowest = max(slowest, time.monotonic() - at)
    head = (await in_thread(world.head)).seq
    await healthy.upto(head)
    worst = max(worst, web.memory() - before)
    print(f"grown by {worst / 1e6:.1f} MB at most; slowest text to a healthy browser {slowest * 1000:.0f} ms")
    assert worst < 10_000_000
    assert await in_thread(paused.ended, 30), "the paused browser's socket is still open"
    calm_events = [event for frame in healthy.frames() for event in frame["events"]]
    assert len(calm_events) == 30


async def test_a_socket_that_fails_takes_nobody_with_it(web: Web, world: World, listen) -> None:
    conversation = await in_thread(world.conversation)
    session = await in_thread(sign_in, world.people["boss"])
    listeners: list[Listener] = [await listen(web, session) for _ in range(6)]
    for listener in listeners:
        await listener.hello()
        await listener.watch(conversation)
    for broken in listeners[:3]:
        broken.connection.transport.abort()  # no goodbye
    for _ in range(5):
        await in_thread(verbs.received, world, conversation)
    for listener in listeners[3:]:
        await listener.upto(5)
        assert [e["seq"] for frame in listener.frames() for e in frame["events"]] == [1, 2, 3, 4, 5]


def _leave(world: World, key: str) -> None:
    Session.objects.filter(session_key=key).delete()


def _switch_off(world: World, key: str) -> None:
    User.objects.filter(id=world.people["koffi"].id).update(is_active=False)


def _new_password(world: World, key: str) -> None:
    user = world.people["koffi"]
    user.set_password("quite another sentence")
    user.save()


def _expire(world: World, key: str) -> None:
    Session.objects.filter(session_key=key).update(expire_date="2020-01-01T00:00:00Z")


@pytest.mark.parametrize("end", [_leave, _switch_off, _new_password, _expire], ids=lambda end: end.__name__)
async def test_a_socket_does_not_outlive_its_session(web: Web, world: World, listen, end: Any) -> None:
    key = await in_thread(sign_in, world.people["koffi"])
    listener: Listener = await listen(web, key)
    await listener.hello()
    await asyncio.sleep(0.3)
    started = time.monotonic()
    await in_thread(end, world, key)
    assert await listener.closed() == 4401  # within 10 s; within 5 s on a machine that is not busy
    print(f"closed {time.monotonic() - started:.2f} s after its session ended")


async def test_rights_that_change_change_what_is_heard(web: Web, world: World, listen) -> None:
    conversation = await in_thread(world.conversation, world.team_line)
    listener: Listener = await listen(web, await in_thread(sign_in, world.people["koffi"]))
    await listener.hello()
    await listener.watch(conversation, lists=("all",))
    await in_thread(verbs.received, world, conversation, "heard")
    await listener.until(lambda message: bool(message.get("events")))

    await in_thread(lambda: world.team.members.remove(world.people["koffi"]))
    await listener.until(lambda message: message["type"] == "reset")
    await in_thread(verbs.received, world, conversation, "not for you")
    await listener.upto(2)
    assert "not for you" not in str(listener.heard)

    heard = len(listener.heard)
    await in_thread(lambda: world.team.members.add(world.people["koffi"]))
    await listener.until(lambda m: m in listener.heard[heard:] and m["type"] == "reset")
    await in_thread(verbs.received, world, conversation, "welcome back")
    await listener.until(lambda message: "welcome back" in str(message.get("events")))  # it had asked to watch it


async def test_one_who_becomes_an_observer_reads_no_more_words(web: Web, world: World, listen) -> None:
    conversation = await in_thread(world.conversation)
    listener: Listener = await listen(web, await in_thread(sign_in, world.people["boss"]))
    await listener.hello()
    await listener.watch(conversation, lists=("all",))
    started = time.monotonic()
    await in_thread(lambda: User.objects.filter(id=world.people["boss"].id).update(role=Role.OBSERVER))
    await listener.until(lambda message: message["type"] == "reset")  # within 5 s on a machine that is not busy
    print(f"told to fetch afresh {time.monotonic() - started:.2f} s after the role changed")
    await in_thread(verbs.received, world, conversation, "secret")
    await listener.upto(1)
    assert "secret" not in str(listener.heard)


async def converge(world: World, listener: Listener, conversation: Conversation) -> None:
    """What the browser has made of all it heard is what a fresh fetch shows."""
    head = (await in_thread(world.head)).seq
    await listener.upto(head)
    model, viewer = DeskModel(epoch=1), await in_thread(screens.audience, world, "boss")
    await in_thread(lambda: model.snapshot(epoch=1, head=0, rows=(), threads={}, agents=_agents(viewer)))
    for message in listener.heard:
        model.hear(message)
    await in_thread(screens.assert_same_as_fetched, model, viewer, [conversation.id])


def _agents(viewer: Any) -> Any:
    from routing.rendering import render_agents

    return render_agents(viewer.organisation_id).values()


async def test_redis_emptied_under_load_changes_nothing(web: Web, world: World, listen) -> None:
    conversation = await in_thread(world.conversation)
    listener: Listener = await listen(web, await in_thread(sign_in, world.people["boss"]))
    await listener.hello()
    await listener.watch(conversation, lists=("all",))

    async def write() -> None:
        for _ in range(10):
            await in_thread(verbs.received, world, conversation)

    writing = [asyncio.create_task(write()) for _ in range(3)]
    client = redis.Redis.from_url(settings.REDIS_URL)
    for _ in range(3):
        await asyncio.sleep(0.05)
        client.flushall()
    await asyncio.gather(*writing)
    await converge(world, listener, conversation)


async def test_screens_follow_while_redis_is_away_and_after(
    world: World, listen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "redis").mkdir()
    kept = Held()
    valkey = Valkey(tmp_path / "redis", port=kept.port, password="only-here", log=tmp_path / "valkey.log")
    await in_thread(valkey.start)
    bell = redis.Redis.from_url(valkey.url, socket_timeout=0.5)
    monkeypatch.setattr(doorbell, "_client", bell)
    try:
        with web_process(tmp_path, REDIS_URL=valkey.url) as web:
            conversation = await in_thread(world.conversation)
            listener: Listener = await listen(web, await in_thread(sign_in, world.people["boss"]))
            await listener.hello()
            await listener.watch(conversation, lists=("all",))
            await in_thread(verbs.received, world, conversation)
            await listener.upto(1)
            valkey.stop()
            started = time.monotonic()
            for number in range(2, 5):
                await in_thread(verbs.received, world, conversation, f"while Redis is away {number}")
            await listener.until(lambda message: "away 4" in str(message.get("events")))
            print(f"without Redis: on screen {time.monotonic() - started:.2f} s after the first of three")
            await in_thread(valkey.start)
            await listener.upto(4)
            limit = time.monotonic() + 10
            while "Redis is back" not in web.log.read_text():
                assert time.monotonic() < limit
                await asyncio.sleep(0.1)
            started = time.monotonic()
            await in_thread(verbs.received, world, conversation, "by the bell")
            await listener.until(lambda message: "by the bell" in str(message.get("events")))
            print(f"with Redis: {time.monotonic() - started:.3f} s")
            await converge(world, listener, conversation)
            assert web.log.read_text().count("Redis is away") == 1
    finally:
        bell.close()
        kept.close()
        with contextlib.suppress(Exception):
            valkey.stop()


async def test_a_log_that_begins_again_sends_every_screen_to_fetch(web: Web, world: World, listen) -> None:
    """A restored copy of the database: numbers may be given twice, so the epoch is raised."""
    conversation = await in_thread(world.conversation)
    await in_thread(verbs.received, world, conversation)
    listener: Listener = await listen(web, await in_thread(sign_in, world.people["boss"]))
    await listener.hello(1, 1)
    await listener.watch(conversation)

    def begin_again() -> None:
        with connection.cursor() as cursor:
            cursor.execute("update realtime_eventhead set epoch = epoch + 1")

    await in_thread(begin_again)
    await listener.until(lambda message: message["type"] == "reset")
    await in_thread(verbs.received, world, conversation)
    frame = await listener.until(lambda message: bool(message.get("events")))
    assert frame["epoch"] == 2


def test_a_signed_session_of_an_older_key_is_left_as_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    key = sign_in(world.people["afi"])
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [settings.SECRET_KEY])
    monkeypatch.setattr(settings, "SECRET_KEY", "another key, of this very day, and long enough")
    assert admit(key) is not None
    assert Session.objects.filter(session_key=key).exists()


async def test_a_web_process_stops_at_once_with_sockets_open(world: World, listen, tmp_path: Path) -> None:
    with web_process(tmp_path) as web:
        conversation = await in_thread(world.conversation)
        listeners = [await listen(web, await in_thread(sign_in, world.people["boss"])) for _ in range(5)]
        for listener in listeners:
            await listener.hello()
            await listener.watch(conversation, lists=("all",))
        started = time.monotonic()
        web.process.terminate()
        await in_thread(web.process.wait, 8)
        print(f"stopped in {time.monotonic() - started:.2f} s")
        for listener in listeners:
            await listener.closed()
        assert not (tmp_path / f"web-{web.port}" / "run" / "web.ready").exists()
