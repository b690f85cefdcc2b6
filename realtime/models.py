"""The event log: what changed, in which order, for every screen that follows."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from common.ids import uuid7


class Event(models.Model):
    """One change. Numbered densely in its organisation, so that a client can prove that it missed nothing.

    Holds ids and facts, never a text, a name or a number: erasing a person need not touch the log.
    Partitioned by month, so (organisation, seq) cannot be unique here; `EventHead` alone guarantees density,
    and a checker proves it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation_id = models.UUIDField()
    seq = models.BigIntegerField()
    type = models.CharField(max_length=40)
    data = models.JSONField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["organisation_id", "seq"], name="event_seq")]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"


class EventHead(models.Model):
    """The last number given, one row per organisation.

    A table of its own: on the organisation's row every foreign key check would wait for this lock.
    """

    organisation_id = models.UUIDField(primary_key=True)
    head = models.BigIntegerField(default=0)
    epoch = models.BigIntegerField(default=1)  # raised when numbers may have been given twice (a restored copy)

    def __str__(self) -> str:
        return f"{self.organisation_id} at {self.head}"
