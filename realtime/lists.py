"""Which changed rows belong in whose lists (the queue, one's own, all), and sending them there."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from realtime.audience import Audience, AudienceKind
from realtime.facts import conversations_in, former_owner, moves_between_lists
from realtime.frames import frame
from realtime.reading import Head, StoredEvent
from realtime.socket import DeskSocket

MOST_ROWS = 200  # in one frame; beyond, lists are fetched again
YIELD_EVERY = 200  # sends


@dataclass(slots=True)
class Changed:
    """Why a conversation's row is to be sent, gathered until the next flush."""

    line_id: UUID
    moved: bool = False
    former_owners: set[str] = field(default_factory=set)


def note_change(changed: dict[UUID, Changed], event: StoredEvent) -> None:
    for line_id, conversation_id in conversations_in(event):
        one = changed.setdefault(conversation_id, Changed(line_id))
        one.moved |= moves_between_lists(event)
        owner_id = former_owner(event)
        if owner_id is not None:
            one.former_owners.add(str(owner_id))


class Selection:
    """Which of the rows just rendered belong in whose lists; looked through once for all who see the same lines."""

    def __init__(
        self, audience: Audience, changed: dict[UUID, Changed], rows: Mapping[UUID, Mapping[str, Any]]
    ) -> None:
        visible = [(id_, row) for id_, row in rows.items() if audience.sees_line(changed[id_].line_id)]
        self.every = tuple(id_ for id_, _ in visible)
        self.queued = tuple(id_ for id_, row in visible if row["status"] == "queued" or changed[id_].moved)
        self.by_owner: dict[str, list[UUID]] = defaultdict(list)
        for id_, row in visible:
            for owner_id in {row["owner_id"], *changed[id_].former_owners} - {None}:
                self.by_owner[owner_id].append(id_)

    def rows_for(self, socket: DeskSocket) -> tuple[UUID, ...]:
        """What changed in this socket's lists, or has just gone from them."""
        if "all" in socket.lists:
            return self.every
        queued = self.queued if "queue" in socket.lists else ()
        mine = self.by_owner.get(str(socket.audience.user_id), ()) if "mine" in socket.lists else ()
        return tuple(dict.fromkeys((*queued, *mine)))


async def send_rows(
    sockets: list[DeskSocket],
    head: Head,
    changed: dict[UUID, Changed],
    rows: dict[AudienceKind, Mapping[UUID, Mapping[str, Any]]],
    overflow: bool,
) -> None:
    """To each socket, those of `rows` that belong in its lists. `overflow`: too much has changed, lists are fetched."""
    pieces = {
        kind: {id_: orjson.Fragment(orjson.dumps(row)) for id_, row in found.items()} for kind, found in rows.items()
    }
    frames: dict[object, bytes] = {}
    selections: dict[object, Selection] = {}
    for number, socket in enumerate(sockets):
        upto = max(socket.cursor, head.seq)
        after, socket.rows_upto = socket.cursor, max(socket.rows_upto, head.seq)
        if socket.lists:
            kind = socket.audience.kind
            share = (kind, socket.audience.line_ids)
            if share not in selections:
                selections[share] = Selection(socket.audience, changed, rows.get(kind, {}))
            chosen = () if overflow else selections[share].rows_for(socket)
            too_many = overflow or len(chosen) > MOST_ROWS
            if chosen or too_many:
                key = (kind, after, upto, socket.rows_upto, too_many or chosen)
                if key not in frames:
                    shown = [] if too_many else [pieces[kind][id_] for id_ in chosen]
                    frames[key] = frame(
                        epoch=head.epoch, after=after, upto=upto, rows_upto=socket.rows_upto,
                        events=[], rows=shown, overflow=too_many,
                    )  # fmt: skip
                socket.offer(frames[key])
                socket.cursor = upto
        if number % YIELD_EVERY == YIELD_EVERY - 1:
            await asyncio.sleep(0)
