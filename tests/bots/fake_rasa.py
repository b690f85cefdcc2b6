"""A server that answers as Rasa 3.6.21 does behind the custom channel of bots/remote/wire.py, traps included.

What a text means it takes from the embedded engine, so both engines can be held against each other. Raw sockets: a
library would mend what some faults are made of. Its numbered traps are those that were seen of the real one:

    1   the stock REST webhook answers whoever asks, token or none
    2   a conversation's id in an address is taken as it stands, percent signs and all
    4   "/restart" lifts a pause, "/intent" is taken at its word
    5   an error is 200 with nothing to say
    6   a tracker store that dies loses all states, and nobody is told
    7   a store that hangs holds up every request, whoever asks
    10  no message: 200 and nothing; no sender: everybody is the conversation "default"
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from bots.embedded.engine import EmbeddedEngine
from bots.embedded.rules import FALLBACK
from bots.embedded.spelling import words

TOKEN = "a-token-of-the-tests"
API_TOKEN = "of-the-http-api"
_COMMAND = re.compile(r"/([^{@]+)(?:\{.*\})?", re.DOTALL)


@dataclass
class Tracker:
    paused: bool = False
    slots: dict[str, Any] = field(default_factory=lambda: {"lang": "fr", "clarified": False})


@dataclass
class Reply:
    """What is said back: `body` as it is, or JSON of it."""

    status: int
    body: Any

    def octets(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        head = f"HTTP/1.1 {self.status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


class FakeRasa:
    """`with FakeRasa(engine) as rasa:` listens at `rasa.url`.

    fault      what it does instead of answering well, until it is set to "" again (`FAULTS`), or a function that
               changes the JSON of a good answer
    asked      the bodies of the texts that reached the bot, in order
    thinking   set when a text waits for `go_on` (faults "silence", "delay", "drip", "late", "hung")
    said       set when an answer has been written whole
    """

    def __init__(self, engine: EmbeddedEngine) -> None:
        self.engine = engine
        self.bot = engine.files.name
        self.fault: str | Callable[[dict[str, Any]], Any] = ""
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.connections = 0
        self.trackers: dict[str, Tracker] = {}
        self.thinking = threading.Event()
        self.said = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._released = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake rasa", daemon=True)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, _type: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def refuse(self) -> None:
        """No connection is taken any more; those that stand are cut."""
        self._do(self._end())

    def come_back(self) -> None:
        self._do(self._listen())

    def go_on(self) -> None:
        """Whatever waits, goes on."""
        self._loop.call_soon_threadsafe(self._released.set)

    def hold(self) -> None:
        """Whatever waits from now on, waits until `go_on`, also when that was said before."""
        self.thinking.clear()
        self._loop.call_soon_threadsafe(self._released.clear)

    def lose_memory(self) -> None:
        """Trap 6."""
        self.trackers.clear()

    # --- the server --------------------------------------------------------------------------------------------

    def _do(self, deed: Any) -> None:
        asyncio.run_coroutine_threadsafe(deed, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; False: the connection is of no more use."""
        method, target, _ = (await reader.readuntil(b"\r\n")).decode().split(" ", 2)
        headers = {}
        while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
            name, _, value = line.decode().partition(":")
            headers[name.strip().lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.paths.append(target)
        self.headers.append(headers)
        if self.fault == "hung":  # trap 7: whoever asks, and whatever for
            await self._wait()
        path = urlsplit(target).path
        if path == "/webhooks/palabre/webhook" and method == "POST":
            return await self._text(writer, headers, body)
        writer.write(self._other(method, path, headers, target, body).octets())
        await writer.drain()
        return True

    async def _wait(self) -> None:
        self.thinking.set()
        try:
            async with asyncio.timeout(30):
                await self._released.wait()
        except TimeoutError:
            pass

    async def _text(self, writer: asyncio.StreamWriter, headers: dict[str, str], body: bytes) -> bool:
        if self.fault in ("silence", "delay", "late"):
            await self._wait()
            if self.fault == "silence":
                return False
        if self.fault == "reset":
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{"bot": ')
            await writer.drain()
            return False
        if self.fault in ("drip", "drip_head"):
            self.thinking.set()
            octets = self._answer(headers, body).octets()
            writer.write(b"" if self.fault == "drip_head" else octets[: octets.index(b"{")])
            for octet in octets if self.fault == "drip_head" else octets[octets.index(b"{") :]:
                writer.write(bytes([octet]))
                await writer.drain()
                try:
                    async with asyncio.timeout(1):
                        await self._released.wait()
                except TimeoutError:
                    pass
        elif self.fault == "no_length":  # 5 MB that nobody announced
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(80):
                writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
                await writer.drain()
        else:
            writer.write(self._answer(headers, body).octets())
        await writer.drain()
        self.said.set()
        return True

    def _answer(self, headers: dict[str, str], body: bytes) -> Reply:
        """The custom channel."""
        if self.fault in FAULTS and FAULTS[self.fault] is not None:
            return FAULTS[self.fault]
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(401, {"error": "auth"})
        try:
            given = json.loads(body)
            sender, message, metadata = given["sender"], given["message"], given["metadata"]
        except (ValueError, KeyError, TypeError):
            return Reply(400, {"error": "bad request"})
        if not sender or not isinstance(message, str) or not message.strip():
            return Reply(400, {"error": "bad request"})
        self.asked.append(given)
        tracker = self.trackers.setdefault(sender, Tracker())
        tracker.slots.update(metadata)
        answer = {"bot": "someone_else" if self.fault == "other_bot" else self.bot, **self._processed(tracker, message)}
        return Reply(200, self.fault(answer) if callable(self.fault) else answer)

    def _other(self, method: str, path: str, headers: dict[str, str], target: str, body: bytes) -> Reply:
        """What Rasa serves besides: the channel's own page, its HTTP API, and the stock REST webhook."""
        if path == "/webhooks/palabre/" and method == "GET":
            if headers.get("authorization") != f"Bearer {TOKEN}":
                return Reply(401, {"error": "auth"})
            return Reply(200, {"status": "ok", "bot": self.bot, "model": "20261120-101500-fake"})
        if path == "/webhooks/rest/webhook":  # trap 1: no token is asked for
            given = json.loads(body)
            message = given.get("message") or ""
            if not message or self.fault == "lock_store_away":  # traps 10 and 5
                return Reply(200, [])
            sender = given.get("sender", "default")
            said = self._processed(self.trackers.setdefault(sender, Tracker()), message)["messages"]
            return Reply(200, [{"recipient_id": sender, **one} for one in said])
        if f"token={API_TOKEN}" not in target:
            return Reply(401, {"status": "failure"})
        if path == "/status":
            return Reply(200, {"model_file": "20261120-101500-fake.tar.gz"})
        if found := re.fullmatch(r"/conversations/([^/]+)/tracker/events", path):
            tracker = self.trackers.setdefault(found[1], Tracker())  # trap 2: %2B stays %2B
            tracker.paused = {"pause": True, "resume": False}[json.loads(body)["event"]]
            return Reply(200, {"paused": tracker.paused})
        return Reply(404, {"status": "failure"})

    # --- the bot -----------------------------------------------------------------------------------------------

    def _processed(self, tracker: Tracker, message: str) -> dict[str, Any]:
        files, language = self.engine.files, tracker.slots["lang"]
        guess, confidence, entities = FALLBACK, 1.0, {}
        if (command := _COMMAND.match(message.strip())) is not None:  # trap 4
            guess = command[1]
            if guess == "restart":
                tracker.paused = False
                tracker.slots = Tracker().slots
        else:
            reading = self.engine.model.intent(words(message), language)
            guess, confidence, entities = reading.best, reading.confidence, dict(files.entities.find(message))
            ranking = [{"name": guess or FALLBACK, "confidence": confidence}]
            intent = reading.intent or FALLBACK
        if command is not None:
            intent, ranking = guess, []
        steps = files.rules.steps.get((intent, tracker.slots["clarified"]), ())
        messages = []
        for response in () if tracker.paused else steps:
            if response.signal is not None:
                messages.append({"custom": _payload(response.signal)})
            else:
                variants = response.variants(language)
                messages.append({"text": variants[len(self.asked) % len(variants)]})  # Rasa draws one by chance
        return {
            "intent": {"name": intent, "confidence": confidence},
            "intent_ranking": ranking,
            "entities": [{"entity": name, "value": value, "start": 0} for name, value in entities.items()],
            "messages": messages,
            "paused": tracker.paused,
        }


def _payload(signal: Any) -> dict[str, Any]:
    if signal.action == "opt_out":
        return {"action": "opt_out"}
    return {
        "action": signal.action, "reason": signal.reason, "skills": list(signal.skills), "priority": signal.priority,
    }  # fmt: skip


_GOOD = {"bot": "telecom", "intent": {"name": "greet", "confidence": 1.0}, "messages": [{"text": "Bonjour."}]}
# None: done to the connection itself.
FAULTS: dict[Any, Any] = {
    "silence": None,
    "delay": None,
    "late": None,
    "hung": None,
    "drip": None,
    "drip_head": None,
    "reset": None,
    "no_length": None,
    "other_bot": None,
    "500": Reply(500, {"error": "boom"}),
    "503": Reply(503, {"error": "LockError"}),
    "401": Reply(401, {"error": "auth"}),
    "400": Reply(400, {"error": "bad request"}),
    "302": Reply(302, {}),
    "5MB": Reply(200, b" " * 5_000_000),
    "no_json": Reply(200, b"<html>it works</html>"),
    "half": Reply(200, b'{"bot": "telecom", "intent": {"na'),
    "not_utf8": Reply(200, b'{"bot": "t\xe9l\xe9com"}'),
    "deep": Reply(200, b"[" * 60_000),
    "empty_body": Reply(200, b""),
    "list": Reply(200, []),
    "null": Reply(200, None),
    "trap_5": Reply(200, {**_GOOD, "messages": [], "paused": False}),
}
