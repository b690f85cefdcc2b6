"""A server of sockets that sends frames which it made before: what the desks of bench/_desks.py could take.

Order: {"desks", "frames"}. Says {"port"}; once so many desks are there, it sends each so many frames of five texts,
as fast as they are read, and says {"sent": texts}.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import struct
from typing import Any, cast

import orjson
import uvloop

from bench._order import taken

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
EVENTS = 5  # of one frame


def framed(message: dict[str, Any]) -> bytes:
    octets = orjson.dumps(message)
    head = struct.pack(">BB", 0x81, len(octets)) if len(octets) < 126 else struct.pack(">BBH", 0x81, 126, len(octets))
    return head + octets


def busy(events: int) -> bytes:
    """A frame of as many texts, of the size that the product's have."""
    row = {
        "id": "c" * 36, "revision": 1, "status": "open", "line_id": "l" * 36, "queue_id": "q" * 36,
        "owner_id": "o" * 36, "contact": {"id": "p" * 36, "name": None, "address": "+" * 14, "language": None},
        "last_seq": 9, "last_message": {"kind": "incoming", "author": "contact", "preview": "x" * 20, "at": "t" * 24},
        "waiting_since": "t" * 24, "opened_at": "t" * 24, "queued_at": "t" * 24, "closed_at": None, "unread": 9,
        "priority": 0, "handover": None,
    }  # fmt: skip
    message = {
        "id": "m" * 36, "seq": 1, "kind": "incoming", "author": {"kind": "contact", "id": None, "name": None},
        "body": "x" * 20, "at": "t" * 24, "client_id": None, "delivery": None, "event": None,
    }  # fmt: skip
    event = {"seq": 1, "type": "message.received", "at": "t" * 24, "conversation": row, "message": message}
    return framed({"type": "frame", "epoch": 1, "after": 0, "upto": 0, "rows_upto": 0, "events": [event] * events})


class Server(asyncio.Protocol):
    clients: list[Server] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._seen = b""
        self.writable = True

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True

    def data_received(self, data: bytes) -> None:
        if self in self.clients:
            return
        self._seen += data
        if b"\r\n\r\n" not in self._seen:
            return
        key = self._seen.split(b"Sec-WebSocket-Key: ", 1)[1].split(b"\r\n", 1)[0]
        accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" + busy(0)
        )
        self.clients.append(self)

    def send(self, octets: bytes) -> None:
        self._transport.write(octets)


async def main(order: dict[str, Any]) -> None:
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    while len(Server.clients) < order["desks"]:  # noqa: ASYNC110 (nothing is measured yet)
        await asyncio.sleep(0.05)
    await asyncio.sleep(1)
    octets = busy(EVENTS)
    for _ in range(order["frames"]):
        for client in Server.clients:
            while not client.writable:  # noqa: ASYNC110 (the slowest client sets the pace)
                await asyncio.sleep(0.001)
            client.send(octets)
        await asyncio.sleep(0)
    print(json.dumps({"sent": order["frames"] * EVENTS * order["desks"]}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(taken()))
