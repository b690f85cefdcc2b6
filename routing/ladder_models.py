"""What was done for a conversation because it waited (routing/ladder.py), each deed once; and since when it climbs."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from common.ids import uuid7
from conversations.models import Conversation


class LadderTold(models.Model):
    """A deed of a ladder that was done, or settled without doing it. Written in the transaction that does it: two
    dispatchers, or one that dies in between, do it once. It lasts as long as the conversation, whichever queue it
    comes back to.

    `answer_after`: of an offered callback whose answer is still awaited, the number of the last message that was
    looked at.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=40)
    at = models.DateTimeField(db_default=Now())
    answer_after = models.IntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "key"], name="laddertold_once")]
        indexes = [models.Index(fields=["at"], name="laddertold_asked", condition=models.Q(answer_after__isnull=False))]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.key}"


class LadderStart(models.Model):
    """When a conversation that kept its place (`queued_at`) came to its queue: moved there while it waited, or woken.
    One that is older than `queued_at` means nothing any more. The index finds whose step comes due just now."""

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.at}"
