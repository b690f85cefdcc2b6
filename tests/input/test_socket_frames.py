"""What may be written to the desk's socket before, during and after its handshake, at a real web process.

Sizes, nonsense, floods, Origin and cursors of a plain kind: tests/realtime/test_desk_socket.py. Here: the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils.timezone import now
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.input.raw import ask, request
from tests.realtime.conftest import Web
from tests.realtime.world import World, in_thread, sign_in

HANDSHAKE = [
    ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
]  # fmt: skip


def nest(depth: int) -> str:
    return "[" * depth + "]" * depth


FRAMES = [
    f'{{"type":{nest(900)}}}',
    f'{{"type":"hello","epoch":{nest(900)},"cursor":0}}',
    f'{{"type":"pong","key":{nest(900)}}}',
    f'{{"type":"hello","epoch":1,"cursor":{nest(900)}}}',
    f'{{"type":"watch","conversations":[{nest(900)}],"lists":[]}}',
    f'{{"type":"watch","conversations":[],"lists":[{nest(900)}]}}',
    '{"type":"hello","type":"pong"}',
    '{"type":null}',
    '{"type":"hello","epoch":1e400,"cursor":NaN}',
    '{"type":"pong","key":"' + "x" * 10_000 + '"}',
    '{"type":"__class__"}',
    '{"type":"watch","conversations":["\\ud800"],"lists":["mine"]}',
    '{"type":"watch","conversations":[null],"lists":[]}',
    '{"type":"watch","conversations":' + json.dumps(["0" * 32] * 301) + ',"lists":[]}',
    '{"type":"connect"}',
    '{"type":"watch","conversations":{},"lists":[]}',
    '{"type":"websocket.disconnect"}',
    '""',
    "0",
    "\u202e",
    " ",
]


async def test_no_frame_breaks_the_process_or_its_log(web: Web, world: World, listen) -> None:
    session = await in_thread(sign_in, world.people["afi"])
    for frame in FRAMES:
        listener = await listen(web, session)
        await listener.hello()
        for _ in range(3):
            await listener.connection.send(frame)
        await asyncio.sleep(0.05)
        if listener.connection.close_code is None and not listener.task.done():
            await listener.connection.close()
        code = await listener.closed()
        assert code in (1000, 1009, 4400), (frame[:60], code)
    assert "Traceback" not in web.log.read_text()


@pytest.mark.parametrize("cursor", [2**63, -(2**63), 10**30, "0", "-1", "", " ", {}, [[]], 0.0, False])
async def test_a_cursor_that_is_none_means_fetch_afresh(web: Web, world: World, listen, cursor: object) -> None:
    listener = await listen(web, await in_thread(sign_in, world.people["afi"]))
    assert (await listener.hello(1, cursor))["type"] == "reset"


async def test_text_that_is_no_utf_8_ends_the_socket(web: Web, world: World, listen) -> None:
    listener = await listen(web, await in_thread(sign_in, world.people["afi"]))
    await listener.hello()
    await listener.connection.send(b"\xff\xfe", text=True)
    assert await listener.closed() == 1007


async def test_a_thousand_frames_a_second_end_the_socket_and_no_other(web: Web, world: World, listen) -> None:
    session = await in_thread(sign_in, world.people["afi"])
    quiet = await listen(web, session)
    await quiet.hello()
    loud = await listen(web, session)
    await loud.hello()
    began = time.monotonic()
    try:
        for _ in range(1000):
            await loud.connection.send('{"type":"watch","conversations":[],"lists":["mine"]}')
    except Exception:
        pass
    assert await loud.closed() == 4429
    print(f"closed after {time.monotonic() - began:.2f} s")
    assert not quiet.task.done()


async def test_a_session_that_is_over_hears_its_code_and_nothing_else(web: Web, world: World, listen) -> None:
    session = await in_thread(sign_in, world.people["afi"])
    await in_thread(
        lambda: Session.objects.filter(session_key=session).update(expire_date=now() - timedelta(seconds=1))
    )
    for key in (session, "'; drop table", "x" * 4000, '"\\000\\000\\000\\000\\000\\000\\000\\000\\000"', "a" * 32):
        listener = await listen(web, key)
        with contextlib.suppress(ConnectionClosed):
            await listener.connection.send('{"type":"hello"}')
        assert await listener.closed() == 4401, key[:20]
        assert listener.heard == []
    assert "Traceback" not in web.log.read_text()


async def test_nobody_has_more_desks_open_than_a_person_can_look_at(web: Web, world: World, listen) -> None:
    session = await in_thread(sign_in, world.people["afi"])
    desks = [await listen(web, session) for _ in range(20)]
    for desk in desks:
        await desk.hello()
    one_too_many = await listen(web, session)
    assert await one_too_many.closed() == 4429
    other = await listen(web, await in_thread(sign_in, world.people["boss"]))
    assert await other.hello()
    await desks[0].connection.close()
    await asyncio.sleep(0.5)
    assert await (await listen(web, session)).hello()


@pytest.mark.parametrize("value", [b"a\x0bb", b"a\x0cb", b"a\x1cb", b"a\x85b", b"a\x00b"])
def test_control_bytes_in_a_handshake_are_refused(web: Web, value: bytes) -> None:
    heard = ask(web, request("GET", "/ws/desk", headers=[*HANDSHAKE, ("Origin", web.origin), ("X-A", value)]))
    assert heard.status == 400


@pytest.mark.parametrize(
    "headers",
    [
        HANDSHAKE[1:], HANDSHAKE[:2], [*HANDSHAKE[:2], ("Sec-WebSocket-Version", "7"), HANDSHAKE[3]],
        [*HANDSHAKE[:3], ("Sec-WebSocket-Key", "short")], [*HANDSHAKE, ("Sec-WebSocket-Protocol", "x" * 8000)],
        [*HANDSHAKE, ("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=99")],
        [*HANDSHAKE, ("Origin", "http://127.0.0.1\\@evil.example")], [*HANDSHAKE, ("Origin", "null")],
        [*HANDSHAKE, ("Origin", "http://evil.example"), ("Origin", "http://127.0.0.1")], HANDSHAKE,
    ],
)  # fmt: skip
def test_a_handshake_that_is_none_opens_nothing(web: Web, headers: list[tuple[str, str]]) -> None:
    heard = ask(web, request("GET", "/ws/desk", headers=headers), seconds=5)
    assert heard.status in (400, 401, 403, 404, 426), heard
    assert "Traceback" not in web.log.read_text()


@pytest.mark.parametrize("path", ["/ws/other", "/ws/desk/", "/ws/%2e%2e/desk", "/", "/api/session"])
async def test_there_is_one_address_for_sockets(web: Web, path: str) -> None:
    heard = await asyncio.to_thread(
        ask, web, request("GET", path, headers=[*HANDSHAKE, ("Origin", web.origin)]), seconds=5
    )
    assert heard.status in (400, 403, 404), heard


def test_a_handshake_that_drips_is_cut_off(web: Web) -> None:
    """A byte every half second. Open, but silent, is closed by the ping (tests/realtime)."""
    pieces = [
        bytes([byte]) for byte in b"GET /ws/desk HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nX-Slow: xxxxxx"
    ]
    heard = ask(web, *pieces, pause=0.5, until_closed=True)
    assert heard.status == 408
    assert heard.seconds < 60


@pytest.mark.timeout(120)
async def test_thousands_of_handshakes_of_strangers_keep_nobody_out(web: Web, world: World, listen) -> None:
    """From one address and without a session; nginx would not even pass them on (deploy/nginx.conf)."""
    session, before = await in_thread(sign_in, world.people["afi"]), web.memory()
    gate, codes = asyncio.Semaphore(50), set()
    left = 5000 if os.environ.get("EVERY_TEXT") else 1000

    async def stranger() -> None:
        async with gate:
            try:
                async with web.socket(None, open_timeout=30) as connection:
                    await connection.wait_closed()
                    codes.add(connection.close_code)
            except (InvalidStatus, OSError, TimeoutError) as error:
                codes.add(type(error).__name__)

    flood = asyncio.gather(*(stranger() for _ in range(left)))
    await asyncio.sleep(1)
    began = time.monotonic()
    desk = await listen(web, session)
    await desk.hello()
    opened = time.monotonic() - began
    await flood
    grown = (web.memory() - before) / 1_000_000
    print(f"a desk opened in {opened:.2f} s amid the flood; grown by {grown:.1f} MB")
    assert codes <= {4401, 1006}, codes  # 1006: we were too slow to say goodbye ourselves
    assert opened < 10 and grown < 40
