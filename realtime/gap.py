"""What a browser missed: the same events, rendered by the same functions, under the same rule of who may see them.

`GET /api/events` answers with this (the API mounts it).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from realtime.audience import Audience
from realtime.facts import conversations_in, for_everybody
from realtime.reading import LogBroken, read_head, read_range
from realtime.seams import renderer

MOST_EVENTS = 1000
MOST_ROWS = 2000


def events_after(
    audience: Audience, after: object, epoch: object, conversations: Collection[UUID] = (), limit: int = MOST_EVENTS
) -> dict[str, Any]:
    """Events after number `after`, at most `limit` of the log at once, as `audience` may see them.

    {"epoch", "after", "upto", "head", "events", "rows"}: events of `conversations` and those for everybody; rows, in
    their newest state, of all conversations that changed. Ask again from `upto` while it is below `head`.
    {"reset": True} when `after` is no place in this log (strange, in the future, trimmed, of another epoch) or so
    much changed that a snapshot is cheaper.
    """
    organisation_id = audience.organisation_id
    head = read_head(organisation_id)
    start = _number(after)
    if start is None or start > head.seq or str(epoch) != str(head.epoch):
        return {"reset": True}
    upto = min(head.seq, start + max(1, min(limit, MOST_EVENTS)))
    try:
        stored = read_range(organisation_id, start, upto)
    except LogBroken:
        return {"reset": True}

    watched = frozenset(conversations)
    changed: set[UUID] = set()
    wanted: dict[int, set[UUID]] = {}
    for event in stored:
        if for_everybody(event):
            wanted[event.seq] = set()
            continue
        for line_id, conversation_id in conversations_in(event):
            if audience.sees_line(line_id):
                changed.add(conversation_id)
                if conversation_id in watched:
                    wanted.setdefault(event.seq, set()).add(conversation_id)
    if len(changed) > MOST_ROWS:
        return {"reset": True}

    rendered = renderer().events(organisation_id, [event for event in stored if event.seq in wanted], audience.kind)
    events = []
    for seq, parts in sorted(wanted.items()):
        found = rendered.get(seq)
        if found is None:
            continue
        if found.parts:
            deliveries = [part for id_ in parts for part in found.parts.get(id_, ())]
            if deliveries:
                events.append({**found.wire, "deliveries": deliveries})
        else:
            events.append(found.wire)
    rows = renderer().rows(organisation_id, changed, audience.kind)
    return {
        "epoch": head.epoch,
        "after": start,
        "upto": upto,
        "head": head.seq,
        "events": events,
        "rows": list(rows.values()),
    }


def _number(given: object) -> int | None:
    """A whole number from 0, also as text; None for anything else."""
    try:
        number = int(str(given))
    except ValueError:
        return None
    return number if 0 <= number < 2**63 else None
