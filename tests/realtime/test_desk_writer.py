"""A socket's writer: numbers what goes out, and believes only what the browser has proved to have read."""

from __future__ import annotations

import asyncio
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from realtime.flow import Flow
from realtime.socket import BEHIND_S, DeskSocket


class Wire:
    """What a socket has written, and the code that it was closed with."""

    def __init__(self, flow: Flow | None = None) -> None:
        self.said: list[dict[str, Any]] = []
        self.code: int | None = None
        self.desk = DeskSocket(None, self._send, self._close, flow)
        self.desk.joined = True
        self.desk._last_ping = time.monotonic()  # else by lot
        self.writer = asyncio.create_task(self.desk.write())

    async def _send(self, text: bytes) -> None:
        self.said.append(json.loads(text))

    async def _close(self, code: int) -> None:
        self.code = code

    def pings(self) -> list[dict[str, Any]]:
        return [message for message in self.said if message["type"] == "ping"]


def frame(number: int, text: str = "") -> bytes:
    return json.dumps({"type": "frame", "upto": number, "text": text}).encode()


async def let_it_write() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_what_goes_out_is_numbered_without_holes() -> None:
    wire = Wire()
    for number in range(50):
        wire.desk.offer(frame(number))
    wire.desk.tick(time.monotonic() + 6, epoch=1, upto=50, at="")
    wire.desk.offer(json.dumps({"type": "reset"}).encode())
    await let_it_write()
    assert [message["n"] for message in wire.said] == list(range(1, 53))
    assert [message["type"] for message in wire.said[-2:]] == ["ping", "reset"]
    assert [message["upto"] for message in wire.said[:50]] == list(range(50)), "in the order in which it was given"
    wire.writer.cancel()


async def test_a_browser_that_does_not_answer_pings_for_15_seconds_is_closed() -> None:
    wire = Wire()
    start = time.monotonic()
    for seconds in range(60):  # one that answers stays
        wire.desk.tick(start + seconds, epoch=1, upto=seconds, at="")
        await let_it_write()
        for ping in wire.pings()[-1:]:
            wire.desk.pong(ping["key"])
    assert wire.desk.closing is None and len(wire.pings()) == 11
    for seconds in range(60, 76):
        wire.desk.tick(start + seconds, epoch=1, upto=60, at="")
        assert wire.desk.closing is None, f"closed after {seconds - 60} s"
    wire.desk.tick(start + 76.5, epoch=1, upto=60, at="")
    await asyncio.wait_for(wire.writer, 10)
    assert wire.code == 4408


async def test_desks_that_came_together_are_not_pinged_together() -> None:
    """Two hundred pings and pongs in one turn of the loop would hold every text up."""
    desks = []
    for _ in range(200):
        wire = Wire()
        wire.writer.cancel()
        wire.desk._last_ping = DeskSocket(None, wire._send, wire._close)._last_ping
        desks.append(wire.desk)
    now = time.monotonic()  # only now: five seconds after this every one of them is due, however slowly they were made
    pinged = []
    for quarter in range(1, 21):
        before = sum(len(desk._pings) for desk in desks)
        for desk in desks:
            desk.tick(now + quarter / 4, epoch=1, upto=1, at="")
        pinged.append(sum(len(desk._pings) for desk in desks) - before)
    assert sum(pinged) == 200
    assert max(pinged) < 40, pinged


async def test_pongs_that_are_made_up_prove_nothing() -> None:
    """One who does not read cannot know the keys: neither guesses nor old keys keep his socket alive."""
    wire = Wire()
    start = time.monotonic()
    wire.desk.tick(start + 5, epoch=1, upto=1, at="")
    await let_it_write()
    [first] = wire.pings()
    wire.desk.pong(first["key"])
    for half in range(12, 80):
        at = start + half / 2
        wire.desk.tick(at, epoch=1, upto=half, at="")
        for guess in ("", str(half), first["key"], "00000000"):
            wire.desk.pong(guess)
        if wire.desk.closing is not None:
            break
    await asyncio.wait_for(wire.writer, 10)
    assert wire.code == 4408
    assert at - start <= 10 + BEHIND_S + 1, "closed as late as one that says nothing"


async def test_made_up_pongs_do_not_make_room_for_more_frames() -> None:
    wire = Wire()
    for number in range(1001):
        wire.desk.offer(frame(number))
        wire.desk.pong(f"{number:08x}")
        if number % 100 == 99:
            await let_it_write()
    await asyncio.wait_for(wire.writer, 10)
    assert wire.code == 4408


async def test_an_answer_to_a_ping_answers_those_before_it() -> None:
    wire = Wire()
    start = time.monotonic()
    for number in range(3):
        wire.desk.offer(frame(number))
        wire.desk.tick(start + 6 * (number + 1), epoch=1, upto=number, at="")
    await let_it_write()
    wire.desk.pong(wire.pings()[1]["key"])
    wire.desk.tick(start + 18 + BEHIND_S - 1, epoch=1, upto=3, at="")
    assert wire.desk.closing is None, "only the third ping is unanswered"
    wire.desk.tick(start + 18 + BEHIND_S + 1, epoch=1, upto=3, at="")
    assert wire.desk.closing == 4408
    await asyncio.wait_for(wire.writer, 10)


async def test_a_thousand_unread_frames_are_too_many() -> None:
    wire = Wire()
    for number in range(1001):
        wire.desk.offer(frame(number))
        if number % 100 == 99:
            await let_it_write()
    await asyncio.wait_for(wire.writer, 10)
    assert wire.code == 4408


@pytest.mark.parametrize(("frames", "size"), [(501, 1), (60, 70_000)])
async def test_a_burst_may_be_big_but_not_unread_for_two_seconds(
    frames: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    monkeypatch.setattr("realtime.socket.time", SimpleNamespace(monotonic=lambda: now))
    wire = Wire()
    wire.desk.begin(epoch=1, at="")
    for number in range(frames):
        wire.desk.offer(frame(number, "x" * size))
    await let_it_write()
    assert wire.desk.closing is None, "it has had no time to read"
    now += 2.5
    wire.desk.offer(frame(frames))
    assert wire.desk.closing == 4408
    await asyncio.wait_for(wire.writer, 10)


async def test_a_burst_that_is_read_late_but_read_closes_nothing() -> None:
    wire = Wire()
    wire.desk.begin(epoch=1, at="")
    for _ in range(10):
        for number in range(50):
            wire.desk.offer(frame(number, "x" * 100_000))
        await let_it_write()
        wire.desk.pong(wire.pings()[-1]["key"])
    assert wire.desk.closing is None
    wire.writer.cancel()


async def test_six_megabytes_unread_are_too_much_at_once() -> None:
    wire = Wire()
    wire.desk.begin(epoch=1, at="")
    for number in range(61):
        wire.desk.offer(frame(number, "x" * 100_000))
    assert wire.desk.closing == 4408
    await asyncio.wait_for(wire.writer, 10)


async def test_a_server_with_a_shorter_way_gets_the_same_and_in_the_same_order() -> None:
    said: list[dict[str, Any]] = []
    flow = Flow(lambda head, rest: said.append(json.loads(b"".join((head, rest)))))
    wire = Wire(flow)
    wire.desk.offer(frame(1))
    assert [message["upto"] for message in said] == [1], "at once"
    flow.pauseProducing()
    wire.desk.offer(frame(2))
    await let_it_write()
    assert len(said) == 1
    flow.resumeProducing()
    wire.desk.offer(frame(3))  # not before the one that waits
    await let_it_write()
    assert [(message["n"], message["upto"]) for message in said] == [(1, 1), (2, 2), (3, 3)]
    assert wire.said == []
    wire.writer.cancel()


async def test_a_busy_browser_that_answers_is_never_too_slow() -> None:
    wire = Wire()
    for number in range(5000):
        wire.desk.offer(frame(number))
        wire.desk.cursor = number
        if number % 20 == 19:
            wire.desk.tick(time.monotonic(), epoch=1, upto=number, at="")
            await let_it_write()
            for ping in wire.pings()[-1:]:
                wire.desk.pong(ping["key"])
    assert wire.desk.closing is None
    wire.writer.cancel()


async def test_a_burst_between_two_ticks_is_acknowledged_as_it_is_read() -> None:
    wire = Wire()
    wire.desk.tick(time.monotonic(), epoch=1, upto=0, at="")
    for number in range(2000):
        wire.desk.offer(frame(number))
        await let_it_write()
        if wire.said[-1]["type"] == "ping":
            wire.desk.pong(wire.said[-1]["key"])
    assert wire.desk.closing is None
    wire.writer.cancel()


async def test_what_the_connection_does_not_take_waits_and_closing_does_not() -> None:
    flow = Flow()
    wire = Wire(flow)
    wire.desk.offer(frame(1))
    await let_it_write()
    flow.pauseProducing()
    wire.desk.offer(frame(2))
    await let_it_write()
    assert [message["upto"] for message in wire.said] == [1]
    flow.resumeProducing()
    await let_it_write()
    assert [message["upto"] for message in wire.said] == [1, 2]
    flow.pauseProducing()
    wire.desk.offer(frame(3))
    wire.desk.close(4408)
    await asyncio.wait_for(wire.writer, 10)
    assert wire.code == 4408 and len(wire.said) == 2
