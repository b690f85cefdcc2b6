"""The follower falls and gets up: a database that hiccups, an event that cannot be rendered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError

from config.rendering import DeskRenderer
from realtime.admission import Admission
from realtime.audience import Audience, AudienceKind
from realtime.codes import Close
from realtime.hub import GUARDED_AT_ONCE, Hub
from realtime.socket import DeskSocket
from realtime.stream import Stream
from tests.realtime import screens
from tests.realtime.verbs import received
from tests.realtime.world import World, in_thread


async def until(condition: Callable[[], bool], what: str, seconds: float = 10) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, f"{what}: not within {seconds} s"
        await asyncio.sleep(0.02)


async def test_a_rendering_that_fails_is_done_again(world: World, browse, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = await in_thread(world.conversation)
    browser = await browse(world.people["boss"], [conversation.id])
    plain, failures = DeskRenderer.events, [OperationalError("away"), OperationalError("still away")]

    def failing(self: DeskRenderer, *arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return plain(self, *arguments)

    monkeypatch.setattr(DeskRenderer, "events", failing)
    for _ in range(3):
        await in_thread(received, world, conversation)
    await browser.level(3)
    assert not failures
    assert [event["seq"] for event in browser.model.events] == [1, 2, 3]
    assert browser.model.resets == 0


async def test_an_event_that_cannot_be_rendered_does_not_stop_the_organisation(
    world: World,
    browse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    conversation = await in_thread(world.conversation)
    browser = await browse(world.people["boss"], [conversation.id])
    plain = DeskRenderer.events

    def failing(self: DeskRenderer, organisation_id: Any, events: Any, kind: Any) -> Any:
        if any(event.seq == 1 for event in events):
            raise KeyError("no such thing")
        return plain(self, organisation_id, events, kind)

    monkeypatch.setattr(DeskRenderer, "events", failing)
    await in_thread(received, world, conversation)
    for _ in range(100):
        if browser.model.resets:
            break
        await asyncio.sleep(0.1)
    assert browser.model.resets == 1, "nobody was told to fetch afresh"
    await in_thread(screens.fill, browser.model, browser.viewer, [conversation.id])
    await in_thread(received, world, conversation)
    await browser.level(2)
    assert [event["seq"] for event in browser.model.events] == [2]


async def test_a_failing_flush_of_rows_loses_no_row(world: World, browse, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = await in_thread(world.conversation)
    browser = await browse(world.people["boss"], [])
    plain, failures = DeskRenderer.rows, [OperationalError("away")]

    def failing(self: DeskRenderer, *arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return plain(self, *arguments)

    monkeypatch.setattr(DeskRenderer, "rows", failing)
    await in_thread(received, world, conversation)
    await browser.level(1)
    assert browser.model.rows[str(conversation.id)]["last_seq"] == 1


async def test_counts_that_cannot_be_counted_are_told_once_they_can(
    world: World, browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even when nothing happens afterwards: a figure that is wrong must not stay on the screens."""
    conversation = await in_thread(world.conversation)
    browser = await browse(world.people["boss"], [])

    def told() -> list[int]:
        return [one["counts"]["all"]["bot"] for one in browser.heard if one["type"] == "counts"]

    await until(lambda: told() == [1], "the first counts")
    plain, failures = DeskRenderer.counts, [OperationalError("away")]

    def failing(self: DeskRenderer, *arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return plain(self, *arguments)

    monkeypatch.setattr(DeskRenderer, "counts", failing)
    other = await in_thread(world.conversation)
    assert other != conversation
    await in_thread(received, world, other)
    await until(lambda: told() == [1, 2], "the counts after the failure")


async def test_somebody_whose_role_changes_while_a_batch_is_rendered_holds_nobody_up(
    world: World, browse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    conversation = await in_thread(world.conversation)
    browser = await browse(world.people["boss"], [conversation.id])
    other = await browse(world.people["boss"], [conversation.id])
    plain = DeskRenderer.events

    def demoted(self: DeskRenderer, *arguments: Any) -> Any:
        now = replace(browser.socket.admission.audience, kind=AudienceKind.NO_TEXT)
        browser.socket.admission = replace(browser.socket.admission, audience=now)
        return plain(self, *arguments)

    monkeypatch.setattr(DeskRenderer, "events", demoted)
    await in_thread(received, world, conversation)
    await other.level(1)
    assert [event["seq"] for event in other.model.events] == [1]
    assert "stumbled" not in caplog.text


async def test_a_view_that_cannot_be_looked_up_ends_its_own_socket_and_nobody_signed_out_listens_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its socket would hear of nothing any more, and its browser not know: so it comes back."""
    hub, organisation = Hub(), uuid4()

    async def nothing(_: Any) -> None:
        return None

    def opened(line: UUID) -> DeskSocket:
        user = uuid4()
        sees = Audience(AudienceKind.FULL, organisation, user, "agent", frozenset({line}))
        socket = DeskSocket(Admission(user.hex, user, "", "", sees), nothing, nothing)
        socket.joined = True
        hub.add(socket)
        return socket

    changed, gone = [opened(uuid4()) for _ in range(3)], [opened(uuid4()) for _ in range(130)]

    async def readmitted(_work: Any, known: dict[str, Admission]) -> dict[str, Admission]:
        assert len(known) <= GUARDED_AT_ONCE, "while many are looked at, nobody is sent anything"
        return {
            key: replace(one, audience=replace(one.audience, line_ids=frozenset({uuid4()})))
            for key, one in known.items()
            if any(socket.admission.session_key == key for socket in changed)
        }

    async def failing(_self: Stream, _socket: DeskSocket) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(hub, "run", readmitted)
    monkeypatch.setattr(Stream, "changed_audience", failing)
    try:
        seen_anew = await hub.recheck()
        assert {socket.closing for socket in gone} == {Close.SIGNED_OUT}, "before anybody's view is looked up"
        await hub.look_again(seen_anew)
    finally:
        await hub.stop()
    assert {socket.closing for socket in gone} == {Close.SIGNED_OUT}
    assert {socket.closing for socket in changed} == {Close.TOO_SLOW}
