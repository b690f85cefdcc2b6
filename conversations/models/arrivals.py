"""What comes in: keys that were seen, the octets, parts of long texts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from common.ids import uuid7
from conversations.models.lines import Link


class Seen(models.Model):
    """Transport evidence of what came in: asked first, so that a redelivered text changes nothing.

    The key is the operator's or the session's, never the text alone: a subscriber may truly send "1" twice.
    Primary key (link_id, key), made by hand in the migration. Kept 90 days.
    """

    pk = models.CompositePrimaryKey("link_id", "key")
    link_id = models.UUIDField()
    key = models.CharField(max_length=200)
    fingerprint = models.BinaryField(null=True)
    confirmed = models.BooleanField(default=False, db_default=False)  # the peer has shown life after our answer
    at = models.DateTimeField(db_default=Now())


class MessageKey(models.Model):
    """Ids that authors give: a browser's client id, an API caller's idempotency key. Kept 90 days."""

    pk = models.CompositePrimaryKey("organisation_id", "scope", "key")
    organisation_id = models.UUIDField()
    scope = models.CharField(max_length=80)  # "user:<id>", "api:<key id>"
    key = models.CharField(max_length=200)
    message_id = models.UUIDField()
    at = models.DateTimeField(db_default=Now())


class RawInbound(models.Model):
    """The bytes that came, as they came. Dropped by the month, after 30 days by default. Partitioned on `id`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    link_id = models.UUIDField()
    kind = models.CharField(max_length=12)  # text, part, receipt, unreadable
    key = models.CharField(max_length=200)
    payload = models.BinaryField()
    error = models.CharField(max_length=300, default="", db_default="")  # not empty: an alarm
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["link_id", "key"], name="rawinbound_key"),
            models.Index(fields=["link_id", "received_at"], name="rawinbound_alarm", condition=~Q(error="")),
        ]


class InboundPart(models.Model):
    """A part of a long text, durable before it is acknowledged; gone when the text is whole.

    A text that was shown with a gap names its message here: a part that comes late is put into it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="+")
    group = models.CharField(max_length=300)  # link, sender, recipient, reference, its size, total
    part = models.SmallIntegerField()
    total = models.SmallIntegerField()
    key = models.CharField(max_length=200)
    data = models.JSONField()  # what the adapter needs to join: coding, addresses
    payload = models.BinaryField()
    received_at = models.DateTimeField(db_default=Now())
    message_id = models.UUIDField(null=True)  # where it is shown; null: it waits for the others

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "group", "part"], name="inboundpart_once")]
