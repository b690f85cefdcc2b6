"""Fetching what a stranger names: from public hosts only, bounded in bytes, time and redirects.

The addresses that a name resolves to are looked at by the resolver that the connection itself uses, so that a name
cannot answer one thing to the check and another to the connection. An address written as numbers is looked at here.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

MOST_REDIRECTS = 3
CONNECT_S = 5.0


class Refused(ValueError):
    """It is not fetched, now or later: the message says why."""


class Gone(Refused):
    """Its host has it no more."""


class Unreached(OSError):
    """It may be fetched later."""


def is_public(address: str) -> bool:
    """Whether an IP address is of the world, and of none of our networks: not this machine, not the cloud's own."""
    found = real_address(address)
    return found.is_global and not found.is_multicast


def real_address(address: str) -> IPAddress:
    """The address that is reached by `address`, which may hold another one inside itself. Raises ValueError."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None:
            return inner
        if found in _NAT64:
            return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found


IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class _PublicOnly(AbstractResolver):
    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not found or not all(is_public(one["host"]) for one in found):
            raise Refused("its host is no public one")
        return found

    async def close(self) -> None:
        await self._resolver.close()


def fetch(
    url: str, *, headers: Mapping[str, str], largest: int, seconds: float = 20.0, emulated: bool = False
) -> bytes:
    """`headers` go to the host of `url` alone, never to one that it leads on to. `emulated`: the first host may be of
    this machine. Raises Refused, Gone, Unreached."""
    return asyncio.run(_fetch(url, dict(headers), largest, seconds, emulated))


async def _fetch(url: str, headers: dict[str, str], largest: int, seconds: float, emulated: bool) -> bytes:
    resolver = None if emulated else _PublicOnly()
    connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True)
    timeout = aiohttp.ClientTimeout(total=seconds, connect=CONNECT_S)
    try:
        async with (
            asyncio.timeout(seconds),
            aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session,
        ):
            first = urlsplit(url).netloc
            for _ in range(MOST_REDIRECTS + 1):
                _look_at(url, emulated=emulated and urlsplit(url).netloc == first)
                own = headers if urlsplit(url).netloc == first else {}
                async with session.get(url, headers=own, allow_redirects=False) as answer:
                    if answer.status in (301, 302, 303, 307, 308):
                        url = urljoin(url, answer.headers.get("Location", ""))
                        continue
                    return await _read(answer, largest)
            raise Refused("it leads on and on")
    except aiohttp.InvalidURL:
        raise Refused("no address") from None
    except aiohttp.ClientError as error:
        cause = error.__cause__ or error.__context__
        while cause is not None and not isinstance(cause, Refused):
            cause = cause.__cause__ or cause.__context__
        if isinstance(cause, Refused):
            raise cause from None
        raise Unreached(type(error).__name__) from None
    except TimeoutError:
        raise Unreached("no answer in time") from None


def _look_at(url: str, *, emulated: bool) -> None:
    """Raises Refused."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.username is not None or not host:
        raise Refused("no address")
    if emulated:
        return
    if parts.scheme != "https":
        raise Refused("it is not encrypted")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return  # a name: the resolver looks
    if not is_public(host):
        raise Refused("its host is no public one")


async def _read(answer: aiohttp.ClientResponse, largest: int) -> bytes:
    if answer.status in (404, 410):
        raise Gone(f"status {answer.status}")
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise Unreached(f"status {answer.status}")
    if answer.status != 200:
        raise Refused(f"status {answer.status}")
    octets = bytearray()
    async for chunk in answer.content.iter_chunked(64 * 1024):
        octets += chunk
        if len(octets) > largest:
            raise Refused("it is too large")
    return bytes(octets)
