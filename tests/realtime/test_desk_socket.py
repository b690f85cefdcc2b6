"""The socket of the desk, over a real web process."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from realtime.gap import events_after
from realtime.models import Event
from tests.realtime import screens, verbs
from tests.realtime.world import World, in_thread, sign_in


async def test_a_watched_conversation_is_heard_at_once(web, world: World, listen) -> None:
    conversation = await in_thread(world.conversation, status="open", owner=world.people["afi"])
    session = await in_thread(sign_in, world.people["afi"])
    listener = await listen(web, session)
    first = await listener.hello()
    assert first["after"] == first["upto"] == 0
    await listener.watch(conversation, lists=("mine",))
    await in_thread(verbs.answer, world, conversation)
    frame = await listener.until(lambda message: message.get("events"))
    (event,) = frame["events"]
    assert event["type"] == "message.added" and event["message"]["body"] == "Bonjour Awa, je regarde."
    assert event["conversation"]["id"] == str(conversation.id)
    assert (frame["after"], frame["upto"]) == (0, 1)
    rows = await listener.until(lambda message: bool(message.get("rows")))
    assert [row["id"] for row in rows["rows"]] == [str(conversation.id)]
    counts = await listener.until(lambda message: message["type"] == "counts")
    assert counts["counts"]["mine"] == {"open": 1, "snoozed": 0, "unread": 0}


async def test_signed_out_is_heard_by_the_browser(web, world: World, listen) -> None:
    assert await (await listen(web, None)).closed() == 4401
    assert await (await listen(web, "no-such-session")).closed() == 4401


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", None, "null"])
async def test_a_foreign_page_opens_no_socket(web, world: World, listen, origin: str | None) -> None:
    session = await in_thread(sign_in, world.people["afi"])
    with pytest.raises(InvalidStatus) as refused:
        await listen(web, session, origin=origin)
    assert refused.value.response.status_code == 403


async def test_an_agent_hears_nothing_of_lines_he_may_not_see(web, world: World, listen) -> None:
    hidden = await in_thread(world.conversation, world.team_line)
    shown = await in_thread(world.conversation, world.open_line)
    listener = await listen(web, await in_thread(sign_in, world.people["afi"]))
    await listener.hello()
    await listener.watch(hidden, shown, lists=("all", "queue", "mine"))
    await in_thread(verbs.received, world, hidden, "secret")
    await in_thread(verbs.received, world, shown, "public")
    await listener.until(lambda message: message.get("events"))
    await listener.upto(2)
    assert "secret" not in str(listener.heard) and str(hidden.id) not in str(listener.heard)


async def test_another_organisations_conversation_is_silent(web, world: World, listen) -> None:
    from tests.realtime.world import make_world

    other = await in_thread(make_world)
    theirs = await in_thread(other.conversation)
    listener = await listen(web, await in_thread(sign_in, world.people["boss"]))
    await listener.hello()
    await listener.watch(theirs, lists=("all",))
    await in_thread(verbs.received, other, theirs, "secret")
    await asyncio.sleep(1.5)
    assert "secret" not in str(listener.heard) and str(theirs.id) not in str(listener.heard)


async def test_an_observer_gets_neither_words_nor_numbers(web, world: World, listen) -> None:
    conversation = await in_thread(world.conversation)
    listener = await listen(web, await in_thread(sign_in, world.people["client"]))
    await listener.hello()
    await listener.watch(conversation, lists=("all",))
    await in_thread(verbs.received, world, conversation, "mon code est 1234")
    frame = await listener.until(lambda message: message.get("events"))
    await listener.upto(1)
    address = frame["events"][0]["conversation"]["contact"]["address"]
    assert "••••" in address
    number = await in_thread(lambda: conversation.address.value)
    for secret in ("1234", "Awa", number):
        assert secret not in str(listener.heard)


@pytest.mark.parametrize("cursor", [-1, 10**9, "abc", 1.5, True, [1], "9" * 400])
async def test_a_strange_cursor_means_fetch_afresh(web, world: World, listen, cursor: object) -> None:
    listener = await listen(web, await in_thread(sign_in, world.people["afi"]))
    assert (await listener.hello(1, cursor))["type"] == "reset"


async def test_a_cursor_below_what_is_kept_means_fetch_afresh(web, world: World, listen) -> None:
    """Retention has dropped what the browser missed: neither the socket nor the replay may answer with less."""
    conversation = await in_thread(world.conversation)
    for _ in range(3):
        await in_thread(verbs.received, world, conversation)
    await in_thread(Event.objects.filter(organisation_id=world.organisation.id, seq__lte=2).delete)
    session = await in_thread(sign_in, world.people["boss"])
    viewer = await in_thread(screens.audience, world, "boss")
    for cursor in (0, 1):
        listener = await listen(web, session)
        assert (await listener.hello(1, cursor))["type"] == "reset"
        assert await in_thread(events_after, viewer, cursor, 1) == {"reset": True}
    listener = await listen(web, session)
    assert (await listener.hello(1, 2))["type"] == "frame"
    assert (await in_thread(events_after, viewer, 2, 1))["upto"] == 3


async def test_another_epoch_means_fetch_afresh(web, world: World, listen) -> None:
    listener = await listen(web, await in_thread(sign_in, world.people["afi"]))
    assert (await listener.hello(7, 0))["type"] == "reset"


@pytest.mark.parametrize("text", ["{", "[]", "[" * 5000, b"\x00\x01", '{"type":"fly"}', '{"type":"watch"}', "null"])
async def test_nonsense_is_heard_twice_and_no_more(web, world: World, listen, text: str | bytes) -> None:
    listener = await listen(web, await in_thread(sign_in, world.people["afi"]))
    await listener.hello()
    for _ in range(3):
        await listener.connection.send(text)
    assert await listener.closed() == 4400


async def test_too_big_is_refused_with_its_code(web, world: World, listen) -> None:
    session = await in_thread(sign_in, world.people["afi"])
    for size in (17_000, 1_000_000, 1_100_000):
        listener = await listen(web, session)
        await listener.hello()
        with contextlib.suppress(ConnectionClosed):
            await listener.connection.send("x" * size)
        assert await listener.closed() == 1009
    listener = await listen(web, session)
    await listener.hello()
    await listener.connection.send(["x" * 10_000, "y" * 10_000])  # one message in two frames
    assert await listener.closed() == 1009


async def test_a_flood_of_frames_is_closed(web, world: World, listen) -> None:
    listener = await listen(web, await in_thread(sign_in, world.people["afi"]))
    await listener.hello()
    with contextlib.suppress(ConnectionClosed):  # in the middle of it
        for _ in range(300):
            await listener.connection.send('{"type":"pong","key":"none"}')
    assert await listener.closed() == 4429
