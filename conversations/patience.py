"""A database that says nothing at all: neither an answer nor an error (a frozen server, a network that swallows)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import weakref
from collections.abc import Iterator
from typing import Any

import psycopg

log = logging.getLogger(__name__)

# A peer that has gone without a word is noticed on idle connections too.
KEEPALIVE: dict[str, Any] = {"keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 3}

_known: weakref.WeakSet[psycopg.AsyncConnection[Any]] = weakref.WeakSet()


@contextlib.contextmanager
def cut_after(connection: psycopg.AsyncConnection[Any], seconds: float) -> Iterator[None]:
    """Whatever awaits `connection` in this block for longer than `seconds` gets psycopg.OperationalError.

    A time-out around psycopg's own coroutines would not do: cancelled, they ask the server to cancel and wait for it,
    for 10 s when it is silent; longer than a lease can be kept. So the stream is ended, which libpq sees at once.
    """
    handle = asyncio.get_running_loop().call_later(seconds, _cut, connection, seconds)
    try:
        yield
    finally:
        handle.cancel()


def known(connection: psycopg.AsyncConnection[Any]) -> psycopg.AsyncConnection[Any]:
    """One that `cut_all` cuts, for as long as it lives."""
    _known.add(connection)
    return connection


def cut_all() -> None:
    """For a process that ends: nothing of it goes on waiting for PostgreSQL, whose silence would keep it for as long
    as psycopg tries to cancel (10 s each, one after the other where they are nested)."""
    for connection in list(_known):
        _end_stream(connection)


def _cut(connection: psycopg.AsyncConnection[Any], seconds: float) -> None:
    log.error("PostgreSQL has said nothing for %.1f s: its connection is cut", seconds)
    _end_stream(connection)


def _end_stream(connection: psycopg.AsyncConnection[Any]) -> None:
    # Suppressed: it has been closed meanwhile.
    with contextlib.suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as stream:
        stream.shutdown(socket.SHUT_RDWR)
