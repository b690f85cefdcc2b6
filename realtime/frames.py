"""Frames as they stand on the wire, serialised once for all sockets that get the same."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

import orjson

from realtime.seams import RenderedEvent

LONGEST = 256 * 1024  # bytes of events in one frame, unless one event alone is longer
RESET = orjson.dumps({"type": "reset"})


def frame(
    *,
    epoch: int,
    after: int,
    upto: int,
    rows_upto: int,
    events: list[Any],
    rows: list[Any] | None = None,
    overflow: bool = False,
) -> bytes:
    """One frame. Events and rows may be dicts or orjson.Fragment of what is serialised already."""
    content: dict[str, Any] = {
        "type": "frame", "epoch": epoch, "after": after, "upto": upto, "rows_upto": rows_upto, "events": events,
    }  # fmt: skip
    if rows is not None:
        content["rows"] = rows
    if overflow:
        content["rows_overflow"] = True
    return orjson.dumps(content)


def cut(pieces: list[bytes]) -> Iterator[list[bytes]]:
    """In their order, in portions that are no longer than LONGEST, unless one alone is."""
    taken, size = 0, 0
    for end, piece in enumerate(pieces):
        if end > taken and size + len(piece) > LONGEST:
            yield pieces[taken:end]
            taken, size = end, 0
        size += len(piece)
    if taken < len(pieces):
        yield pieces[taken:]


class Pieces:
    """What one batch can be assembled from, for one kind of audience: each event serialised once."""

    def __init__(self, rendered: Mapping[int, RenderedEvent]) -> None:
        self.rendered = rendered
        self._whole: dict[int, bytes] = {}
        self.size = 0  # octets of the events that were serialised
        self._frames: dict[Hashable, list[tuple[bytes, int]]] = {}

    def piece(self, seq: int, parts: Collection[UUID]) -> bytes | None:
        """Event `seq`, with the deliveries of conversations `parts` when it has any. None: it is not to be shown."""
        found = self.rendered.get(seq)
        if found is None:
            return None
        if found.parts:
            deliveries = [part for conversation_id in parts for part in found.parts.get(conversation_id, ())]
            return orjson.dumps({**found.wire, "deliveries": deliveries}) if deliveries else None
        if seq not in self._whole:
            self._whole[seq] = orjson.dumps(found.wire)
            self.size += len(self._whole[seq])
        return self._whole[seq]

    def frames(
        self, *, epoch: int, after: int, upto: int, rows_upto: int, wanted: Iterable[tuple[int, frozenset[UUID]]]
    ) -> list[tuple[bytes, int]]:
        """The frames of events `wanted` (number, conversations), each with where it ends; the same for all who ask
        the same. Mostly one; none when there is nothing to show; more when one would be too long for a socket."""
        wanted = tuple(wanted)
        key = (after, upto, rows_upto, wanted)
        if key not in self._frames:
            self._frames[key] = self._assemble(epoch, after, upto, rows_upto, wanted)
        return self._frames[key]

    def _assemble(
        self, epoch: int, after: int, upto: int, rows_upto: int, wanted: tuple[tuple[int, frozenset[UUID]], ...]
    ) -> list[tuple[bytes, int]]:
        pieces = [(seq, piece) for seq, parts in wanted if (piece := self.piece(seq, parts)) is not None]
        found: list[tuple[bytes, int]] = []
        taken = 0
        for some in cut([piece for _, piece in pieces]):
            taken += len(some)
            end = pieces[taken - 1][0] if taken < len(pieces) else upto
            events = [orjson.Fragment(piece) for piece in some]
            text = frame(epoch=epoch, after=after, upto=end, rows_upto=min(rows_upto, end), events=events)
            found.append((text, end))
            after = end
        return found
