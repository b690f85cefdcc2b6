"""Writing a conversation's own fields."""

from __future__ import annotations

from django.db.models import F

from conversations.models import Conversation


def set_fields(conversation: Conversation, **fields: object) -> None:
    """Write `fields` and raise the revision, here and in the database. The row is locked."""
    Conversation.objects.filter(id=conversation.id).update(revision=F("revision") + 1, **fields)
    for name, value in fields.items():
        setattr(conversation, name, value)
