"""One call to a bot's server, from any thread: bounded in time, in bytes and in how many are under way.

The calls of all servers share one event loop in a thread of its own. A blocking client only bounds each read, so a
server that sends a byte a second would hold a thread of ours for as long as it likes; here the whole call has an end.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from bots.remote.failures import Kind, ServerFailed
from bots.remote.loop import submitted as _submitted
from bots.remote.wire import LARGEST

if TYPE_CHECKING:
    import aiohttp

CONNECT_S = 0.5
TOTAL_S = 2.0  # half of what a whole turn may take (routing/turns.py): the rest is for whoever answers instead
# Conversations of one batch (routing/turns.py). A server of one process answered 32 at once within 0.4 s at the 99th
# percentile; more at once only wait longer there.
MOST_AT_ONCE = 32
# Sanic, Rasa's server, ends a connection that rests for 5 s: an earlier end is ours to choose, and costs no text.
_REST_S = 3.0
_SLACK_S = 0.25  # beyond the limit, for a loop that is late


class Calls:
    """To one address. Safe to share between threads; nothing is tried twice once it was sent."""

    def __init__(
        self, url: str, token: str, *, connect_s: float = CONNECT_S, total_s: float = TOTAL_S, most: int = MOST_AT_ONCE
    ) -> None:
        import aiohttp  # noqa: F401 (a third of a second, which the first call would miss)

        self._url = url.rstrip("/")
        self._token = token
        self._connect_s = connect_s
        self._total_s = total_s
        self._most = most
        self._free = threading.BoundedSemaphore(most)
        self._session: aiohttp.ClientSession | None = None

    def enter(self) -> bool:
        """Take one of the places for calls; False: all are taken, and nobody waits. Whoever took one calls `leave`."""
        return self._free.acquire(blocking=False)

    def leave(self) -> None:
        self._free.release()

    def post(self, path: str, octets: bytes) -> bytes:
        """The body of the answer, at most LARGEST bytes, after at most `total_s` seconds. Raises ServerFailed."""
        return self._within(path, octets)

    def get(self, path: str) -> bytes:
        """As `post`."""
        return self._within(path, None)

    def close(self) -> None:
        """Let the connections go; a call that is under way fails. It may be used again."""
        session, self._session = self._session, None
        if session is not None:
            with suppress(concurrent.futures.TimeoutError):
                _submitted(session.close()).result(self._total_s)

    def _within(self, path: str, octets: bytes | None) -> bytes:
        deadline = time.monotonic() + self._total_s
        call = _submitted(self._call(path, octets, deadline))
        try:
            return call.result(self._total_s + _SLACK_S)
        except (concurrent.futures.TimeoutError, concurrent.futures.CancelledError):
            call.cancel()
            raise ServerFailed(Kind.TIMEOUT) from None

    async def _call(self, path: str, octets: bytes | None, deadline: float) -> bytes:
        import aiohttp

        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                async with self._open().request(
                    "GET" if octets is None else "POST", self._url + path, data=octets, allow_redirects=False
                ) as answer:
                    _look_at(answer.status)
                    return await _read(answer)
        except ServerFailed:
            raise
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL):
            raise ServerFailed(Kind.UNREACHED) from None
        except TimeoutError:
            raise ServerFailed(Kind.TIMEOUT) from None
        except (aiohttp.ClientError, OSError):
            raise ServerFailed(Kind.CUT) from None

    def _open(self) -> aiohttp.ClientSession:
        """Only in the loop's thread."""
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._most, keepalive_timeout=_REST_S),
                timeout=aiohttp.ClientTimeout(total=self._total_s, sock_connect=self._connect_s),
                headers={
                    "Authorization": f"Bearer {self._token}",
                    "Content-Type": "application/json",
                    "Accept-Encoding": "identity",  # 64 KiB of a packed answer could be 64 MB
                },
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session


def _look_at(status: int) -> None:
    """Raises ServerFailed."""
    kinds = {401: Kind.UNAUTHORISED, 403: Kind.UNAUTHORISED, 400: Kind.REFUSED, 503: Kind.STORE}
    if status != 200:
        raise ServerFailed(kinds.get(status, Kind.STATUS))


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    if (answer.content_length or 0) > LARGEST:
        raise ServerFailed(Kind.TOO_LARGE)
    octets = bytearray()
    async for chunk in answer.content.iter_any():
        octets += chunk
        if len(octets) > LARGEST:
            raise ServerFailed(Kind.TOO_LARGE)
    return bytes(octets)
