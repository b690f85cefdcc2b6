"""Sockets without a browser: one that stops reading, one that answers nothing, one that lies, two hundred that return.

They speak `/ws/desk` as a page does, and are otherwise as bad as a peer can be.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import socket
import struct
import threading
import time
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from config.up.trial import Running
from tests.faults.screen import Desk

POUR = """
with conversation as (
    update conversations_conversation set last_seq = last_seq + %(n)s, revision = revision + 1 where id = %(id)s
    returning id, organisation_id, line_id, last_seq
), stored as (
    insert into conversations_message (id, organisation_id, conversation_id, seq, kind, author, body)
    select uuidv7(), c.organisation_id, c.id, c.last_seq - %(n)s + g, 'incoming', 'contact', repeat('é', %(size)s / 2)
    from conversation c, generate_series(1, %(n)s) g
    returning id, seq
), taken as (
    update realtime_eventhead h set head = head + %(n)s from conversation c where h.organisation_id = c.organisation_id
    returning h.head
)
insert into realtime_event (id, organisation_id, seq, type, data, at)
select uuidv7(), c.organisation_id, taken.head - %(n)s + row_number() over (order by stored.seq), 'message.received',
       jsonb_build_object('line_id', c.line_id, 'conversation_id', c.id, 'message_id', stored.id,
                          'seq', stored.seq, 'opened', false), now()
from conversation c, taken, stored"""


def pour(connection: psycopg.Connection[Any], conversation: UUID, texts: int, size: int) -> None:
    """`texts` long texts of one conversation in one transaction, each `size` bytes: an import, as the log sees it."""
    connection.execute(POUR, {"n": texts, "size": size, "id": conversation})


def cookies(desk: Desk) -> str:
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in desk._jar)


class Plain:
    """A websocket by hand, its buffer kept small: what is not read here stays with the server."""

    def __init__(self, palabre: Running, desk: Desk) -> None:
        place = urlsplit(palabre.desk)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.socket.connect((place.hostname, place.port))
        key = base64.b64encode(os.urandom(16)).decode()
        origin = palabre.desk.rstrip("/")
        self.socket.sendall(
            (
                f"GET /ws/desk HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nOrigin: {origin}\r\n"
                f"Cookie: {cookies(desk)}\r\n\r\n"
            ).encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(1)
        assert b" 101 " in answer.splitlines()[0], answer

    def say(self, **message: Any) -> bool:
        """Whether the other side still takes it."""
        text, mask = json.dumps(message, default=str).encode(), os.urandom(4)
        head = struct.pack("!BBH", 0x81, 0x80 | 126, len(text)) if len(text) > 125 else bytes([0x81, 0x80 | len(text)])
        try:
            self.socket.sendall(head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(text)))
        except OSError:
            return False
        return True

    def closed_within(self, seconds: float) -> bool:
        """Whether the server ends the connection. Reads what is left; does not answer."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            self.socket.settimeout(max(0.05, limit - time.monotonic()))
            try:
                if not self.socket.recv(65536):
                    return True
            except ConnectionError:
                return True
            except TimeoutError:
                return False
        return False


class Reader:
    """A healthy page's socket on a thread: reads, answers pings, remembers when it heard which text."""

    def __init__(self, palabre: Running, desk: Desk, *, answers: bool = True) -> None:
        self.heard: dict[str, float] = {}
        self.code: int | None = None
        self.frames = 0
        self.trouble = ""  # why it could not connect
        self._answers = answers
        self._palabre, self._desk = palabre, desk
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), daemon=True)
        self._thread.start()

    async def _live(self) -> None:
        try:
            await self._read()
        except (OSError, WebSocketException, TimeoutError) as error:
            self.trouble = repr(error)

    async def _read(self) -> None:
        async with desk_socket(self._palabre, cookies(self._desk)) as opened:
            await opened.send(json.dumps({"type": "hello", "epoch": None, "cursor": None}))
            await opened.send(json.dumps({"type": "watch", "conversations": [], "lists": ["all"]}))
            try:
                async for text in opened:
                    said = json.loads(text)
                    if said["type"] == "ping" and self._answers:
                        await opened.send(json.dumps({"type": "pong", "key": said["key"]}))
                    self.frames += said["type"] == "frame"
                    for row in said.get("rows", ()):
                        if row["last_message"]:
                            self.heard.setdefault(row["last_message"]["preview"], time.time())
            except WebSocketException:
                pass
            self.code = opened.close_code


def desk_socket(palabre: Running, cookie: str) -> connect:
    address = palabre.desk.rstrip("/").replace("http", "ws", 1) + "/ws/desk"
    return connect(
        address, additional_headers={"Cookie": cookie}, origin=Origin(palabre.desk.rstrip("/")), proxy=None,
        compression=None, max_size=None, close_timeout=1, open_timeout=10,
    )  # fmt: skip


class Crowd:
    """Many pages that come back by the rules of the desk: a wait that doubles from 0.4 s to 8 s, jittered by half."""

    def __init__(self, palabre: Running, desk: Desk, size: int, seed: int) -> None:
        self.back: dict[int, float] = {}  # number -> when it last heard its first frame
        self.tries = 0
        self.trouble: list[str] = []  # why one was not let in
        self._palabre, self._cookie, self._size = palabre, cookies(desk), size
        self._chance = random.Random(f"crowd {seed}")
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()

    def level(self, since: float) -> int:
        """How many have heard the server's first word after `since`."""
        return sum(at > since for at in list(self.back.values()))

    def leave(self) -> None:
        self._over.set()
        self._thread.join(15)

    async def _run(self) -> None:
        tasks = [asyncio.create_task(self._one(number)) for number in range(self._size)]
        while not self._over.is_set():
            await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(self, number: int) -> None:
        await asyncio.sleep(self._chance.random() * 2)
        attempt = 0
        while True:
            try:
                self.tries += 1
                async with desk_socket(self._palabre, self._cookie) as opened:
                    await opened.send(json.dumps({"type": "hello", "epoch": None, "cursor": None}))
                    await opened.send(json.dumps({"type": "watch", "conversations": [], "lists": ["all"]}))
                    async for text in opened:
                        attempt = 0
                        said = json.loads(text)
                        if said["type"] == "frame":
                            self.back.setdefault(number, time.monotonic())
                        if said["type"] == "ping":
                            await opened.send(json.dumps({"type": "pong", "key": said["key"]}))
                    self.back.pop(number, None)
            except (OSError, WebSocketException, TimeoutError) as error:
                self.trouble.append(repr(error))
                self.back.pop(number, None)
            ceiling = min(8.0, 0.4 * 2**attempt)
            await asyncio.sleep(ceiling / 2 + ceiling / 2 * self._chance.random())
            attempt += 1
