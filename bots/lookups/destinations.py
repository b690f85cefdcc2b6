"""Which machines a look-up may reach. The address that was looked at is the one that is connected to."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

from django.conf import settings

from bots.lookups.failures import Kind, LookUpFailed
from common.fetching import real_address

# What clouds answer on to whoever asks from inside, besides the link-local networks.
_METADATA = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254")))


def may_reach(address: str, port: int) -> bool:
    """Private networks are what look-ups are for; this machine and the cloud's own services are not."""
    found = real_address(address)
    if found.is_loopback:
        return str(port) in settings.LOOKUP_LOOPBACK_PORTS
    if found.is_link_local or found.is_multicast or found.is_unspecified or found.is_reserved or found in _METADATA:
        return False
    return not settings.LOOKUP_NETWORKS or any(found in network for network in settings.LOOKUP_NETWORKS)


async def resolve(host: str, port: int) -> str:
    """The address to connect to. Raises LookUpFailed: UNREACHED, or FORBIDDEN where only one of several is."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )
    except (OSError, UnicodeError):
        raise LookUpFailed(Kind.UNREACHED) from None
    addresses = [str(one[4][0]) for one in found]
    if not addresses or not all(may_reach(one, port) for one in addresses):
        raise LookUpFailed(Kind.FORBIDDEN if addresses else Kind.UNREACHED)
    return addresses[0]
