"""Frames as they stand on the wire, serialised once for all sockets that get the same."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any
from uuid import UUID

import orjson

from realtime.seams import RenderedEvent

RESET = orjson.dumps({"type": "reset"}).decode()


def frame(
    *,
    epoch: int,
    after: int,
    upto: int,
    rows_upto: int,
    events: list[Any],
    rows: list[Any] | None = None,
    overflow: bool = False,
) -> str:
    """One frame. Events and rows may be dicts or orjson.Fragment of what is serialised already."""
    content: dict[str, Any] = {
        "type": "frame", "epoch": epoch, "after": after, "upto": upto, "rows_upto": rows_upto, "events": events,
    }  # fmt: skip
    if rows is not None:
        content["rows"] = rows
    if overflow:
        content["rows_overflow"] = True
    return orjson.dumps(content).decode()


class Pieces:
    """What one batch can be assembled from, for one kind of audience: each event serialised once."""

    def __init__(self, rendered: Mapping[int, RenderedEvent]) -> None:
        self.rendered = rendered
        self._whole: dict[int, orjson.Fragment] = {}
        self._frames: dict[Hashable, str] = {}

    def piece(self, seq: int, parts: frozenset[UUID]) -> orjson.Fragment | None:
        """Event `seq`, with the deliveries of conversations `parts` when it has any. None: it is not to be shown."""
        found = self.rendered.get(seq)
        if found is None:
            return None
        if found.parts:
            deliveries = [part for conversation_id in parts for part in found.parts.get(conversation_id, ())]
            if not deliveries:
                return None
            return orjson.Fragment(orjson.dumps({**found.wire, "deliveries": deliveries}))
        if seq not in self._whole:
            self._whole[seq] = orjson.Fragment(orjson.dumps(found.wire))
        return self._whole[seq]

    def frame(
        self, *, epoch: int, after: int, upto: int, rows_upto: int, wanted: Iterable[tuple[int, frozenset[UUID]]]
    ) -> str | None:
        """The frame of events `wanted` (number, conversations); the same one for all who ask the same. None: empty."""
        wanted = tuple(wanted)
        key = (after, upto, rows_upto, wanted)
        if key not in self._frames:
            pieces = [piece for seq, parts in wanted if (piece := self.piece(seq, parts)) is not None]
            self._frames[key] = (
                frame(epoch=epoch, after=after, upto=upto, rows_upto=rows_upto, events=pieces) if pieces else ""
            )
        return self._frames[key] or None
