"""A database that says nothing at all: neither an answer nor an error (a frozen server, a network that swallows)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Iterator
from typing import Any

import psycopg

log = logging.getLogger(__name__)


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


def _cut(connection: psycopg.AsyncConnection[Any], seconds: float) -> None:
    with contextlib.suppress(psycopg.Error, OSError):  # closed meanwhile
        log.error("PostgreSQL has said nothing for %.1f s: its connection is cut", seconds)
        with socket.socket(fileno=os.dup(connection.fileno())) as stream:
            stream.shutdown(socket.SHUT_RDWR)
