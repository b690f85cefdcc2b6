"""How soon subscribers are to be answered, what of it runs, and what was missed."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from accounts.models import Organisation
from common.ids import uuid7
from conversations.models import Conversation, Line


class TargetKind(models.TextChoices):
    FIRST = "first"  # the first answer of a person: from the first text that nobody has answered
    NEXT = "next"  # each later one
    RESOLUTION = "resolution"  # the close: from the opening


class Targets(models.Model):
    """How soon subscribers are to be answered: of a queue, or of a line for what its queue says nothing of.

    Seconds; null: no such target. A warning comes at `warn_percent` of each.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    queue = models.OneToOneField("routing.Queue", on_delete=models.CASCADE, null=True, related_name="targets")
    line = models.OneToOneField(Line, on_delete=models.CASCADE, null=True, related_name="+")
    first_s = models.PositiveIntegerField(null=True)
    next_s = models.PositiveIntegerField(null=True)
    resolution_s = models.PositiveIntegerField(null=True)
    is_business = models.BooleanField(default=True)  # of the line's opening; else by the wall
    warn_percent = models.PositiveSmallIntegerField(default=50)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(queue__isnull=False, line__isnull=True)
                | models.Q(queue__isnull=True, line__isnull=False),
                name="targets_of_one",
            ),
            models.CheckConstraint(
                condition=models.Q(warn_percent__gte=1, warn_percent__lte=99), name="targets_warn_before"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id or self.line_id}"


class Deadline(models.Model):
    """A target that runs, of one conversation. `tell_at`: when the next is to be told of it; null: all has been.

    A table of its own, so that its index is no business of the intake, which writes the conversation for each text.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation_id = models.UUIDField()
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    line_id = models.UUIDField()
    queue_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=10, choices=TargetKind.choices)
    since = models.DateTimeField()
    warn_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tell_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "kind"], name="deadline_once")]
        indexes = [models.Index(fields=["tell_at"], name="deadline_to_tell", condition=models.Q(tell_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.kind} {self.due_at}"


class TargetEvent(models.Model):
    """That a target came near, or was missed: once, for reports. Ids are plain: it outlives an erased conversation,
    and writing it locks nothing that others hold."""

    class What(models.TextChoices):
        NEAR = "near"
        MISSED = "missed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation_id = models.UUIDField()
    conversation_id = models.UUIDField()
    line_id = models.UUIDField()
    queue_id = models.UUIDField(null=True)
    agent_id = models.UUIDField(null=True)  # who had it then
    kind = models.CharField(max_length=10, choices=TargetKind.choices)
    what = models.CharField(max_length=6, choices=What.choices)
    since = models.DateTimeField()
    due_at = models.DateTimeField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # Two dispatchers, or one that tells again after its targets were changed: told once.
            models.UniqueConstraint(fields=["conversation_id", "kind", "since", "what"], name="targetevent_once")
        ]
        indexes = [models.Index(fields=["organisation_id", "at"], name="targetevent_at")]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.kind} {self.what}"
