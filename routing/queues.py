"""Which queue a line's conversations wait in, and what each of them weighs."""

from __future__ import annotations

from uuid import UUID

from conversations.models import Line
from routing.models import Queue

DEFAULT_NAME = "Service clients"


def queue_for(line: Line) -> Queue:
    """The line's own queue, else the organisation's first, else a new one: nobody waits nowhere."""
    if line.queue_id is not None:
        return Queue.objects.get(id=line.queue_id)
    found = Queue.objects.filter(organisation_id=line.organisation_id).order_by("-is_enabled", "id").first()
    if found is None:
        found, _ = Queue.objects.get_or_create(organisation_id=line.organisation_id, name=DEFAULT_NAME)
    return found


def weight_in(queue_id: UUID | None) -> int:
    """What a conversation of this queue takes of an agent's capacity, from now on; without a queue: 1."""
    found = None if queue_id is None else Queue.objects.filter(id=queue_id).values_list("weight", flat=True).first()
    return found or 1
