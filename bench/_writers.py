"""Writers of one organisation at a given pace: agents who answer, or the intake. A process of its own.

Order: {"role": "agents" | "intake", "rate", "seconds", "flushed", "dsn", "conversations"?, "link"?, "line"?, "idle"?}.
Says {"took_ms": from when each was due until it was acknowledged, "per_s"}. `idle`: nothing is written, each deed is
acknowledged at once, and all are due at the beginning: what this process itself could do.

`flushed`: COMMIT does not wait for the disk; then one statement flushes the log up to there, and only then is the deed
acknowledged (docs/decisions/0013-the-counter-on-a-slow-disk.md). Else COMMIT waits, as the product's does.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import django
import psycopg
import uvloop

from bench._order import taken

django.setup()  # before the product's own modules

from conversations.adapters import InboundText  # noqa: E402
from conversations.batching import Batcher  # noqa: E402
from conversations.intake import CONNECTION_SETTINGS, LARGEST_BATCH, LOOKUP_SETTINGS, ReadyText, Stored, connect, store  # noqa: E402
from realtime.log import APPEND  # noqa: E402

FLUSH = "select pg_logical_emit_message(false, 'flush', '', true)"
CONNECTIONS = 48

# What an agent's answer writes: conversation, message, delivery, event.
NUMBER = """
update conversations_conversation set last_seq = last_seq + 1, revision = revision + 1, last_activity_at = now()
where id = %(conversation)s returning organisation_id, line_id, link_id, last_seq
"""
MESSAGE = """
insert into conversations_message (id, organisation_id, conversation_id, seq, kind, author, body)
values (%(id)s, %(organisation)s, %(conversation)s, %(seq)s, 'outgoing', 'agent', 'Votre demande est en cours.')
"""
# Delivered already: nobody is to send it.
DELIVERY = """
insert into conversations_delivery (message_id, organisation_id, conversation_id, line_id, link_id, source, destination,
    lane, encoding, parts, reference, state)
values (%(id)s, %(organisation)s, %(conversation)s, %(line)s, %(link)s, '3334', '+2290190000000', 0, 'gsm7', 1, 1, 4)
"""


async def answer(connection: psycopg.AsyncConnection[Any], conversation: UUID, *, flushed: bool) -> None:
    async with connection.transaction():
        if flushed:
            await connection.execute("set local synchronous_commit = off")
        cursor = await connection.execute(NUMBER, {"conversation": conversation}, prepare=True)
        organisation, line, link, seq = await cursor.fetchone() or (None,) * 4
        ((message,),) = await (await connection.execute("select uuidv7()", prepare=True)).fetchall()
        ids = {"id": message, "organisation": organisation, "conversation": conversation}
        await connection.execute(MESSAGE, {**ids, "seq": seq}, prepare=True)
        await connection.execute(DELIVERY, {**ids, "line": line, "link": link}, prepare=True)
        facts = {"line_id": str(line), "conversation_id": str(conversation), "message_id": str(message), "seq": seq}
        told = json.dumps({**facts, "kind": "outgoing", "author": "agent"})
        await connection.execute(
            APPEND, {"organisation": organisation, "types": ["message.added"], "data": [told]}, prepare=True
        )
    if flushed:
        await connection.execute(FLUSH)


async def agents(order: dict[str, Any]) -> list[float]:
    free: asyncio.Queue[psycopg.AsyncConnection[Any]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await connect(order["dsn"], **LOOKUP_SETTINGS))
    conversations = [UUID(one) for one in order["conversations"]]
    took: list[float] = []

    async def one(number: int, due: float) -> None:
        connection = await free.get()
        try:
            if not order.get("idle"):
                await answer(connection, conversations[number % len(conversations)], flushed=order["flushed"])
        finally:
            free.put_nowait(connection)
        took.append((time.monotonic() - due) * 1000)

    await paced(one, order)
    return took


async def intake(order: dict[str, Any]) -> list[float]:
    flushed = order["flushed"]
    settings = {**CONNECTION_SETTINGS, "synchronous_commit": "off"} if flushed else CONNECTION_SETTINGS
    connection = await connect(order["dsn"], **settings)
    link, line = UUID(order["link"]), UUID(order["line"])

    async def keep(texts: Sequence[ReadyText]) -> Sequence[Stored]:
        if order.get("idle"):
            return [Stored(None, None)] * len(texts)
        stored = await store(connection, texts)
        if flushed:
            await connection.execute(FLUSH)
        return stored

    batcher: Batcher[ReadyText, Stored] = Batcher(keep, largest=LARGEST_BATCH, room=100_000)
    storing = asyncio.create_task(batcher.run())
    took: list[float] = []

    async def one(number: int, due: float) -> None:
        sender = f"+22901900{number % 2000:05d}"
        item = InboundText(
            link_id=link, key=uuid4().hex, sender=sender, recipient="3334", sender_ton=1, body=f"counter {number}",
            raw=b"x" * 124, encoding="gsm7",
        )  # fmt: skip
        await batcher.put(ReadyText(line, sender, item))
        took.append((time.monotonic() - due) * 1000)

    await paced(one, order)
    storing.cancel()
    return took


async def paced(deed: Any, order: dict[str, Any]) -> None:
    """Begin each when it is due, whatever became of those before it; wait for all, at most a minute."""
    count = int(order["rate"] * order["seconds"])
    began = time.monotonic()
    running: set[asyncio.Task[None]] = set()
    for number in range(count):
        due = began if order.get("idle") else began + number / order["rate"]
        if (ahead := due - time.monotonic()) > 0.001:
            await asyncio.sleep(ahead)
        task = asyncio.create_task(deed(number, due))
        running.add(task)
        task.add_done_callback(running.discard)
    if running:
        await asyncio.wait(running, timeout=60)


async def main(order: dict[str, Any]) -> None:
    began = time.monotonic()
    took = await (agents if order["role"] == "agents" else intake)(order)
    print(json.dumps({"took_ms": took, "per_s": len(took) / (time.monotonic() - began)}), flush=True)


if __name__ == "__main__":
    uvloop.run(main(taken()))
