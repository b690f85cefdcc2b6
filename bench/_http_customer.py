"""The customer of a gateway that speaks HTTP: takes subscribers' texts and receipts, gives texts to send.

Says {"port"}. For each further line it is given, it says {"taken": different texts that begin with `mark`, "times":
how often such came, "receipts": all receipts, "accepted": texts that the gateway took over of the last `send`}.

Such a line is {"mark"?: words}, and may be {"send": {"port", "user", "password", "count", "source", "text"}}: from then
on so many texts, each "<text> <number>", are given over CONNECTIONS connections that stay open.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from typing import Any, cast
from urllib.parse import quote_plus, unquote_plus

import uvloop

from bench._order import taken

_FINE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n"
CONNECTIONS = 50
NUMBERS = 5_000


class World:
    def __init__(self) -> None:
        self.texts: Counter[str] = Counter()
        self.receipts = self.accepted = 0

    def told(self, mark: str) -> dict[str, Any]:
        times = [count for text, count in self.texts.items() if text.startswith(f"{mark} ")] if mark else []
        return {"taken": len(times), "times": sum(times), "receipts": self.receipts, "accepted": self.accepted}


class Door(asyncio.Protocol):
    """What the gateway calls. It asks with GET and no body."""

    def __init__(self, world: World) -> None:
        self._world, self._rest = world, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        *requests, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for request in requests:
            path = request.split(b" ", 2)[1]
            if path.startswith(b"/mo"):
                self._world.texts[unquote_plus(path.partition(b"&text=")[2].decode())] += 1
            else:
                self._world.receipts += 1
        self._transport.write(_FINE * len(requests))


class Giver(asyncio.Protocol):
    """One connection that gives a text, waits for the answer, gives the next."""

    def __init__(self, world: World, requests: list[bytes]) -> None:
        self._world, self._requests, self._answer = world, requests, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._give()

    def _give(self) -> None:
        if self._requests:
            self._transport.write(self._requests.pop())
        else:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
        if len(body) >= length:
            self._world.accepted += head.split(b" ", 2)[1] == b"202"
            self._answer = body[length:]
            self._give()


async def give(world: World, door: int, order: dict[str, Any]) -> None:
    world.accepted = 0
    receipts = quote_plus(f"http://127.0.0.1:{door}/receipt?state=%d")
    words = (
        f"GET /cgi-bin/sendsms?username={order['user']}&password={order['password']}&from={order['source']}"
        f"&dlr-mask=3&dlr-url={receipts}"
    )
    text = quote_plus(order["text"])
    requests = [
        f"{words}&to=%2B22901900{n % NUMBERS:05d}&text={text}+{n} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        for n in range(order["count"])
    ]
    loop = asyncio.get_running_loop()
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: Giver(world, requests), "127.0.0.1", order["port"])


async def main(_order: dict[str, Any]) -> None:
    world = World()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Door(world), "127.0.0.1", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"port": port}), flush=True)
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        order = json.loads(line)
        if "send" in order:
            await give(world, port, order["send"])
        sys.stdout.write(json.dumps(world.told(order.get("mark", ""))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main(taken()))
