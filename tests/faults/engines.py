"""Engines that go away, hang and come back, and traffic that goes on all the while."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import urllib.error
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self
from urllib.parse import urlsplit

import psutil
import psycopg

from config.up.holding import hold, release
from config.up.trial import Running
from tests.faults.conftest import Line


class Back:
    """When an engine answered again (time.monotonic), for measuring what was promised from then on."""

    at: float = 0.0

    def since(self) -> float:
        return time.monotonic() - self.at


def answers(palabre: Running, engine: str) -> bool:
    if engine == "valkey":
        import redis

        with redis.Redis.from_url(palabre.environ["REDIS_URL"], socket_timeout=1, socket_connect_timeout=1) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False
    try:
        with psycopg.connect(palabre.environ["DATABASE_OWNER_URL"], connect_timeout=2) as connection:
            connection.execute("select 1")
    except psycopg.Error:
        return False
    return True


@contextmanager
def away(palabre: Running, engine: str, *, kill: int = signal.SIGKILL) -> Iterator[Back]:
    """The engine is gone: connections are refused. At the end the supervisor starts it again, and it answers."""
    back = Back()
    gone = palabre.processes()[engine]
    hold(palabre.state, engine)
    try:
        os.kill(gone.pid, kill)
        _until(lambda: not gone.alive(), f"{engine} has gone", 20)
        yield back
    finally:
        release(palabre.state, engine)
    _until(lambda: answers(palabre, engine), f"{engine} is back", 60)
    back.at = time.monotonic()


@contextmanager
def hung(palabre: Running, engine: str) -> Iterator[Back]:
    """The engine and all its children are stopped: the kernel takes what is sent to them, and nothing answers."""
    back = Back()
    main = psutil.Process(palabre.pid(engine))
    stopped: list[psutil.Process] = []
    for _ in range(3):  # one that is just being forked
        for process in (main, *main.children(recursive=True)):
            if process not in stopped:
                with suppress(psutil.Error):
                    process.suspend()
                    stopped.append(process)
    try:
        yield back
    finally:
        for process in reversed(stopped):
            with suppress(psutil.Error):
                process.resume()
        back.at = time.monotonic()


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """SIGSTOP: the process keeps its memory and its sockets, and does nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


class Pour:
    """Texts that subscribers go on sending, whatever happens: each once, numbered, until the end of the block."""

    def __init__(self, line: Line, words: str, *, to: str = "3334", every_s: float = 0.1, first: int = 0) -> None:
        self._line, self._words, self._to, self._every = line, words, to, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._first = first
        self.sent: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        self._stop.set()
        self._thread.join(15)

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(self._every):
            number += 1
            account = "savane" if number % 2 else "lagune"
            body = f"{self._words} {number}"
            prefix = "+2290197" if number % 2 else "+2290195"
            self._line.text(f"{prefix}{self._first + number:06d}", body, to=self._to, account=account)
            self.sent.append(body)


class Sampler:
    """Asks something again and again on a thread of its own; keeps (second, answer, how long it took)."""

    def __init__(self, ask: Callable[[], Any], *, every_s: float = 0.2) -> None:
        self._ask, self._every = ask, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.answers: list[tuple[float, Any, float]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(15)

    def last(self) -> Any:
        """The newest answer; None before the first."""
        return self.answers[-1][1] if self.answers else None

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            began = time.monotonic()
            try:
                answer = self._ask()
            except urllib.error.HTTPError as error:
                answer = (error.code, error.read().decode(errors="replace")[:300])
            except Exception as error:
                answer = error
            self.answers.append((began, answer, time.monotonic() - began))


def accounted(line: Line, rows: Callable[..., list[tuple[Any, ...]]], word: str) -> tuple[set[str], list[str]]:
    """(acknowledged texts, stored bodies) of those with this word."""
    acknowledged = {text for text in line.acknowledged() if word in text}
    stored = [
        body
        for (body,) in rows(
            "select body from conversations_message where kind = 'incoming' and position(%s in body) > 0", word
        )
    ]
    return acknowledged, stored


def dense(rows: Callable[..., list[tuple[Any, ...]]]) -> None:
    """Messages of each conversation and events of each organisation are numbered without a hole."""
    for table, owner in (("conversations_message", "conversation_id"), ("realtime_event", "organisation_id")):
        holes = rows(f"select {owner} from {table} group by 1 having max(seq) - min(seq) + 1 <> count(*)")
        assert holes == [], table


def _until(claim: Callable[[], bool], what: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)


def sent_once(line: Line, rows: Callable[..., list[tuple[Any, ...]]]) -> None:
    """No subscriber got more parts than his answers have; what is said to be sent was handed over.

    Answers may still be leaving: what the database says is sent is read before the ledger, what it owes after it.
    """
    done = dict(
        rows("select destination, sum(parts)::int from conversations_delivery where state in (3, 4) group by 1")
    )
    handed: Counter[str] = Counter()
    wrote = set()
    for row in line.ledger():
        if row.get("command") == "submit_sm" and row["direction"] == "in":
            handed["+" + row["destination"].removeprefix("+")] += 1
        elif row.get("mo"):
            wrote.add("+" + row.get("source", "").removeprefix("+"))
    owed = dict(rows("select destination, sum(parts)::int from conversations_delivery group by 1"))
    twice = {number: count for number, count in handed.items() if count > owed.get(number, 0)}
    assert twice == {}, f"sent twice: {twice}"
    unsent = {number: (handed[number], count) for number, count in done.items() if number in wrote}
    unsent = {number: found for number, found in unsent.items() if found[0] < found[1]}
    assert unsent == {}, f"said sent, and was not (handed over, said): {unsent}"


class Wire:
    """A way to PostgreSQL for one process alone, which can swallow everything as a network does that has gone."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._server = socket.create_server(("127.0.0.1", 0))
        user = parts.netloc.rpartition("@")[0]
        self.url = parts._replace(netloc=f"{user}@127.0.0.1:{self._server.getsockname()[1]}").geturl()
        self._flows = threading.Event()
        self._flows.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._flows.set()
        self._server.close()

    def swallow(self) -> None:
        self._flows.clear()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(self._target)
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
