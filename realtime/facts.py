"""What the hub must know of an event without knowing what it means: whom it concerns.

The names of an event's fields say it: `line_id` and `conversation_id` name one conversation, `items` (each beginning
with line and conversation) several. The whole organisation hears only of kinds that declare it (Hears.EVERYBODY).
"""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from realtime.audience import Hears
from realtime.events import registry
from realtime.reading import StoredEvent

# A busy conversation is named hundreds of times a minute, and to read a UUID takes longer than to look it up.
_uuid = lru_cache(maxsize=8192)(UUID)


def conversations_in(event: StoredEvent) -> list[tuple[UUID, UUID]]:
    """(line, conversation) of each conversation that the event is about."""
    conversation_id = event.data.get("conversation_id")
    if conversation_id is not None:
        return [(_uuid(event.data["line_id"]), _uuid(conversation_id))]
    pairs = {(item[0], item[1]): None for item in event.data.get("items", ())}
    return [(_uuid(line_id), _uuid(conversation_id)) for line_id, conversation_id in pairs]


def for_everybody(event: StoredEvent) -> bool:
    """Whether the whole organisation may hear of it. A kind that this process does not know is for nobody."""
    kind = registry.get(event.type)
    return kind is not None and kind.hears == Hears.EVERYBODY


def former_owner(event: StoredEvent) -> UUID | None:
    """Whose list the conversation may just have left."""
    owner_id = event.data.get("previous_owner_id")
    return None if owner_id is None else UUID(owner_id)


def moves_between_lists(event: StoredEvent) -> bool:
    """Whether the conversation may have entered or left a queue, or the closed ones."""
    return event.type.startswith("conversation.")


# What these say gives nobody a right. Each cell of the skills table is an event of the first: they are many.
_NO_RIGHTS = frozenset({"agent", "skill", "reason", "disposition"})


def changes_rights(event: StoredEvent) -> bool:
    """Whether people, teams or lines may have changed: who may see what is looked up again at once."""
    return event.type == "settings.changed" and event.data.get("kind") not in _NO_RIGHTS
