"""One event is one line, and nothing that a stranger wrote can act in a log, forge a line of it, or be read there."""

from __future__ import annotations

import asyncio
import io
import logging
import logging.config
import re
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from config.logs import OneLine, escaped, masked
from tests.input import corpus
from tests.input.raw import Caller, ask, request
from tests.realtime.conftest import Web

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR|CRITICAL) [\w.]+ .*")
FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    written, logger = io.StringIO(), logging.getLogger("palabre.tests.lines")
    handler = logging.StreamHandler(written)
    handler.setFormatter(OneLine())
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, written
    logger.removeHandler(handler)
    logger.propagate = True


def lines(written: io.StringIO) -> list[str]:
    return written.getvalue().split("\n")[:-1]


def test_every_process_writes_by_the_one_formatter() -> None:
    assert settings.LOGGING_CONFIG == "config.logs.configure"
    formatters = settings.LOGGING["formatters"]
    assert {one["()"] for one in formatters.values()} == {"config.logs.OneLine"}
    assert all(one["formatter"] in formatters for one in settings.LOGGING["handlers"].values())


@pytest.mark.needs("RFP-096")
@pytest.mark.parametrize("label", corpus.ALL)
def test_a_text_in_a_line_stays_in_that_line(log: tuple[logging.Logger, io.StringIO], label: str) -> None:
    logger, written = log
    text = corpus.ALL[label]
    logger.error("from %s: %s", text, text)
    logger.error(text)  # as a format, which it is not
    assert len(lines(written)) == 2
    for line in lines(written):
        assert LINE.fullmatch(line) and not FORBIDDEN.search(line), ascii(line)[:200]
        line.encode()


@given(st.text(st.characters()))
def test_escaped_text_is_one_line_of_harmless_characters(text: str) -> None:
    found = escaped(text)
    assert not FORBIDDEN.search(found)
    found.encode()
    assert escaped(found) == found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("+2290197123467", "+22901••••67"),
        ("from 2290197123467 to 1919", "from 22901••••67 to 1919"),
        ("(0022997000001)", "(00229••••01)"),
        ("'97000001'", "'97000••••01'"),
        ("+229 01 97 00 00 01,", "+229 0••••01,"),
        ("no line of this link is called '+33612345678'", "no line of this link is called '+33612••••78'"),
        ("conversation 0197e1b2-1234-7000-8000-000000000001", "conversation 0197e1b2-1234-7000-8000-000000000001"),
        ("sequence 0x00000042 on port 65535, 1234567 bytes", "sequence 0x00000042 on port 65535, 1234567 bytes"),
        ("at 2026-03-01T09:12:44.031Z", "at 2026-03-01T09:12:44.031Z"),
    ],
)
def test_the_middle_of_a_number_is_in_no_log(log: tuple[logging.Logger, io.StringIO], text: str, shown: str) -> None:
    logger, written = log
    logger.error("%s", text)
    assert written.getvalue().endswith(f" palabre.tests.lines {shown}\n")
    assert masked(text) == shown


def test_an_error_is_told_by_its_places_and_never_by_the_words_of_others(
    log: tuple[logging.Logger, io.StringIO], dsn: str
) -> None:
    logger, written = log
    words = "mon code est 4321"
    try:
        try:
            int(words)
        except ValueError as error:
            raise KeyError(words) from error
    except KeyError:
        logger.exception("reading failed")
    with psycopg.connect(dsn) as connection:
        for sql in ("select %s::text::integer", "insert into conversations_line (name) values (%s)"):
            try:
                connection.execute(sql, [words])
            except psycopg.Error as error:
                connection.rollback()
                logger.error("the database refused", exc_info=error)
    first, second, third = lines(written)
    assert "KeyError at test_log_lines.py:" in first and "because of ValueError at test_log_lines.py:" in first
    assert "InvalidTextRepresentation (22P02)" in second and "NotNullViolation (23502)" in third
    assert words not in written.getvalue() and "4321" not in written.getvalue()


async def test_the_error_that_ended_a_group_of_tasks_is_told(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log

    async def fails() -> None:
        raise AttributeError("no such bell")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
    except ExceptionGroup:
        logger.exception("ended")
    assert "because of AttributeError (no such bell) at test_log_lines.py:" in written.getvalue()


def test_what_the_operating_system_says_is_told(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    try:
        open("/nowhere/at/all")  # noqa: PTH123, SIM115
    except OSError:
        logger.exception("cannot read")
    assert "No such file or directory" in written.getvalue()


def test_requests_forge_no_line_in_the_log_of_a_web_process(caller: Caller) -> None:
    web, evil = caller.web, b"%0d%0a2026-01-01T00:00:00.000Z%20ERROR%20palabre%20forged%1b[31m%e2%80%ae"
    for path in (b"/api/" + evil, b"/" + evil, b"/api/conversations?q=" + evil, b"/ws/" + evil):
        caller.ask("GET", path)
        caller.ask("POST", path, b"{")
    for host in ("evil\x1b[31m.example", "evil\u202e.example"):
        ask(web, request("GET", "/sign-in", host=host))
    login = [("Cookie", f"csrftoken={'t' * 32}"), ("X-CSRFToken", "t" * 32), ("Content-Type", "application/json")]
    for email in ("a\\r\\nforged@b.example", "+2290197123467@b.example", "\\u001b[31m@b.example", "a@b.example"):
        body = f'{{"email":"{email}","password":"motdepasse-secret"}}'.encode()
        ask(web, request("POST", "/_allauth/browser/v1/auth/login", body=body, headers=login))
    _every_line_is_one(web)
    said = web.log.read_text()
    assert "sign-in refused (400) for a••••@b.example from 127.0.0.1" in said
    for secret in ("motdepasse-secret", caller.session, caller.token, "0197123467"):
        assert secret not in said


def _every_line_is_one(web: Web) -> None:
    said = web.log.read_bytes().decode()
    for line in said.split("\n")[:-1]:
        assert LINE.fullmatch(line), ascii(line)
        assert not line.startswith("2026-01-01") and not FORBIDDEN.search(line), ascii(line)
