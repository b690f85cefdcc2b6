"""Many long texts at once: rendered a few at a time, in frames that a socket takes, whether watched or just missed."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from realtime.frames import LONGEST
from realtime.seams import renderer
from realtime.stream import FIRST
from tests.realtime.test_sockets_in_trouble import pour
from tests.realtime.world import World, in_thread

TEXTS, OCTETS = 120, 20_000


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events each rendering was of."""
    sizes: list[int] = []
    events = renderer().events

    def counted(organisation_id: Any, some: Any, kind: Any) -> Any:
        sizes.append(len(some))
        return events(organisation_id, some, kind)

    monkeypatch.setattr(renderer(), "events", counted)
    return sizes


def _frames(browser: Any) -> list[dict]:
    found = [message for message in browser.heard if message["type"] == "frame"]
    assert max(len(orjson.dumps(one)) for one in found) < LONGEST + 2 * OCTETS
    return found


async def test_long_texts_are_rendered_a_few_at_a_time(world: World, browse, rendered: list[int]) -> None:
    conversation = await in_thread(world.conversation)
    browser = await browse(world.people["boss"], [conversation.id])
    await in_thread(pour, world, conversation, TEXTS, OCTETS)
    await browser.level(TEXTS)
    assert [event["seq"] for one in _frames(browser) for event in one["events"]] == list(range(1, TEXTS + 1))
    assert rendered[0] <= FIRST
    assert all(size * OCTETS < LONGEST * 2 for size in rendered[1:]), rendered


async def test_a_socket_that_begins_to_watch_is_told_in_portions_too(world: World, browse, rendered: list[int]) -> None:
    conversation, other = await in_thread(world.conversation), await in_thread(world.conversation)
    first = await browse(world.people["boss"], [other.id])
    await in_thread(pour, world, conversation, TEXTS, OCTETS)
    await first.level(TEXTS)
    rendered.clear()
    browser = await browse(world.people["boss"], [conversation.id])
    async with asyncio.timeout(10):  # it has joined at the head, so its place in the log says nothing here
        while not any(event["seq"] == TEXTS for one in _frames(browser) for event in one["events"]):
            await asyncio.sleep(0.02)
    assert [event["seq"] for one in _frames(browser) for event in one["events"]] == list(range(1, TEXTS + 1))
    assert rendered and max(rendered) <= FIRST
