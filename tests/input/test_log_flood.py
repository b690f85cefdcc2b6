"""What strangers do a hundred thousand times is written sixty times a minute; the rest is counted, and told."""

from __future__ import annotations

import io
import logging
import socket
from collections.abc import Callable

import pytest

from config import log_flood
from config.log_flood import MOST, Flood
from tests.realtime.conftest import Web

Tell = Callable[..., str]


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch) -> Tell:
    """Write a line `times` times at `at` seconds; returns what has been written since the last call."""
    written, clock = io.StringIO(), [0.0]
    monkeypatch.setattr(log_flood.time, "monotonic", lambda: clock[0])
    handler = logging.StreamHandler(written)
    handler.addFilter(Flood())
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])  # the only one, as in a process of ours

    def say(name: str, words: str, *, times: int = 1, at: float = 0.0) -> str:
        clock[0] = at
        written.seek(0)
        written.truncate()
        for n in range(times):
            logging.getLogger(name).warning("%s %d", words, n)
        return written.getvalue()

    return say


def test_the_first_lines_are_written_and_the_rest_is_counted(tell: Tell) -> None:
    assert tell("django.security.DisallowedHost", "evil", times=100_000).count("\n") == MOST
    assert tell("django.security.DisallowedHost", "evil", times=5, at=59).count("\n") == 0
    summed_up, work = tell("conversations.gateway", "at work", at=61).splitlines()
    assert (summed_up.partition(" (")[0], work) == (f"and {100_005 - MOST} more like it within 60 s", "at work 0")
    assert tell("django.security.DisallowedHost", "evil", times=3, at=62).count("\n") == 3


def test_one_kind_does_not_silence_another(tell: Tell) -> None:
    tell("django.security.DisallowedHost", "evil", times=1000)
    assert tell("config.sign_in", "refused") == "refused 0\n"


def test_what_our_own_work_has_to_tell_is_never_left_out(tell: Tell) -> None:
    for name in ("conversations.results", "channels_sms.smpp.link", "jobs.runner", "palabre"):
        assert tell(name, "lost", times=1000).count("\n") == 1000


def test_a_thousand_calls_for_another_host_are_refused_and_leave_a_bounded_log(web: Web) -> None:
    before = web.log.read_text().count("DisallowedHost")
    refused = 0
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as line:
        for _ in range(10):
            line.sendall(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n" * 100)
            heard = b""
            while heard.count(b"HTTP/1.1 400") < 100:
                piece = line.recv(65536)
                assert piece, "the connection ended"
                heard += piece
            refused += heard.count(b"HTTP/1.1 400")
    lines = web.log.read_text().count("DisallowedHost") - before
    assert (refused, lines) == (1000, min(lines, MOST)), f"{lines} lines of {refused} refusals"
    assert before + lines > 0, "nobody would learn of it"
