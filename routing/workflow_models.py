"""The rules of a line, and which of them a conversation came by."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from accounts.models import Organisation
from common.ids import uuid7
from conversations.models import Conversation, Line
from routing.filter_models import QuestionFields


class Workflow(models.Model):
    """Line.is_routed is its `is_enabled`, where the intake reads it. `revision` goes up with each change."""

    line = models.OneToOneField(Line, on_delete=models.CASCADE, primary_key=True, related_name="workflow")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    is_enabled = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.line_id} {self.revision}"


class Rule(models.Model):
    """routing.workflow.Rule, as columns. `wants`: [{"skill_id", "least", "preferred"}]. `ladder`: as
    routing.ladder.as_rows; null: the queue's own. A change reaches those who wait by it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="rules", db_index=False)
    place = models.SmallIntegerField()  # from 1
    name = models.CharField(max_length=80, default="", blank=True)
    is_enabled = models.BooleanField(default=True)
    queue = models.ForeignKey("routing.Queue", on_delete=models.PROTECT, related_name="+")
    priority = models.SmallIntegerField(default=0)
    wants = models.JSONField(default=list)
    ladder = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workflow", "place"], name="rule_place_once", deferrable=models.Deferrable.DEFERRED
            )
        ]

    def __str__(self) -> str:
        return f"{self.workflow_id} {self.place}"


class RuleCondition(QuestionFields):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="conditions", db_index=False)
    place = models.SmallIntegerField()  # from 1
    key = models.CharField(max_length=80, default="", blank=True)  # of an entity

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "place"], name="rulecondition_place_once")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.place}"


class Routed(models.Model):
    """By which rule a conversation came to its queue. What the rule asks holds while it waits in that very queue.

    Ids are plain: rules are changed and removed while conversations wait, and writing this locks nothing of theirs.
    """

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    organisation_id = models.UUIDField()
    rule_id = models.UUIDField()
    queue_id = models.UUIDField()
    priority = models.SmallIntegerField(default=0)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.conversation_id} by {self.rule_id}"
