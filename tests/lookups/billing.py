"""A company's own systems beside ours: a real PostgreSQL with a role that may only read, and a REST service."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg

from config.up import engines, testing
from config.up.binaries import remove
from config.up.ports import Held
from config.up.postgres import SUPERUSER, Postgres

READER, WORD = "palabre_reader", "baobab-reads-only"
CLERK = "clerk"  # may write
NUMBER, OTHER = "+2290197000001", "+2290197000002"

_TABLES = f"""
create role {READER} login password '{WORD}';
create role {CLERK} login password '{WORD}';
create table account (msisdn text primary key, balance numeric(12, 2), currency text, note text);
create table invoice (id int primary key, msisdn text, due date, amount numeric(12, 2));
create table salary (who text, amount int);
insert into account values ('{NUMBER}', 1250.50, 'XOF', 'Orange sanguine'), ('{OTHER}', 77, 'XOF', 'secret of another');
insert into invoice select n, '{NUMBER}', date '2026-01-31' + n, 100 * n from generate_series(1, 40) n;
insert into salary values ('boss', 9000);
create function pay(who text) returns int language sql volatile as $$
    insert into invoice (id, msisdn) values (999, who) returning id $$;
grant select on account, invoice to {READER};
grant select, insert, update, delete on account to {CLERK};
"""


class Billing:
    """`url_of(role)` opens it as a test; `settings` and WORD are what an administrator would type."""

    def __init__(self, state: Path) -> None:
        self._held = Held()
        self.port = self._held.port
        self._postgres = Postgres(
            state, port=self.port, passwords={"superuser": "s", "owner": "o", "app": "a"}, durable=False,
            log=state / "logs" / "billing.log",
        )  # fmt: skip
        self._postgres.start()
        with self.as_superuser("postgres") as admin:
            admin.execute("create database billing")
        with self.as_superuser() as admin:
            admin.execute(_TABLES)

    @contextmanager
    def as_superuser(self, database: str = "billing") -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self._postgres.url(SUPERUSER, database), autocommit=True) as admin:
            yield admin

    def settings(self, **other: Any) -> dict[str, Any]:
        return {"host": "127.0.0.1", "port": self.port, "database": "billing", "user": READER, **other}

    def counts(self) -> tuple[Any, ...]:
        """Of everything that a query could have changed."""
        with self.as_superuser() as admin:
            return admin.execute(
                """select (select count(*) from account), (select sum(balance) from account),
                          (select count(*) from invoice), (select count(*) from salary),
                          (select count(*) from pg_class where relnamespace = 'public'::regnamespace)"""
            ).fetchone()

    def backends(self) -> int:
        with self.as_superuser() as admin:
            row = admin.execute("select count(*) from pg_stat_activity where usename = %s", [READER]).fetchone()
            return int(row[0])

    def end_backends(self) -> None:
        with self.as_superuser() as admin:
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [READER])

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """The reader's backends, and whoever would take new connections, keep their sockets and say nothing."""
        with self.as_superuser() as admin:
            rows = admin.execute("select pid from pg_stat_activity where usename = %s", [READER]).fetchall()
        assert self._postgres.process is not None
        pids = [*(row[0] for row in rows), self._postgres.process.pid]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def close(self) -> None:
        self._postgres.stop(5)
        self._held.close()


@contextmanager
def billing_of_its_own() -> Iterator[Billing]:
    state = testing.throw_away()
    found: Billing | None = None
    try:
        found = Billing(engines.prepare(Path(tempfile.mkdtemp(dir=state))))
        yield found
    finally:
        if found is not None:
            found.close()
        remove(state)


class Service:
    """A REST service on this machine. What it does stands in the path: /slow, /status/500, /to-metadata, /huge, /words,
    /drip, /odd-rows; /accounts/<number> and POST /search answer well. `asked`: method, path, headers, body."""

    def __init__(self) -> None:
        service = self
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: dict[str, Any] = {}
        self.ended = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                service.asked.append((self.command, self.path, dict(self.headers), body))
                try:
                    service.answer(self, body)
                except (BrokenPipeError, ConnectionResetError):
                    pass

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        parts = urlsplit(to.path)
        step = parts.path.strip("/").split("/")
        match step[0]:
            case "slow":
                self.ended.wait(10)
                self.send(to, 200, b"{}")
            case "status":
                self.send(to, int(step[1]), b'{"error": "no"}')
            case "to-metadata":
                self.send(to, 302, b"", Location="http://169.254.169.254/latest/meta-data/")
            case "to-itself":
                self.send(to, 307, b"", Location=f"{self.url}/accounts/{NUMBER}")
            case "huge":
                self.send(to, 200, b"[" + b'{"balance": 1},' * 400_000 + b"{}]")
            case "endless":
                to.send_response(200)
                to.send_header("Transfer-Encoding", "chunked")
                to.end_headers()
                while not self.ended.is_set():
                    to.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            case "words":
                self.send(to, 200, b"<html>hello</html>")
            case "odd-rows":
                self.send(to, 200, b'{"rows": [1, 2]}')
            case "drip":
                to.send_response(200)
                to.send_header("Content-Length", "1000")
                to.end_headers()
                while not self.ended.wait(0.1):
                    to.wfile.write(b" ")
                    to.wfile.flush()
            case "cut":
                to.send_response(200)
                to.send_header("Content-Length", "1000")
                to.end_headers()
                to.wfile.write(b'{"balance"')
                to.close_connection = True
            case "search":
                self.send(to, 200, json.dumps({"got": json.loads(body)}).encode())
            case "query":
                self.send(to, 200, json.dumps({key: value[0] for key, value in parse_qs(parts.query).items()}).encode())
            case "accounts" if len(step) == 2 and unquote(step[1]) in (NUMBER, NUMBER[1:], "0197000001"):
                rows = [{"amount": {"value": 1250.5 + n, "open": True, "since": None}} for n in range(8)]
                self.send(to, 200, json.dumps({"data": {"rows": rows}, "balance": "1250.50"}).encode())
            case _:
                self.send(to, 404, b'{"error": "nobody"}')

    def send(self, to: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
        to.send_response(status)
        for name, value in headers.items():
            to.send_header(name, value)
        to.send_header("Content-Type", "application/json")
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        to.wfile.write(body)

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()


def until(what: Any, seconds: float = 5) -> Any:
    """Wait until `what()` is true, or fail saying what it is."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"still {found!r} after {seconds} s"
        time.sleep(0.02)
    return found
