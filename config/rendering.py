"""What the socket hub shows of an event, gathered from the packages that know (settings.REALTIME_RENDERER)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from conversations.counts import Tally, count_groups
from conversations.rendering import iso, render_messages, render_progress, render_rows
from realtime.audience import Audience, AudienceKind
from realtime.reading import StoredEvent
from realtime.seams import RenderedEvent
from routing.rendering import render_agents

SETTINGS = "settings.changed"


class DeskRenderer:
    """Events by what their fields name: a conversation, a message, an agent, the progress of deliveries.

    What is sent is the state now, not the state then: of two, a screen keeps the newer, so events may be
    rendered late, twice or together.
    """

    def events(
        self, organisation_id: UUID, events: Sequence[StoredEvent], kind: AudienceKind
    ) -> dict[int, RenderedEvent]:
        rows = self.rows(organisation_id, _ids(events, "conversation_id"), kind)
        messages = render_messages(organisation_id, _ids(events, "message_id"), kind)
        agents = render_agents(organisation_id, _ids(events, "agent_id"))
        progress = render_progress(
            organisation_id,
            ((UUID(item[1]), UUID(item[2]), item[3]) for event in events for item in event.data.get("items", ())),
        )
        rendered: dict[int, RenderedEvent] = {}
        for event in events:
            wire: dict[str, Any] = {"seq": event.seq, "type": event.type, "at": iso(event.at)}
            shown: dict[str, tuple[str, Mapping[UUID, Any]]] = {
                "conversation_id": ("conversation", rows),
                "message_id": ("message", messages),
                "agent_id": ("agent", agents),
            }
            if event.type == SETTINGS:
                wire |= _of_settings(event.data)
            complete = True
            for field, (name, found) in shown.items():
                if event.data.get(field) is not None:
                    wire[name] = found.get(UUID(event.data[field]))
                    complete &= wire[name] is not None
            parts: dict[UUID, list[dict[str, Any]]] = {}
            for item in event.data.get("items", ()):
                one = progress.get(UUID(item[2]))
                if one is not None:
                    parts.setdefault(UUID(item[1]), []).append(dict(one))
            if complete and (parts or "items" not in event.data):
                rendered[event.seq] = RenderedEvent(wire, parts)
        return rendered

    def rows(
        self, organisation_id: UUID, conversation_ids: Collection[UUID], kind: AudienceKind
    ) -> Mapping[UUID, Mapping[str, Any]]:
        return render_rows(organisation_id, conversation_ids, kind)

    def counts(self, organisation_id: UUID) -> Callable[[Audience], Mapping[str, Any]]:
        return Tally(count_groups(organisation_id)).for_audience

    def lines_of(self, organisation_id: UUID, conversation_ids: Collection[UUID]) -> dict[UUID, UUID]:
        if not conversation_ids:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(
                "select id, line_id from conversations_conversation where organisation_id = %s and id = any(%s)",
                [organisation_id, list(conversation_ids)],
            )
            return dict(cursor.fetchall())


def _of_settings(data: Mapping[str, Any]) -> dict[str, Any]:
    """Of which kind they are, for screens to know whether they show it; and whose, of an agent's skills and capacity
    and of how somebody has his desk. Everybody hears it: no line, link or person is named."""
    kind = data.get("kind")
    return {"kind": kind, **({"object_id": data.get("object_id")} if kind in ("agent", "desk", "bulk") else {})}


def _ids(events: Sequence[StoredEvent], field: str) -> set[UUID]:
    return {UUID(event.data[field]) for event in events if event.data.get(field) is not None}
