"""The front filter of a line, and who came to it."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from accounts.models import Organisation
from common.ids import uuid7
from contacts.models import Attribute, ContactList, Tag
from conversations.models import Conversation, Line


class FilterOutcome(models.TextChoices):
    """routing.front_filter.Outcome says what they mean."""

    ADMIT = "admit"
    QUEUE = "queue"
    ANSWER = "answer"
    BOT = "bot"


class WayFields(models.Model):
    """routing.front_filter.Way, as columns."""

    outcome = models.CharField(max_length=8, choices=FilterOutcome.choices, default=FilterOutcome.ADMIT)
    queue = models.ForeignKey("routing.Queue", on_delete=models.PROTECT, null=True, related_name="+")
    priority = models.SmallIntegerField(default=0)
    reply = models.CharField(max_length=480, default="", blank=True)
    bot_first = models.BooleanField(default=False)

    class Meta:
        abstract = True


class QuestionFields(models.Model):
    """routing.front_filter.Question, as columns."""

    kind = models.CharField(max_length=12)
    # What it asks for: nobody deletes it under the filter.
    contact_list = models.ForeignKey(ContactList, on_delete=models.PROTECT, null=True, related_name="+")
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, null=True, related_name="+")
    attribute = models.ForeignKey(Attribute, on_delete=models.PROTECT, null=True, related_name="+")
    compare = models.CharField(max_length=8, default="is")  # contacts.attributes.Compare
    value = models.CharField(max_length=300, default="", blank=True)
    words = models.JSONField(default=list)

    class Meta:
        abstract = True


class FrontFilter(WayFields):
    """Its own way is for whom no check holds. Line.is_filtered is its `is_enabled`, where the intake reads it."""

    line = models.OneToOneField(Line, on_delete=models.CASCADE, primary_key=True, related_name="front_filter")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    is_enabled = models.BooleanField(default=False)


class FrontCheck(WayFields, QuestionFields):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    filter = models.ForeignKey(FrontFilter, on_delete=models.CASCADE, related_name="checks", db_index=False)
    place = models.SmallIntegerField()  # from 1
    name = models.CharField(max_length=80, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["filter", "place"], name="frontcheck_place_once", deferrable=models.Deferrable.DEFERRED
            )
        ]


class Passage(models.Model):
    """A subscriber came to a front filter, and what became of him: one row a conversation, written once.

    Its key is the conversation's, which is made when the first text comes: it sorts by time. A row and no counter: two
    texts at once never wait for each other here. Counted by the day later (PassageDay), kept for a month.
    """

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    organisation_id = models.UUIDField()
    line_id = models.UUIDField()
    check_id = models.UUIDField(null=True)  # null: none held. No key: the row outlives the check
    place = models.SmallIntegerField(default=0)
    outcome = models.CharField(max_length=8, choices=FilterOutcome.choices)
    queue_id = models.UUIDField(null=True)
    priority = models.SmallIntegerField(default=0)
    reply = models.CharField(max_length=480, default="", db_default="")  # of outcome "bot": for when it hands over
    silence = models.CharField(max_length=16, default="", db_default="")  # why nothing was answered
    at = models.DateTimeField(db_default=Now())

    class Meta:
        # For the list of each outcome, newest first, and for the counts of a day.
        indexes = [
            models.Index(
                fields=["organisation_id", "line_id", "outcome", "-at", "-conversation"], name="passage_outcome"
            )
        ]


class PassageDay(models.Model):
    """How many a day, in the organisation's time zone. Kept for ever."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation_id = models.UUIDField()
    line_id = models.UUIDField()
    day = models.DateField()
    check_id = models.UUIDField(null=True)
    outcome = models.CharField(max_length=8, choices=FilterOutcome.choices)
    count = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation_id", "line_id", "day", "check_id", "outcome"], name="passageday_once",
                nulls_distinct=False,
            )
        ]  # fmt: skip


class PassagesCounted(models.Model):
    """Up to which day, not included, an organisation's passages stand in PassageDay."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    until = models.DateField()
