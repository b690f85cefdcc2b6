"""What a web process takes in over one connection (Daphne): bounded in bytes and in time, before anything is kept.

Twisted bounds the headers (500 of them, 16 KiB together: 400). Daphne bounds nothing else: it keeps whatever comes
on disk and then in memory, and waits for as long as something drips. nginx in front has limits of its own
(deploy/nginx.conf); these hold without it, and behind it against whoever reaches the process from inside.
"""

from __future__ import annotations

import json
from typing import Any

import daphne.http_protocol
from daphne.server import reactor  # which daphne has made asyncio's
from django.conf import settings
from twisted.logger import STDLibLogObserver, globalLogPublisher
from twisted.web import http

HEADERS_S = 10.0  # from the first byte of a request to the end of its headers
BODY_S = 30.0  # from there to the end of its body
LINGER_S = 2.0  # for a caller who still sends to read why he is refused
LONGEST_LENGTH = 12  # digits of a Content-Length
_CONTROLS = bytes([*range(9), *range(10, 32), 127])  # but the tab

_later: Any = reactor


def _answer(status: str, code: str, message: str) -> bytes:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    )
    return head.encode() + b"Cache-Control: no-store\r\n\r\n" + body


TOO_LARGE = _answer("413 Content Too Large", "too_large", "This request is too large.")
TOO_SLOW = _answer("408 Request Timeout", "too_slow", "This request took too long to arrive.")


class Channel(http.HTTPChannel):
    """A connection until it becomes a socket."""

    transport: Any
    requestFactory: Any
    _deadline: Any = None
    _refused = False

    def dataReceived(self, data: bytes) -> None:
        if self._refused:
            return  # read, so that the refusal arrives, and forgotten
        if self._deadline is None and not self._handlingRequest:
            self._arm(HEADERS_S)
        super().dataReceived(data)

    def headerReceived(self, line: bytes) -> bool:
        name, _, value = line.partition(b":")
        if len(value.translate(None, _CONTROLS)) != len(value):
            # Twisted and Daphne refuse some of them; none is allowed (RFC 9110, section 5.5).
            self._respondToBadRequestAndDisconnect()
            return False
        if name.lower() == b"content-length":
            digits = value.strip(b" \t")
            # Its digits first: Python refuses to read a number of thousands, with an error and not an answer.
            if digits.isdigit() and (
                len(digits) > LONGEST_LENGTH or int(digits) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            ):
                self.refuse(TOO_LARGE)
                return False
        return bool(super().headerReceived(line))

    def allHeadersReceived(self) -> None:
        if self._refused:
            return
        self._arm(BODY_S)
        super().allHeadersReceived()

    def allContentReceived(self) -> None:
        self._disarm()
        if not self._refused:
            super().allContentReceived()

    def connectionLost(self, reason: Any = None) -> None:
        self._disarm()
        super().connectionLost(reason)

    def refuse(self, answer: bytes) -> None:
        """Answer and leave, whatever is still on its way."""
        if self._refused:
            return
        self._refused = True
        self._disarm()
        self.setTimeout(None)
        self.transport.write(answer)
        self._deadline = _later.callLater(LINGER_S, self.transport.abortConnection)

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._deadline = _later.callLater(seconds, self.refuse, TOO_SLOW)

    def _disarm(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None


class Request(daphne.http_protocol.WebRequest):
    def handleContentChunk(self, data: bytes) -> None:
        # A chunked body says nothing of its length beforehand.
        if self.content.tell() + len(data) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self.channel.refuse(TOO_LARGE)
            return
        super().handleContentChunk(data)


class Factory(daphne.http_protocol.HTTPFactory):
    def buildProtocol(self, addr: Any) -> Any:
        channel: Any = Channel()
        channel.requestFactory = Request
        channel.factory = self
        channel.timeOut = self.timeOut
        channel.callLater = _later.callLater
        return channel


def log_as_everywhere() -> None:
    """What Twisted has to say goes where everybody's lines go; Daphne would have it say nothing."""
    observer: Any = STDLibLogObserver()
    globalLogPublisher.addObserver(observer)
