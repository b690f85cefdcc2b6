"""One organisation's events, from the log to the sockets of this process.

Everything that decides what a socket gets happens under one lock: reading a batch, joining, watching. So a socket
either stood here when a batch was given out, or stands behind it: there is no third case in which an event is lost.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from common.waiting import rung
from realtime.audience import AudienceKind
from realtime.facts import changes_rights, conversations_in, for_everybody
from realtime.frames import RESET, Pieces, cut, frame
from realtime.lists import YIELD_EVERY, Changed, Selection, note_change, send_rows
from realtime.reading import Head, LogBroken, StoredEvent, read_head, read_on, still_there
from realtime.seams import renderer
from realtime.socket import DeskSocket

log = logging.getLogger(__name__)

Run = Callable[..., Awaitable[Any]]  # runs a synchronous function on a thread that may use the database

# Events read and rendered at once. Each catching up begins with FIRST and doubles while what comes of a batch is small:
# what is being rendered, with its copies, is the most that this process holds at once.
FIRST, BATCH, FEWEST = 50, 200, 5
BATCH_BYTES = 512 * 1024
# Between two batches, so that what arrives meanwhile shares the next: as long as the last one took, and at most this. A
# lone text is not held up by the one before it, and a busy stream leaves half of the time to everything else.
LINGER_S = 0.01
CONFLATE_S = 0.25  # rows of lists and counts: at most four times a second...
AT_ONCE = 4  # ...but after a quiet second this many flushes need not wait: a lone text is painted at once
MOST_CHANGED = 1000  # conversations changed in a quarter of a second; beyond, nothing is rendered
REMEMBER = 2000  # events kept for sockets that begin to watch a conversation just after they happened
REMEMBER_S = 60.0
MOST_LINES = 50_000
MOST_FAILURES = 5  # in a row


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Stream:
    def __init__(self, organisation_id: UUID, run: Run, rights_changed: Callable[[], None]) -> None:
        self.organisation_id = organisation_id
        self.sockets: set[DeskSocket] = set()
        self.head: Head | None = None  # what has been given out; None until started
        self._run, self._rights_changed = run, rights_changed
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()
        self._last_id: UUID | None = None
        self._recent: deque[tuple[float, StoredEvent]] = deque(maxlen=REMEMBER)
        self._lines: dict[UUID, UUID] = {}  # of conversations that were asked for
        self._watchers: dict[UUID, set[DeskSocket]] = {}
        self._failures = 0
        self._changed: dict[UUID, Changed] = {}
        self._next_rows = 0.0
        self._paid_until = 0.0
        self._counts_due = asyncio.Event()

    # --- sockets -------------------------------------------------------------------------------------------------

    async def join(self, socket: DeskSocket, epoch: object, cursor: object) -> None:
        """Begin to send to `socket`, whose browser says that it has seen everything up to `cursor` of `epoch`.

        The first frame says where the stream stands: a browser that stands before it fetches what lies between.
        """
        async with self._lock:
            head = await self._started()
            socket.cursor = socket.rows_upto = head.seq
            socket.begin(epoch=head.epoch, at=_now())
            self.sockets.add(socket)
            if cursor is not None and not await self._can_follow(epoch, cursor):
                socket.offer(RESET)
                return
            if isinstance(cursor, int) and cursor > head.seq:  # its snapshot is newer than our last reading
                socket.cursor = socket.rows_upto = cursor
            at = socket.cursor
            socket.offer(frame(epoch=head.epoch, after=at, upto=at, rows_upto=at, events=[]))
        self._counts_due.set()

    def leave(self, socket: DeskSocket) -> None:
        self.sockets.discard(socket)
        self._index(socket, frozenset())

    def _index(self, socket: DeskSocket, conversations: frozenset[UUID]) -> None:
        for id_ in socket.watched - conversations:
            self._watchers[id_].discard(socket)
            if not self._watchers[id_]:
                del self._watchers[id_]
        for id_ in conversations - socket.watched:
            self._watchers.setdefault(id_, set()).add(socket)
        socket.watched = conversations

    async def watch(self, socket: DeskSocket, conversations: frozenset[UUID], lists: frozenset[str]) -> None:
        """From now on send events of `conversations` and rows of `lists`. What the audience may not see is left out.

        The browser fetches a conversation or a list while it asks to watch it, and either may come first. So what
        happened there in the last minute is sent again: merging twice does no harm, missing once does.
        """
        async with self._lock:
            if socket not in self.sockets:
                return
            audience = socket.audience
            lines = await self._lines_of(conversations)
            allowed = frozenset(id_ for id_ in conversations if id_ in lines and audience.sees_line(lines[id_]))
            fresh, fresh_lists = allowed - socket.watched, lists - socket.lists
            self._index(socket, allowed)
            socket.asked, socket.lists = conversations, lists
            if fresh or fresh_lists:
                await self._send_recent(socket, fresh, fresh_lists)

    async def _lines_of(self, conversations: frozenset[UUID]) -> dict[UUID, UUID]:
        """The line of each conversation, which never changes: a thousand desks that come back ask once."""
        unknown = conversations - self._lines.keys()
        if unknown:
            if len(self._lines) > MOST_LINES:
                self._lines.clear()
                unknown = conversations
            self._lines |= await self._run(renderer().lines_of, self.organisation_id, unknown)
        return self._lines

    async def _send_recent(self, socket: DeskSocket, fresh: frozenset[UUID], lists: frozenset[str]) -> None:
        head, kind = await self._started(), socket.audience.kind
        since = time.monotonic() - REMEMBER_S
        recent = [event for at, event in self._recent if at >= since]
        missed = [
            (event, parts)
            for event in recent
            if (parts := fresh.intersection(id_ for _, id_ in conversations_in(event)))
        ][-BATCH:]
        changed: dict[UUID, Changed] = {}
        if lists:
            for event in recent:
                note_change(changed, event)
        overflow = len(changed) > MOST_CHANGED
        touched = {id_ for _, parts in missed for id_ in parts}
        wanted = touched if overflow else touched | changed.keys()
        if not (wanted or overflow):
            return
        rows = await self._run(renderer().rows, self.organisation_id, wanted, kind)
        selection = Selection(
            socket.audience, changed, {} if overflow else {id_: rows[id_] for id_ in changed.keys() & rows.keys()}
        )
        shown = dict.fromkeys((*(touched & rows.keys()), *selection.rows_for(socket)))
        last: list[bytes] = []
        for begin in range(0, len(missed), FIRST):  # a few at a time, as when they were new
            part = missed[begin : begin + FIRST]
            pieces = await self._render([event for event, _ in part], kind)
            found = [one for event, parts in part if (one := pieces.piece(event.seq, parts)) is not None]
            *whole, last = cut(last + found) if last or found else ([],)
            for some in whole:  # more follows: these move nobody on
                socket.offer(
                    frame(
                        epoch=head.epoch, after=socket.cursor, upto=socket.cursor, rows_upto=socket.rows_upto,
                        events=[orjson.Fragment(piece) for piece in some],
                    )
                )  # fmt: skip
        at = max(socket.cursor, head.seq)
        socket.offer(
            frame(
                epoch=head.epoch, after=socket.cursor, upto=at, rows_upto=socket.rows_upto,
                events=[orjson.Fragment(piece) for piece in last],
                rows=[rows[id_] for id_ in shown], overflow=overflow,
            )
        )  # fmt: skip
        socket.cursor = at

    async def changed_audience(self, socket: DeskSocket) -> None:
        """What the socket may see has changed: what it watches is looked at again, and its browser fetches all."""
        socket.counts = b""
        socket.offer(RESET)
        async with self._lock:
            self._index(socket, frozenset())
        await self.watch(socket, socket.asked, socket.lists)
        self._counts_due.set()

    def tick(self, now: float) -> None:
        if self.head is None:
            return
        at = _now()
        for socket in self.sockets:
            socket.tick(now, epoch=self.head.epoch, upto=self.head.seq, at=at)

    async def _started(self) -> Head:
        if self.head is None:
            self.head = await self._run(read_head, self.organisation_id)
        return self.head

    async def _can_follow(self, epoch: object, cursor: object) -> bool:
        """Whether `cursor` is a place in this log from which the rest can still be read."""
        head = await self._started()
        if str(epoch) != str(head.epoch) or not isinstance(cursor, int) or isinstance(cursor, bool) or cursor < 0:
            return False
        if cursor > head.seq:
            newest: Head = await self._run(read_head, self.organisation_id)
            return newest.epoch == head.epoch and cursor <= newest.seq
        return cursor == head.seq or await self._run(still_there, self.organisation_id, cursor + 1)

    # --- events --------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        self._wake.set()

    def seen(self, head: Head) -> None:
        """The sweep has read where the log stands: wake when we stand elsewhere."""
        if self.head is not None and self.head != head:
            self.wake()

    async def follow(self) -> None:
        """Give out events as they come, for ever. An error is the caller's to log; it is safe to call again."""
        self.wake()
        while True:
            wait = self._next_rows - time.monotonic() if self._changed else None
            if wait is None or wait > 0:
                await rung(self._wake, wait)
            began = time.monotonic()
            if self._wake.is_set():
                self._wake.clear()
                try:
                    await self.catch_up()
                    self._failures = 0
                except Exception:
                    await self._stumbled()
                    raise
            if self._changed and time.monotonic() >= self._next_rows:
                await self.flush_rows()
            await asyncio.sleep(min(LINGER_S, time.monotonic() - began))

    async def catch_up(self) -> None:
        """Read and give out everything up to the head of the log."""
        most = FIRST
        while True:
            size = 0
            async with self._lock:
                here = await self._started()
                try:
                    newest, events, pieces = await self._run(self._read_and_render, here, most)
                except LogBroken as error:
                    log.error("%s: all screens fetch afresh", error)
                    self._start_over(await self._run(read_head, self.organisation_id))
                    return
                if newest.epoch != here.epoch or newest.seq < here.seq:
                    self._start_over(newest)
                    return
                if events:
                    size = await self._give_out(events, pieces, Head(here.epoch, here.seq + len(events)))
                if here.seq + len(events) == newest.seq:
                    return
            most = min(BATCH, 2 * most) if size < BATCH_BYTES // 2 else max(FEWEST, most * BATCH_BYTES // (2 * size))
            await asyncio.sleep(0)

    def _read_and_render(self, here: Head, most: int) -> tuple[Head, list[StoredEvent], dict[AudienceKind, Pieces]]:
        """On a thread: one way there and back for both, which between two busy cores takes longer than either.

        Who watches is looked up while the event loop may remove sockets, not add any (it holds the lock): so a little
        too much may be rendered. Who may hear what is decided in `_give_out`.
        """
        newest, events = read_on(self.organisation_id, here, most, self._last_id)
        heard: dict[AudienceKind, dict[int, StoredEvent]] = defaultdict(dict)
        for event in events:
            if for_everybody(event):
                concerned = list(self.sockets)
            else:
                concerned = [one for _, id_ in conversations_in(event) for one in list(self._watchers.get(id_, ()))]
            for kind in {socket.audience.kind for socket in concerned}:
                heard[kind][event.seq] = event
        render = renderer().events
        return newest, events, {
            kind: Pieces(render(self.organisation_id, list(found.values()), kind)) for kind, found in heard.items()
        }  # fmt: skip

    async def _stumbled(self) -> None:
        """An event that cannot be rendered, again and again, must not stop the organisation: screens fetch afresh."""
        self._failures += 1
        if self._failures >= MOST_FAILURES:
            async with self._lock:
                self._start_over(await self._run(read_head, self.organisation_id))
            self._failures = 0

    def _start_over(self, head: Head) -> None:
        self.head, self._last_id = head, None
        self._recent.clear()
        self._changed.clear()
        for socket in self.sockets:
            socket.cursor = socket.rows_upto = head.seq
            socket.offer(RESET)

    async def _give_out(self, events: list[StoredEvent], pieces: dict[AudienceKind, Pieces], upto: Head) -> int:
        """Returns the octets of what was given out."""
        listed = any(socket.lists for socket in self.sockets)

        # For each socket the events it hears of, and of each the conversations it watches.
        wanted: dict[DeskSocket, dict[int, set[UUID]]] = defaultdict(dict)
        now = time.monotonic()
        for event in events:
            self._recent.append((now, event))
            if listed:
                if not self._changed:
                    self._next_rows = max(self._next_rows, now)
                note_change(self._changed, event)
            if for_everybody(event):
                for socket in self.sockets:
                    if event.seq > socket.cursor:
                        wanted[socket].setdefault(event.seq, set())
                if changes_rights(event):
                    self._rights_changed()
                continue
            for line_id, conversation_id in conversations_in(event):
                for socket in self._watchers.get(conversation_id, ()):
                    if event.seq > socket.cursor and socket.audience.sees_line(line_id):
                        wanted[socket].setdefault(event.seq, set()).add(conversation_id)

        if not self._changed:  # no row is waiting to be sent
            for socket in self.sockets:
                socket.rows_upto = max(socket.rows_upto, upto.seq)
        sends = 0
        for socket, numbers in wanted.items():
            if socket not in self.sockets or socket.cursor > upto.seq:
                continue
            if socket.audience.kind not in pieces:  # changed while we rendered: it has been told to fetch afresh
                continue
            frames = pieces[socket.audience.kind].frames(
                epoch=upto.epoch, after=socket.cursor, upto=upto.seq, rows_upto=socket.rows_upto,
                wanted=((seq, frozenset(parts)) for seq, parts in sorted(numbers.items())),
            )  # fmt: skip
            for text, end in frames:
                socket.offer(text)
                socket.cursor = end
            sends += 1
            if sends % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        self.head, self._last_id = upto, events[-1].id
        self._counts_due.set()
        return sum(one.size for one in pieces.values())

    async def _render(self, events: list[StoredEvent], kind: AudienceKind) -> Pieces:
        if not events:
            return Pieces({})
        return Pieces(await self._run(renderer().events, self.organisation_id, events, kind))

    # --- rows of lists -------------------------------------------------------------------------------------------

    async def flush_rows(self) -> None:
        """Send each list the newest state of what changed since the last flush."""
        async with self._lock:
            if self.head is None:
                return
            head, changed = self.head, self._changed
            self._changed = {}
            # The generic cell rate algorithm: `_paid_until` runs ahead of the clock by a CONFLATE_S for each flush.
            self._paid_until = max(self._paid_until, time.monotonic()) + CONFLATE_S
            self._next_rows = self._paid_until - (AT_ONCE - 1) * CONFLATE_S
            overflow = len(changed) > MOST_CHANGED
            sockets = [socket for socket in self.sockets if socket.joined]
            rows: dict[AudienceKind, Mapping[UUID, Mapping[str, Any]]] = {}
            try:
                if not overflow:
                    for kind in {socket.audience.kind for socket in sockets if socket.lists}:
                        rows[kind] = await self._run(renderer().rows, self.organisation_id, list(changed), kind)
            except BaseException:
                for id_, one in self._changed.items():  # not lost: sent with the next flush
                    changed[id_] = one
                self._changed = changed
                raise
            await send_rows(sockets, head, changed, rows, overflow)

    # --- counts --------------------------------------------------------------------------------------------------

    async def tell_counts(self) -> None:
        """Send each socket its figures when they changed, for ever; never busier than a fifth of the time."""
        while True:
            await self._counts_due.wait()
            self._counts_due.clear()
            started = time.monotonic()
            try:
                figures = await self._run(renderer().counts, self.organisation_id)
            except Exception:
                self._counts_due.set()  # still due: nothing else may happen for an hour
                raise
            for number, socket in enumerate(list(self.sockets)):
                text = orjson.dumps({"type": "counts", "counts": figures(socket.audience)})
                if socket.joined and text != socket.counts:
                    socket.counts = text
                    socket.offer(text)
                if number % YIELD_EVERY == YIELD_EVERY - 1:
                    await asyncio.sleep(0)
            await asyncio.sleep(max(CONFLATE_S, 4 * (time.monotonic() - started)))
