"""One row for each measured stretch of time. Every figure on every screen is a sum, count or percentile of these."""

from __future__ import annotations

from django.db import models

from common.ids import uuid7


class IntervalKind(models.TextChoices):
    WAIT = "wait"  # queued -> assigned, or left the queue otherwise
    BOT = "bot"  # opened -> handed over or closed by the bot
    HANDLE = "handle"  # assigned to a person, or awake again -> released, asleep or closed
    HOLD = "hold"  # put aside by its owner -> awake again, released or closed
    FIRST_RESPONSE = "first_response"  # the first text that a person must answer -> that person's first answer
    RESPONSE = "response"  # each later unanswered text -> the next answer of a person
    STATE = "state"  # an agent's declared state
    RESOLUTION = "resolution"  # opened -> closed
    OFFER = "offer"  # offered for the first time since it was queued -> accepted, or no longer offered
    RING = "ring"  # one offer: made -> accepted, declined, timed out, withdrawn
    FOCUS = "focus"  # before its owner's eyes: the part of the handling that he gave to it alone
    WRAP_UP = "wrap_up"  # closed -> its agent is done with it


class Interval(models.Model):
    """Ids are plain: this package lies below those that own them, and a figure outlives an erased conversation."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation_id = models.UUIDField()
    kind = models.CharField(max_length=16, choices=IntervalKind.choices)
    conversation_id = models.UUIDField(null=True)
    line_id = models.UUIDField(null=True)
    queue_id = models.UUIDField(null=True)
    agent_id = models.UUIDField(null=True)
    label = models.CharField(max_length=40, default="")  # the agent's state; how a wait ended; met or late
    detail = models.CharField(max_length=80, default="", db_default="")  # the state's reason; why an offer was declined
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    wall_seconds = models.FloatField()
    business_seconds = models.FloatField()  # of opening, where it was (routing/hours.py); else wall_seconds
    is_logged = models.BooleanField(default=False, db_default=False)  # the event log has its fact; older ones have none

    class Meta:
        indexes = [
            models.Index(fields=["organisation_id", "kind", "ended_at"], name="interval_kind_ended"),
            models.Index(fields=["organisation_id", "agent_id", "ended_at"], name="interval_agent_ended"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(ended_at__gte=models.F("started_at")), name="interval_forwards"),
        ]


class Remark(models.Model):
    """Words that a person gave as a stretch's detail: why he declined, what he is away for. The event log holds no
    words, so it names them by this id. Two of the same words do no harm."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation_id = models.UUIDField()
    words = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["organisation_id", "words"], name="remark_words")]
