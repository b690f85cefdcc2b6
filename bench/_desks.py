"""Many desks in one process of their own: real websockets, each with a signed-in session, by the browser's rules.

Order: {"port", "cookie_name", "desks": [{"session", "conversation", "lists"}]}. Says {"joined": n}. Then, for each line
it is given, it says what happened since the last one:

    {"painted": {body of a text: [when each desk had applied it]}, "counts": [[when, live conversations]...],
     "frames": n, "gaps": n, "closed": n}

Times are seconds since 1970. Painted means read, parsed and merged: a row by its revision, a message by its number.
"""

from __future__ import annotations

import asyncio
import gc
import json
import struct
import sys
import time
from collections import defaultdict
from functools import partial
from typing import Any, cast

import orjson
import uvloop

from bench._order import taken

_MASK = b"\0\0\0\0"  # masked with zeros: masked by the rules, and the octets stay as they are
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA


class Story:
    """What all desks have heard since it was last told."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.painted: defaultdict[str, list[float]] = defaultdict(list)
        self.counts: list[tuple[float, int]] = []
        self.frames = self.gaps = self.closed = 0

    def told(self) -> dict[str, Any]:
        said = {"painted": dict(self.painted), "counts": self.counts, "frames": self.frames, "gaps": self.gaps}
        said["closed"] = self.closed
        self._begin()
        return said


class Desk(asyncio.Protocol):
    def __init__(self, story: Story, order: dict[str, Any], *, port: int, cookie: str) -> None:
        self.joined = asyncio.get_running_loop().create_future()
        self._story, self._order, self._port, self._cookie = story, order, port, cookie
        self._buffer = b""
        self._open = False
        self._epoch: Any = None
        self._at = -1
        self._rows: dict[str, dict[str, Any]] = {}
        self._threads: defaultdict[str, dict[int, Any]] = defaultdict(dict)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        place = f"127.0.0.1:{self._port}"
        self._transport.write(
            f"GET /ws/desk HTTP/1.1\r\nHost: {place}\r\nOrigin: http://{place}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            f"Cookie: {self._cookie}={self._order['session']}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        data = self._buffer + data if self._buffer else data
        if not self._open:
            head, found, rest = data.partition(b"\r\n\r\n")
            if not found:
                self._buffer = data
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                raise SystemExit(f"no websocket: {head[:200]!r}")
            self._open, data = True, rest
            watched = self._order["conversation"]
            self._say({"type": "hello", "epoch": None, "cursor": None})
            self._say({"type": "watch", "conversations": [watched] if watched else [], "lists": self._order["lists"]})
        at = 0
        while (frame := _frame(data, at)) is not None:
            kind, start, at = frame
            if kind == _TEXT:
                self._hear(orjson.loads(memoryview(data)[start:at]))
            elif kind == _PING:
                self._write(_PONG, data[start:at])
            elif kind == _CLOSE:
                self._transport.close()
        self._buffer = data[at:]

    def connection_lost(self, exc: Exception | None) -> None:
        self._story.closed += 1

    def _hear(self, message: dict[str, Any]) -> None:
        kind, story = message["type"], self._story
        if kind == "frame":
            story.frames += 1
            if self._at < 0:
                self._epoch, self._at = message["epoch"], message["upto"]
                self.joined.set_result(None)
            if message["epoch"] != self._epoch or message["after"] > self._at:
                story.gaps += 1
                return
            for event in message["events"]:
                self._apply(event)
            for row in message.get("rows", ()):
                self._merge(row)
            self._at = max(self._at, message["upto"])
            now = time.time()
            for event in message["events"]:
                if event["type"] == "message.received":
                    story.painted[event["message"]["body"]].append(now)
        elif kind == "ping":
            self._at = max(self._at, message["upto"])
            self._say({"type": "pong", "key": message["key"]})
        elif kind == "counts":
            every = message["counts"]["all"]
            story.counts.append((time.time(), every["open"] + every["bot"] + every["queued"]))
        elif kind == "reset":
            story.gaps += 1

    def _apply(self, event: dict[str, Any]) -> None:
        if "conversation" in event:
            self._merge(event["conversation"])
        if "message" in event:
            self._threads[event["conversation"]["id"]][event["message"]["seq"]] = event["message"]

    def _merge(self, row: dict[str, Any]) -> None:
        known = self._rows.get(row["id"])
        if known is None or row["revision"] >= known["revision"]:
            self._rows[row["id"]] = row

    def _say(self, message: dict[str, Any]) -> None:
        self._write(_TEXT, orjson.dumps(message))

    def _write(self, kind: int, octets: bytes) -> None:
        size = len(octets)
        length = bytes((0x80 | size,)) if size < 126 else struct.pack(">BH", 0x80 | 126, size)
        self._transport.write(bytes((0x80 | kind,)) + length + _MASK + octets)


def _frame(data: bytes, at: int) -> tuple[int, int, int] | None:
    """(kind, where its octets begin, where they end) of the whole frame at `at`, if it is whole."""
    if len(data) - at < 2:
        return None
    size, start = data[at + 1], at + 2
    if size == 126:
        size, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
    elif size == 127:
        size, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
    if len(data) < start + size:
        return None
    return data[at] & 0x0F, start, start + size


def _same(desk: Desk) -> Desk:
    return desk


async def main(order: dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    story = Story()
    desks = []
    for one in order["desks"]:
        desk = Desk(story, one, port=order["port"], cookie=order["cookie_name"])
        await loop.create_connection(partial(_same, desk), "127.0.0.1", order["port"])
        desks.append(desk)
    await asyncio.wait_for(asyncio.gather(*(desk.joined for desk in desks)), 60)
    # Two hundred desks keep what they paint in one heap: Python's collector would stop all of them for up to 100 ms to
    # look through it, which no browser does.
    gc.disable()
    print(json.dumps({"joined": len(desks)}), flush=True)
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while await commands.readline():
        sys.stdout.write(json.dumps(story.told()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main(taken()))
