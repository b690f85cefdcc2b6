"""What an installation has made of its bots: versions, what was understood, what people say was meant, rehearsals."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Organisation, User
from common.ids import uuid7


class Version(models.Model):
    """`edits`: bots.workshop.edits, to the shipped bot. At most one of a bot is open, and at most one is published."""

    class State(models.TextChoices):
        DRAFT = "draft"  # it may be changed; its sentences may be published, its phrases have to be learnt first
        TRAINING = "training"
        READY = "ready"  # learnt and judged: `figures` say how
        FAILED = "failed"  # `trouble` says why
        PUBLISHED = "published"  # the organisation's lines talk with it
        RETIRED = "retired"  # was published once, and may be again

    OPEN = (State.DRAFT, State.TRAINING, State.READY, State.FAILED)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    bot = models.CharField(max_length=64)
    number = models.PositiveIntegerField()  # from 1; 0 is the shipped bot, which has no row
    based_on = models.PositiveIntegerField(default=0)
    edits = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)  # goes up with each change of the edits
    note = models.CharField(max_length=200, default="", blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    figures = models.JSONField(default=dict)
    trouble = models.CharField(max_length=300, default="", blank=True)
    job_id = models.UUIDField(null=True)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    published_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "bot", "number"], name="workshop_version_once"),
            models.UniqueConstraint(
                fields=["organisation", "bot"], condition=Q(state="published"), name="workshop_published_once"
            ),
            models.UniqueConstraint(
                fields=["organisation", "bot"],
                condition=Q(state__in=["draft", "training", "ready", "failed"]),
                name="workshop_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bot} {self.number}"


class TurnTaken(models.Model):
    """One turn of a bot, as it was decided on. No text: that is the message's, and goes with it."""

    class Outcome(models.TextChoices):
        ANSWERED = "answered"
        CLARIFIED = "clarified"  # not sure: asked what was meant
        HANDED_OVER = "handed_over"
        KEPT_BACK = "kept_back"  # the bot had an answer and something else forbade it

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation_id = models.UUIDField()
    seq = models.BigIntegerField()  # of the conversation's last text then
    line_id = models.UUIDField()
    bot = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=0)
    language = models.CharField(max_length=5, default="")
    intent = models.CharField(max_length=80, default="")  # "": not sure
    best = models.CharField(max_length=80, default="")
    confidence = models.FloatField()
    ranking = models.JSONField(default=list)  # [[intent, confidence]], at most five
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    reason = models.CharField(max_length=24, default="")  # of a handover
    mood = models.CharField(max_length=12, default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "bot", "at"], name="workshop_turn_by_day"),
            models.Index(fields=["organisation", "conversation_id"], name="workshop_turn_of_talk"),
            models.Index(fields=["at"], name="workshop_turn_forgotten"),
        ]

    def __str__(self) -> str:
        return f"{self.bot} {self.outcome}"


class Label(models.Model):
    """What somebody says that the text of a turn meant.

    `phrase`: the words to learn from, without numbers and names. `is_kept_apart`: by a hash of the words, one in five;
    such ones judge candidates, and nothing is ever trained on them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    turn = models.OneToOneField(TurnTaken, on_delete=models.SET_NULL, null=True, related_name="label")
    bot = models.CharField(max_length=64)
    language = models.CharField(max_length=5)
    intent = models.CharField(max_length=80, default="")  # "": skipped
    taken_for = models.CharField(max_length=80, default="")  # what the bot's best guess was
    version = models.PositiveIntegerField(default=0)  # that guessed
    phrase = models.CharField(max_length=300, default="")
    is_kept_apart = models.BooleanField(default=False)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["organisation", "bot", "at"], name="workshop_label_of_bot")]

    def __str__(self) -> str:
        return f"{self.bot} {self.intent}"


class Rehearsal(models.Model):
    """A conversation that must go the same way with every candidate.

    `steps`: [{"text", "intent", "says", "hands_over"}]; a key that is left out is not asked about.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    bot = models.CharField(max_length=64)
    name = models.CharField(max_length=80)
    language = models.CharField(max_length=5)
    steps = models.JSONField(default=list)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "bot", "name"], name="workshop_rehearsal_once")]

    def __str__(self) -> str:
        return f"{self.bot} {self.name}"
