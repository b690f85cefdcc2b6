"""What the bots' dialogue knows of a conversation while it lasts (`bots/dialogue/memory.py` has its shape)."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from accounts.models import Organisation
from conversations.models import Conversation


class Dialogue(models.Model):
    """Written with the decision that it belongs to, under the conversation's lock; gone when the conversation closes.
    It holds what a subscriber wrote (amounts, numbers, names of places): nothing of it is logged or put on a screen.
    """

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    memory = models.JSONField(default=dict)
    changed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.conversation_id)
