"""Making one request to a REST service: to the address that was looked at, bounded in time and bytes, led nowhere."""

from __future__ import annotations

import asyncio
import ssl
import time
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING

from aiohttp.abc import AbstractResolver, ResolveResult

from bots.lookups import rest_text
from bots.lookups.destinations import resolve
from bots.lookups.failures import Kind, LookUpFailed
from bots.lookups.source_settings import RestSettings
from bots.lookups.values import Value

if TYPE_CHECKING:
    import aiohttp

    from bots.lookups.models import Definition

LARGEST = 256 * 1024


class _Fixed(AbstractResolver):
    """One machine's address, whatever its name answers by now."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        import socket

        kind = socket.AF_INET6 if ":" in self._address else socket.AF_INET
        return [
            {"hostname": host, "host": self._address, "port": port, "family": kind, "proto": 0,
             "flags": socket.AI_NUMERICHOST}
        ]  # fmt: skip

    async def close(self) -> None:
        return None


async def ask(
    found: RestSettings, secret: str, definition: Definition, bound: Mapping[str, Value], *, connect_s: float,
    deadline: float,
) -> list[dict[str, str]]:  # fmt: skip
    """The rows by `deadline` (time.monotonic); none where the service says 404. Raises LookUpFailed, Nothing."""
    path = rest_text.fill_path(definition.path, bound)
    body = rest_text.fill_body(definition.body, bound) if definition.method == "POST" else None
    octets = await _call(
        found, secret, definition.method, path, body, connect_s=connect_s, deadline=deadline
    )  # fmt: skip
    if octets is None:
        return []
    return rest_text.rows_in(
        octets, rows_at=definition.rows_at, columns=definition.columns, most_rows=definition.most_rows
    )


async def reach(found: RestSettings, secret: str, *, connect_s: float) -> int:
    """The status of its address itself, whatever it says there: it is reached, and speaks as expected. Raises
    LookUpFailed."""
    statuses: list[int] = []
    await _call(found, secret, "GET", "/", None, connect_s=connect_s, deadline=time.monotonic() + 2.0, seen=statuses)
    return statuses[0]


async def _call(
    found: RestSettings, secret: str, method: str, path: str, body: bytes | None, *, connect_s: float, deadline: float,
    seen: list[int] | None = None,
) -> bytes | None:  # fmt: skip
    """The body; None for 404 and 204. With `seen` the status is put there, whatever it is, and no body is read."""
    import aiohttp
    from yarl import URL

    try:
        async with asyncio.timeout(min(connect_s, max(0.0, deadline - time.monotonic()))):
            address = await resolve(found.host, found.port)
    except TimeoutError:
        raise LookUpFailed(Kind.UNREACHED) from None
    connector = aiohttp.TCPConnector(
        resolver=_Fixed(address), use_dns_cache=False, force_close=True, ssl=_tls(found), limit=1
    )  # fmt: skip
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect_s)
    try:
        async with (
            asyncio.timeout(max(0.0, deadline - time.monotonic())),
            aiohttp.ClientSession(
                connector=connector, timeout=timeout, trust_env=False, auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(), max_line_size=8190, max_field_size=8190,
            ) as session,
            session.request(
                method, URL(found.url + path, encoded=True), data=body, headers=_headers(found, secret, body),
                allow_redirects=False,
            ) as answer,
        ):  # fmt: skip
            if seen is not None:
                seen.append(answer.status)
                return None
            return await _read(answer)
    except (aiohttp.ClientSSLError, ssl.SSLError):
        raise LookUpFailed(Kind.TLS) from None
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL):
        raise LookUpFailed(Kind.UNREACHED) from None
    except TimeoutError:
        raise LookUpFailed(Kind.TIMEOUT) from None
    except (aiohttp.ClientError, OSError):
        raise LookUpFailed(Kind.CUT) from None


async def _read(answer: aiohttp.ClientResponse) -> bytes | None:
    """Raises LookUpFailed."""
    status = answer.status
    if status in (204, 404):
        return None
    if 300 <= status < 400:
        raise LookUpFailed(Kind.REDIRECT, str(status))
    if status in (401, 403):
        raise LookUpFailed(Kind.NOT_LET_IN, str(status))
    if status >= 500 or status in (408, 429):
        raise LookUpFailed(Kind.STATUS, str(status))
    if status != 200:
        raise LookUpFailed(Kind.REJECTED, str(status))
    if (answer.content_length or 0) > LARGEST:
        raise LookUpFailed(Kind.TOO_LARGE)
    octets = bytearray()
    async for chunk in answer.content.iter_any():
        octets += chunk
        if len(octets) > LARGEST:
            raise LookUpFailed(Kind.TOO_LARGE)
    return bytes(octets)


def _headers(found: RestSettings, secret: str, body: bytes | None) -> dict[str, str]:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "Palabre"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if found.auth == "bearer":
        headers["Authorization"] = f"Bearer {secret}"
    elif found.auth == "basic":
        headers["Authorization"] = f"Basic {b64encode(f'{found.user}:{secret}'.encode()).decode()}"
    elif found.auth == "header":
        headers[found.auth_name] = secret
    return headers


def _tls(found: RestSettings) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cadata=found.authority) if found.authority else True
