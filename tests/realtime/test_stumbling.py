"""The follower falls and gets up: a database that hiccups, an event that cannot be rendered."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.db import OperationalError

from config.rendering import DeskRenderer
from tests.realtime import screens
from tests.realtime.verbs import received
from tests.realtime.world import World, in_thread


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
