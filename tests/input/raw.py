"""A caller who writes bytes, not requests, to a real web process."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.realtime.conftest import Web


@dataclass(frozen=True)
class Heard:
    status: int  # 0: the connection ended without an answer
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def data(self) -> Any:
        return json.loads(self.body)


def ask(web: Web, *pieces: bytes, seconds: float = 15.0, pause: float = 0.0, until_closed: bool = False) -> Heard:
    """Write `pieces`, `pause` seconds between them, and read one answer (or until the other side closes)."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", web.port), timeout=seconds) as line:
        try:
            for piece in pieces:
                line.sendall(piece)
                time.sleep(pause)
        except OSError:
            pass  # it has heard enough: what it said stands in the buffer
        return _answer(line, began, until_closed)


def _answer(line: socket.socket, began: float, until_closed: bool) -> Heard:
    got = b""
    try:
        while more := line.recv(65_536):
            got += more
            if not until_closed and _complete(got):
                break
    except OSError:
        pass
    head, _, body = got.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines[1:])}
    return Heard(int(words[1]) if len(words) > 1 else 0, headers, body, time.monotonic() - began)


def _complete(got: bytes) -> bool:
    head, parted, body = got.partition(b"\r\n\r\n")
    if not parted:
        return False
    for one in head.lower().split(b"\r\n"):
        if one.startswith(b"content-length:"):
            return len(body) >= int(one.split(b":")[1])
    return b"transfer-encoding: chunked" not in head.lower() or got.endswith(b"0\r\n\r\n")


def request(
    method: str,
    path: str | bytes,
    *,
    body: bytes = b"",
    headers: Iterable[tuple[str, str | bytes]] = (),
    host: str = "127.0.0.1",
) -> bytes:
    target = path if isinstance(path, bytes) else path.encode()
    lines = [method.encode() + b" " + target + b" HTTP/1.1", b"Host: " + host.encode()]
    given = list(headers)
    if body and not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in given):
        given.append(("Content-Length", str(len(body))))
    lines += [name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()) for name, value in given]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@dataclass(frozen=True)
class Caller:
    """Somebody who is signed in, as headers."""

    web: Web
    session: str
    token: str = "t" * 32

    def headers(self, *more: tuple[str, str | bytes]) -> list[tuple[str, str | bytes]]:
        return [
            ("Cookie", f"session={self.session}; csrftoken={self.token}"), ("X-CSRFToken", self.token),
            ("Content-Type", "application/json"), *more,
        ]  # fmt: skip

    def ask(self, method: str, path: str | bytes, body: bytes = b"", *more: tuple[str, str | bytes]) -> Heard:
        return ask(self.web, request(method, path, body=body, headers=self.headers(*more)))
