"""For each event: the state before and the event together are the state that a fresh fetch shows.

The hub runs in this process; see browsing.py.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

import tests.realtime.deeds  # noqa: F401  (registers further verbs)
from conversations.events import ConversationRead
from realtime.events import registry
from realtime.gap import events_after
from realtime.hub import Hub
from realtime.log import record_changes
from tests.realtime import screens
from tests.realtime.browsing import Browser
from tests.realtime.client import DeskModel
from tests.realtime.verbs import VERBS, Verb
from tests.realtime.world import World, in_thread


async def soon(claim: Callable[..., None], *arguments: Any, seconds: float = 20) -> None:
    """Return once `claim` no longer fails: what the socket brings is under way."""
    limit = time.monotonic() + seconds
    while True:
        try:
            return await in_thread(claim, *arguments)
        except AssertionError:
            if time.monotonic() > limit:
                raise
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
async def test_state_before_and_events_are_the_state_refetched(world: World, browse, verb: Verb) -> None:
    conversation = await in_thread(lambda: world.conversation(**verb.fields(world)))
    browsers = [await browse(world.people[name], [conversation.id]) for name in ("afi", "boss", "client")]
    # One more that was away and fetches what it missed.
    late = {name: DeskModel() for name in ("afi", "client")}
    for name, model in late.items():
        await in_thread(lambda n=name, m=model: screens.fill(m, screens.audience(world, n), [conversation.id]))

    await in_thread(verb.act, world, conversation)
    head = (await in_thread(world.head)).seq
    assert head > 0, "this verb tells nobody"

    for browser in browsers:
        await browser.level(head)
        await in_thread(screens.assert_same_as_fetched, browser.model, browser.viewer, [conversation.id])
        assert not browser.codes
    for name, model in late.items():
        viewer = await in_thread(screens.audience, world, name)
        answer = await in_thread(events_after, viewer, model.at, model.epoch, [conversation.id])
        assert answer["upto"] == answer["head"] == head
        model.apply(json.loads(json.dumps(answer["events"])), answer["rows"])
        await in_thread(screens.assert_same_as_fetched, model, viewer, [conversation.id])


async def test_counts_are_those_of_a_fresh_fetch_after_every_verb(world: World, browse) -> None:
    browsers = [await browse(world.people[name], []) for name in ("afi", "koffi", "boss")]
    for verb in VERBS.values():
        conversation = await in_thread(lambda v=verb: world.conversation(**v.fields(world)))
        await in_thread(verb.act, world, conversation)
    for browser in browsers:  # counts come at most four times a second
        await soon(screens.assert_counts, browser.model, browser.viewer)


def test_every_kind_of_event_has_a_verb_that_proves_it(world: World) -> None:
    from realtime.models import Event

    for verb in VERBS.values():
        verb.act(world, world.conversation(**verb.fields(world)))
    told = set(Event.objects.filter(organisation_id=world.organisation.id).values_list("type", flat=True))
    assert told == set(registry)


async def test_lists_hear_what_enters_and_leaves_them(world: World, browse) -> None:
    """An agent's own list and the queue's: whatever a fresh fetch shows in them, the socket has brought."""
    conversations = [await in_thread(lambda v=verb: world.conversation(**v.fields(world))) for verb in VERBS.values()]
    afi = await browse(world.people["afi"], [], ("mine", "queue"))
    for verb, conversation in zip(VERBS.values(), conversations, strict=True):
        await in_thread(verb.act, world, conversation)
        if verb.name.startswith("shape"):
            await asyncio.sleep(0.03)
    await afi.level((await in_thread(world.head)).seq)
    fresh = await in_thread(screens.rows, afi.viewer)

    def shown(rows: dict[str, dict]) -> dict[str, dict]:
        me = str(world.people["afi"].id)
        return {id_: row for id_, row in rows.items() if row["owner_id"] == me or row["status"] == "queued"}

    assert shown(afi.model.rows) == shown(fresh)


async def test_frames_chain_and_never_overlap(world: World, browse) -> None:
    conversation = await in_thread(world.conversation)
    browser = await browse(world.people["afi"], [conversation.id])
    await asyncio.gather(*(in_thread(VERBS["shape: received"].act, world, conversation) for _ in range(40)))
    await browser.level(40)
    upto = 0
    for message in browser.heard:
        if message["type"] == "frame":
            assert message["after"] == upto, "a frame must begin where the last message ended"
        upto = message.get("upto", upto)
    numbers = [event["seq"] for event in browser.model.events]
    assert numbers == list(range(1, 41))


async def test_a_conversation_opened_just_after_its_events_misses_none(world: World, browse) -> None:
    """The screen fetched the thread before the event, the server heard "watch" after it."""
    conversation = await in_thread(world.conversation)
    browser = await browse(world.people["afi"], [])
    await in_thread(screens.fill, browser.model, browser.viewer, [conversation.id])
    await in_thread(VERBS["shape: received"].act, world, conversation)
    await browser.level(1)
    await browser.stream.watch(browser.socket, frozenset([conversation.id]), frozenset())
    await soon(screens.assert_same_as_fetched, browser.model, browser.viewer, [conversation.id])


async def test_two_followers_give_out_the_same_in_the_same_order(world: World, browse) -> None:
    conversation = await in_thread(world.conversation)
    one = await browse(world.people["boss"], [conversation.id])
    other_hub = Hub()
    other_hub.start()
    try:
        two = Browser(other_hub, one.socket.admission)
        await two.open([conversation.id])
        await asyncio.gather(*(in_thread(VERBS["shape: received"].act, world, conversation) for _ in range(30)))
        for browser in (one, two):
            await browser.level(30)
        assert [e["seq"] for e in one.model.events] == [e["seq"] for e in two.model.events] == list(range(1, 31))
        two.writer.cancel()
    finally:
        await other_hub.stop()


async def test_a_flood_of_rows_says_fetch_again(world: World, browse, monkeypatch) -> None:
    monkeypatch.setattr("realtime.lists.MOST_ROWS", 3)
    conversations = [await in_thread(world.conversation) for _ in range(5)]
    browser = await browse(world.people["boss"], [])

    def change_all() -> None:
        with record_changes(world.organisation.id) as changes:
            for one in conversations:
                changes.add(ConversationRead(one.line_id, one.id, world.people["afi"].id, 0))

    await in_thread(change_all)
    await browser.level(5)
    assert browser.model.overflows == 1


async def test_a_list_opened_just_after_its_events_misses_none(world: World, browse) -> None:
    conversation = await in_thread(world.conversation)
    browser = await browse(world.people["afi"], [], ())
    await in_thread(VERBS["shape: received"].act, world, conversation)
    await browser.level(1)
    assert browser.model.rows[str(conversation.id)]["last_seq"] == 0
    await browser.stream.watch(browser.socket, frozenset(), frozenset({"all"}))
    await soon(screens.assert_same_as_fetched, browser.model, browser.viewer, [])
