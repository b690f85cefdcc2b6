"""The same socket under uvicorn (WEB_SERVER=uvicorn): what is heard, why it closes, and how it stops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.realtime import verbs
from tests.realtime.conftest import Web, web_process
from tests.realtime.test_sockets_in_trouble import Paused, pour, warm_up
from tests.realtime.world import World, in_thread, sign_in


@pytest.fixture(scope="module")
def web(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    path: Path = tmp_path_factory.mktemp("uvicorn")
    with django_db_blocker.unblock(), web_process(path, WEB_SERVER="uvicorn") as found:
        yield found


async def test_uvicorn_serves_the_same_socket(web: Web, world: World, listen) -> None:
    conversation = await in_thread(world.conversation)
    listener = await listen(web, await in_thread(sign_in, world.people["boss"]))
    await listener.hello()
    await listener.watch(conversation, lists=("all",))
    for _ in range(3):
        await in_thread(verbs.received, world, conversation)
    await listener.upto(3)
    assert [event["seq"] for frame in listener.frames() for event in frame["events"]] == [1, 2, 3]


async def test_uvicorn_closes_for_the_same_reasons(web: Web, world: World, listen) -> None:
    session = await in_thread(sign_in, world.people["boss"])
    assert await (await listen(web, None)).closed() == 4401
    with pytest.raises(InvalidStatus):
        await listen(web, session, origin="http://evil.example")
    for text, code in (("x" * 20_000, 1009), (["x" * 10_000, "y" * 10_000], 1009)):
        listener = await listen(web, session)
        await listener.hello()
        await listener.connection.send(text)
        assert await listener.closed() == code
    listener = await listen(web, session)
    for _ in range(3):
        await listener.connection.send("{")
    assert await listener.closed() == 4400


async def test_uvicorn_holds_little_for_a_paused_browser(web: Web, world: World, listen) -> None:
    flooded = await in_thread(world.conversation)
    calm = await in_thread(world.conversation)
    session = await in_thread(sign_in, world.people["boss"])
    healthy = await listen(web, session)
    await healthy.hello()
    await healthy.watch(calm)
    await warm_up(web, world, session, flooded, listen)
    paused = await in_thread(Paused, web, session)
    paused.say(type="hello", epoch=None, cursor=None)
    paused.say(type="watch", conversations=[flooded.id], lists=[])
    await in_thread(verbs.received, world, calm)
    await healthy.until(lambda message: bool(message.get("events")))
    before = web.memory()
    for _ in range(20):
        await in_thread(pour, world, flooded, 100, 20_000)
    await in_thread(verbs.received, world, calm)
    await healthy.upto((await in_thread(world.head)).seq)
    grown = web.memory() - before
    print(f"grown by {grown / 1e6:.1f} MB")
    # Daphne keeps the promise of 10 MB; here the libraries below hold and copy more while the machine is busy.
    assert grown < 20_000_000
    assert await in_thread(paused.ended, 30)
