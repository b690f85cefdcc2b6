"""What was promised to a subscriber and is due at a time."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Organisation
from common.ids import uuid7
from conversations.models.talk import Conversation


class TaskState(models.TextChoices):
    WAITING = "waiting"  # its time has not come
    DUE = "due"  # the dispatcher has put it before people
    DONE = "done"  # somebody has kept the promise
    CANCELLED = "cancelled"


class Task(models.Model):
    """A promised callback: opened by the dispatcher when the database's clock says so, whatever has become of the
    conversation by then (routing/callbacks.py). Its time stands on the conversation, too, for the lists."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="tasks", db_index=False)
    due_at = models.DateTimeField()
    note = models.CharField(max_length=300, default="", blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )  # null: promised by the after-hours answer or a ladder
    state = models.CharField(max_length=9, choices=TaskState.choices, default=TaskState.WAITING)
    made_at = models.DateTimeField(db_default=Now())
    opened_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            # Two who promise at once: the second moves the first one's promise.
            models.UniqueConstraint(
                fields=["conversation"], name="task_one_promise", condition=Q(state__in=["waiting", "due"])
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="task_due", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.due_at}"
