"""Slow work that outlives any process, and who holds what.

A Celery task only rings for a Job row; losing the ring delays the job until the next sweep, and loses nothing.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from common.ids import uuid7


class JobState(models.TextChoices):
    WAITING = "waiting"  # due at `due_at`, nobody has it
    RUNNING = "running"  # a worker holds it until `lease_until`
    DONE = "done"  # final: `result` holds what came of it
    FAILED = "failed"  # final: tried `attempts` times, `error` says why
    CANCELLED = "cancelled"  # final: a person stopped it


class Job(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation_id = models.UUIDField(null=True)  # null: housekeeping of the whole installation
    owner_id = models.UUIDField(null=True)  # the user who asked, who may see and stop it
    kind = models.CharField(max_length=64)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=JobState.choices, default=JobState.WAITING)
    progress = models.FloatField(default=0)  # 0 to 1
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=5)
    due_at = models.DateTimeField(db_default=Now())
    lease_holder = models.CharField(max_length=80, default="")
    lease_until = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)
    error = models.TextField(default="")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="job_due", condition=models.Q(state="waiting")),
            models.Index(fields=["lease_until"], name="job_lease", condition=models.Q(state="running")),
            models.Index(fields=["organisation_id", "-id"], name="job_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class Schedule(models.Model):
    """A job made again and again. Two beats at once make it once: (schedule, due time) is unique in `ScheduledRun`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation_id = models.UUIDField(null=True)
    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=64)
    arguments = models.JSONField(default=dict)
    every_seconds = models.PositiveIntegerField()
    next_at = models.DateTimeField(db_default=Now())
    is_enabled = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class ScheduledRun(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="runs")
    due_at = models.DateTimeField()
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "due_at"], name="scheduled_once")]


class Lease(models.Model):
    """Who owns a thing that only one process may own, by the database's clock.

    `epoch` rises with each new owner; whatever the owner writes carries it, so a late writer is refused.
    """

    name = models.CharField(max_length=120, primary_key=True)  # "link:<uuid>", "routing:<organisation uuid>"
    owner = models.CharField(max_length=120)
    epoch = models.BigIntegerField(default=1)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} held by {self.owner}"
