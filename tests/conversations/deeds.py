"""What the tests of the outbox do again and again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from uuid import UUID

from asgiref.sync import sync_to_async

from conversations.adapters import LinkConfig
from conversations.batching import Batcher
from conversations.bells import Bells
from conversations.intake import CONNECTION_SETTINGS, connect, store
from conversations.keyword_book import KeywordBook
from conversations.link_owner import LinkOwner
from conversations.messages import lock_conversation, send_message
from conversations.models import Author, Conversation
from conversations.opposed import Opposed
from jobs import leases
from jobs.leases import HeldLease
from realtime.log import record_changes
from tests.conversations.scripted import ScriptedLink

SETTINGS = {"region": "BJ"}


def say(conversation: Conversation, body: str = "Bonjour, ici Awa") -> UUID:
    with record_changes(conversation.organisation_id) as changes:
        locked = lock_conversation(organisation_id=conversation.organisation_id, conversation_id=conversation.id)
        return send_message(changes=changes, conversation=locked, body=body, author=Author.BOT).id


async def take(connection, link_id, owner="us", seconds=10.0) -> HeldLease | None:
    name = f"link:{link_id}"
    row = await (await connection.execute(leases.TAKE, {"name": name, "owner": owner, "seconds": seconds})).fetchone()
    return HeldLease(name, owner, row[0], 0.0) if row else None


@contextlib.asynccontextmanager
async def at_work(scripted, dsn, redis_url, owner="us", lines=None, adapter=ScriptedLink, opposed=None):
    texts: Batcher = Batcher(lambda items: store_texts(dsn, items), largest=100, room=100)
    bells = Bells(dsn, redis_url)
    config = LinkConfig(
        scripted.link.id,
        scripted.organisation.id,
        "Savane Mobile",
        SETTINGS | scripted.link.settings,
        "palabre",
        ("1919",),
    )
    link = LinkOwner(
        config,
        adapter,
        lines=lines or {"1919": scripted.line.id},
        owner=owner,
        dsn=dsn,
        texts=texts,
        bells=bells,
        on_state=lambda *_: None,
        keywords=KeywordBook(),
        opposed=opposed or Opposed(dsn),
    )
    tasks = [asyncio.create_task(work) for work in (texts.run(), bells.run(), link.run())]
    try:
        yield link
    finally:
        link.stop()
        await asyncio.wait([tasks[2]], timeout=10)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await bells.close()


async def store_texts(dsn, items):
    async with await connect(dsn, **CONNECTION_SETTINGS) as connection:
        return await store(connection, items)


async def until(rows: Callable, sql: str, wanted: list, limit_s: float = 20.0) -> None:
    """Wait until the database says `wanted`."""
    async with asyncio.timeout(limit_s):
        while True:
            found = await sync_to_async(rows)(sql)
            if found == wanted:
                return
            await asyncio.sleep(0.02)


STATE = "select state, error_code from conversations_delivery"
