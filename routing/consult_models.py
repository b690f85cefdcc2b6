"""Questions to a colleague about a conversation that stays its owner's (routing/consult.py)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organisation
from common.ids import uuid7
from conversations.models import Conversation


class Consult(models.Model):
    """An owner asks a colleague for advice; both write notes. Over when one of them says so, or the owner lets go."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    line_id = models.UUIDField()
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    colleague = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    note_seq = models.IntegerField()  # the question: a note of the conversation, by its number
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation"], name="consult_once", condition=Q(ended_at__isnull=True))
        ]
        indexes = [
            models.Index(fields=["colleague"], name="consult_asked", condition=Q(ended_at__isnull=True)),
            models.Index(fields=["asker"], name="consult_asking", condition=Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}: {self.asker_id} asks {self.colleague_id}"
