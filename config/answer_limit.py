"""An answer within ANSWER_S, whatever the database does: who asks is told "unavailable" (503), and asks again.

A PostgreSQL that is gone is noticed at once. One that hangs (stopped, its disk stuck, a network that swallows) keeps
its connections and says nothing, and whoever asks it would wait as long. So the connection that a request still holds
after ANSWER_S is ended under it, which libpq sees at once. Requests that find every connection of the pool hanging have
waited its 5 s (settings.DATABASES) and are told the same.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

log = logging.getLogger(__name__)

# Nothing that a screen asks for takes as long: rows that somebody holds are waited for 4 s (lock_timeout).
ANSWER_S = 10.0
LOOK_EVERY_S = 0.25


class Watch:
    """One thread that looks at every connection on which somebody works, and ends those that took too long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: dict[int, tuple[float, Any]] = {}
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def within(self, seconds: float, database: Any) -> Iterator[None]:
        """In this block whoever waits longer than `seconds` on `database` (Django's wrapper, of this thread) gets
        OperationalError."""
        number = next(self._numbers)
        with self._lock:
            self._due[number] = (time.monotonic() + seconds, database)
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="answer-limit", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            # Under the lock: the connection goes back to the pool next, and must not be ended under its next holder.
            with self._lock:
                self._due.pop(number, None)

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_EVERY_S)
            now = time.monotonic()
            with self._lock:
                for number in [number for number, (due, _) in self._due.items() if due <= now]:
                    _, database = self._due[number]
                    if _ended(database.connection):
                        del self._due[number]  # else it waits for the pool: look again


def _ended(connection: Any) -> bool:
    if connection is None:
        return False
    with contextlib.suppress(psycopg.Error, OSError):  # closed meanwhile
        log.error("PostgreSQL has kept a request waiting for too long: its connection is ended")
        with socket.socket(fileno=os.dup(connection.fileno())) as stream:
            stream.shutdown(socket.SHUT_RDWR)
    return True


_watch = Watch()


class AnswerLimit:
    """Outside of everything that asks the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with _watch.within(ANSWER_S, connections["default"]):
            return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The API has its own handlers; signing in is a library's view and has none."""
        if not isinstance(error, OperationalError | InterfaceError) or not request.path.startswith("/_allauth/"):
            return None
        from config.api import unavailable  # it needs the settings, which name us

        return unavailable(request, error)
