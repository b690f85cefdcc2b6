"""A link whose provider calls us, and a door that hears it."""

from __future__ import annotations

import asyncio
import contextlib

from conversations.adapters import Heard, InboundReceipt, InboundText, WebhookRefused, WebhookRequest
from conversations.webhooks import Door
from tests.conversations.scripted import ScriptedLink

BODIES = "select body from conversations_message where kind = 'incoming' order by seq"


class CalledLink(ScriptedLink):
    """Its provider proves a call by saying the secret.

    It posts "key|sender|words" (to 1919), "key|sender>line|words" or "sid=state".
    """

    @staticmethod
    def hear(request, config):
        if request.headers.get("proof") != config.secret or not config.secret:
            raise WebhookRefused(403, "signature", "not proved")
        said = request.body.decode()
        if request.kind == "receipts":
            sid, _, state = said.partition("=")
            return Heard((InboundReceipt(config.id, (sid,), "", state, "", said, request.body),))
        key, addresses, body = said.split("|", 2)
        sender, _, line = addresses.partition(">")
        item = InboundText(config.id, key, sender, line or "1919", 1, body, request.body, "gsm7")
        return Heard((item,), "text/xml", b"<R/>")


def call(body, *, proof="open sesame", kind="texts"):
    return WebhookRequest(kind, "POST", "https://x/", {"proof": proof}, body.encode())


@contextlib.asynccontextmanager
async def opened(dsn, redis_url, place):
    """A door at work, in this loop; callers come from threads, as in a web process."""
    door = Door(dsn=dsn, redis_url=redis_url, place=place, kinds=lambda: ["scripted"])
    task = asyncio.create_task(door.run())
    try:
        yield door
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def closed(dsn, place):
    """A door of a process that has never seen the database: it hears, and stores nothing."""
    return Door(dsn=dsn, redis_url="redis://127.0.0.1:9", place=place, kinds=lambda: ["scripted"])


async def receive(door, desk, body, **given):
    return await asyncio.to_thread(door.receive, desk.link.id, call(body, **given))


async def nothing_left(door):
    async with asyncio.timeout(20):
        while door.spool.waiting()[0]:
            await asyncio.sleep(0.02)
