"""All sockets of this process, and the loops that keep them fed: doorbell, sweep, pings, and who may still listen.

Lives in one event loop, begun by the first socket. Redis is only a doorbell: while it is away, the sweep finds new
events within a second, and after it has come back each stream reads what it may have missed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import redis
import redis.asyncio
from django.conf import settings
from django.db import connection

from common.waiting import rung
from realtime.admission import Admission, readmit
from realtime.codes import Close
from realtime.doorbell import EVENTS_TOPIC
from realtime.reading import read_heads
from realtime.seams import seen, signed_out
from realtime.socket import DeskSocket
from realtime.stream import Stream

log = logging.getLogger(__name__)

SWEEP_S = 1.0
TICK_S = 0.25
GUARD_S = 2.0  # a session ended is a socket closed within 5 s: this, a few queries, and room
GUARDED_AT_ONCE = 50  # sockets; while a thread looks at many at once, the loop hardly comes to send anything
GUARD_PAUSE_S = 0.01
REDIS_AGAIN_S = 1.0
SEEN_S = 10.0  # between two reports of who has a desk open; whoever has just come is told of within ARRIVED_S
ARRIVED_S = 1.0
THREADS = 3


async def supervise(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` for ever: whatever it raises is logged, and it begins again."""
    while True:
        try:
            await work()
            log.error("%s ended by itself", name)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("%s stumbled and begins again", name)
        await asyncio.sleep(0.5)


class Hub:
    def __init__(self) -> None:
        self.streams: dict[UUID, Stream] = {}
        self.sockets: set[DeskSocket] = set()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="realtime")
        self._tasks: set[asyncio.Task[None]] = set()
        self._of_stream: dict[UUID, list[asyncio.Task[None]]] = {}
        self._guard_now = asyncio.Event()
        self._watched = asyncio.Event()  # there are sockets
        self._arrived = asyncio.Event()
        self._left: set[UUID] = set()  # whose last desk was closed since we last told who is here
        self._signed_out: set[UUID] = set()  # likewise, because their session has ended
        self._redis_away = False

    def start(self) -> None:
        for name, work in {
            "the event doorbell": self._listen,
            "the event sweep": self._sweep,
            "the pings": self._ping,
            "the guard": self._guard,
            "who is here": self._tell_seen,
        }.items():
            self._spawn(name, work)

    def _spawn(self, name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        task = asyncio.create_task(supervise(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run a synchronous function on a thread that may use the database; the connection goes back to the pool."""

        def go() -> Any:
            try:
                return work(*arguments)
            finally:
                connection.close()

        return await asyncio.get_running_loop().run_in_executor(self._threads, go)

    # --- sockets -------------------------------------------------------------------------------------------------

    def add(self, socket: DeskSocket) -> Stream:
        """Guard this socket from now on; it hears nothing before it joins the stream that is returned."""
        self.sockets.add(socket)
        self._watched.set()
        self._arrived.set()
        return self.stream(socket.organisation_id)

    def stream(self, organisation_id: UUID) -> Stream:
        if organisation_id not in self.streams:
            stream = self.streams[organisation_id] = Stream(organisation_id, self.run, self._guard_now.set)
            self._of_stream[organisation_id] = [
                self._spawn(f"the stream of {organisation_id}", stream.follow),
                self._spawn(f"the counts of {organisation_id}", stream.tell_counts),
            ]
        return self.streams[organisation_id]

    def remove(self, socket: DeskSocket) -> None:
        """Forget the socket, and the stream that nobody listens to any more."""
        self.sockets.discard(socket)
        if socket.closing == Close.SIGNED_OUT:
            self._signed_out.add(socket.admission.user_id)
            self._arrived.set()  # told within ARRIVED_S: work is given to whoever seems to be here
        else:
            self._left.add(socket.admission.user_id)
        if not self.sockets:
            self._watched.clear()
        organisation_id = socket.organisation_id
        stream = self.streams.get(organisation_id)
        if stream is None:
            return
        stream.leave(socket)
        if not any(other.organisation_id == organisation_id for other in self.sockets):
            del self.streams[organisation_id]
            for task in self._of_stream.pop(organisation_id):
                task.cancel()

    # --- loops ---------------------------------------------------------------------------------------------------

    async def _tell_seen(self) -> None:
        """One statement for all desks of this process each SEEN_S: a user is gone when nobody tells of him any more."""
        while True:
            if not self._left and not self._signed_out:
                await self._watched.wait()
            await rung(self._arrived, SEEN_S)
            self._arrived.clear()
            here, self._left = {socket.admission.user_id for socket in self.sockets} | self._left, set()
            out, self._signed_out = self._signed_out - here, set()
            try:
                await self.run(seen(), here)
                if out:
                    await self.run(signed_out(), out)
            except Exception as error:  # the database is away: they are told of next time
                log.warning("who is here cannot be told: %s", type(error).__name__)
            await asyncio.sleep(ARRIVED_S)

    async def _listen(self) -> None:
        while True:
            await self._watched.wait()
            await self._hear()

    async def _hear(self) -> None:
        """Wake the streams that are rung for, until a ring finds no socket here or Redis goes: to be rung for nobody
        would cost more of a processor than all else that an unwatched web process does."""
        # No time-out on reading: silence is normal here. redis-py would give up after 5 s of it.
        client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_timeout=None, socket_connect_timeout=2, health_check_interval=10
        )
        try:
            async with client.pubsub(ignore_subscribe_messages=True) as bell:
                await bell.subscribe(EVENTS_TOPIC)
                if self._redis_away:
                    log.warning("Redis is back")
                self._redis_away = False
                for stream in self.streams.values():  # whatever was rung while nobody listened
                    stream.wake()
                async for message in bell.listen():
                    if not self.sockets:
                        return
                    self._rung(message["data"])
        except (redis.RedisError, OSError) as error:
            if not self._redis_away:
                log.warning("Redis is away (%s): screens follow by the sweep", type(error).__name__)
            self._redis_away = True
        finally:
            await client.aclose()
        await asyncio.sleep(REDIS_AGAIN_S)

    def _rung(self, data: bytes) -> None:
        try:
            stream = self.streams.get(UUID(data.decode()))
        except ValueError:  # not one of ours
            return
        if stream is not None:
            stream.wake()

    async def _sweep(self) -> None:
        while True:
            if self.streams:
                for organisation_id, head in (await self.run(read_heads, list(self.streams))).items():
                    if organisation_id in self.streams:
                        self.streams[organisation_id].seen(head)
            await asyncio.sleep(SWEEP_S)

    async def _ping(self) -> None:
        while True:
            now = time.monotonic()
            for stream in list(self.streams.values()):
                stream.tick(now)
                await asyncio.sleep(0)
            await asyncio.sleep(TICK_S)

    async def _guard(self) -> None:
        while True:
            await rung(self._guard_now, GUARD_S)
            self._guard_now.clear()
            changed = await self.recheck()
            if changed:  # not awaited: to look again at a thousand takes longer than a lost session may be heard
                looking = asyncio.create_task(self.look_again(changed))
                self._tasks.add(looking)
                looking.add_done_callback(self._tasks.discard)

    async def recheck(self) -> list[DeskSocket]:
        """Close the sockets whose session, user or organisation is no longer what it was; those whose view is another
        now are returned."""
        sockets = list(self.sockets)
        changed: list[DeskSocket] = []
        for begin in range(0, len(sockets), GUARDED_AT_ONCE):
            if begin:
                await asyncio.sleep(GUARD_PAUSE_S)
            changed += await self._recheck(sockets[begin : begin + GUARDED_AT_ONCE])
        return changed

    async def _recheck(self, sockets: Sequence[DeskSocket]) -> list[DeskSocket]:
        known: dict[str, Admission | None] = {socket.admission.session_key: socket.admission for socket in sockets}
        admitted: dict[str, Admission] = await self.run(readmit, known)
        changed = []
        for socket in sockets:
            before, now = socket.admission, admitted.get(socket.admission.session_key)
            if (
                now is None
                or now.user_id != before.user_id
                or now.audience.organisation_id != before.audience.organisation_id
            ):
                socket.close(Close.SIGNED_OUT)
                continue
            if now.is_locked:
                socket.close(Close.LOCKED)
                continue
            socket.admission = now
            if now.audience != before.audience and socket.joined:
                changed.append(socket)
        return changed

    async def look_again(self, changed: Sequence[DeskSocket]) -> None:
        for socket in changed:
            if socket in self.sockets:
                await self._look_again(socket)

    async def _look_again(self, socket: DeskSocket) -> None:
        """What it may see has changed. Where that cannot be looked up it would hear of nothing any more: its browser
        comes back and begins anew, and all the others are looked at in their time."""
        try:
            await self.stream(socket.organisation_id).changed_audience(socket)
        except Exception as error:
            log.warning("what %s sees cannot be looked up: %s", socket.audience.user_id, type(error).__name__)
            socket.close(Close.TOO_SLOW)


_hub: tuple[asyncio.AbstractEventLoop, Hub] | None = None


def hub() -> Hub:
    """The hub of the running event loop, begun when first asked for."""
    global _hub  # noqa: PLW0603 (one loop a process; tests have one each)
    loop = asyncio.get_running_loop()
    if _hub is None or _hub[0] is not loop:
        fresh = Hub()
        fresh.start()
        _hub = loop, fresh
    return _hub[1]


def open_sockets() -> int:
    """How many browsers this process serves. From any thread."""
    return 0 if _hub is None else len(_hub[1].sockets)


async def stop_hub() -> None:
    global _hub
    if _hub is not None and _hub[0] is asyncio.get_running_loop():
        found, _hub = _hub[1], None
        await found.stop()
