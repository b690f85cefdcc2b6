"""The outbox: what leaves, each try of it, and what operators report."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Organisation
from common.ids import uuid7
from conversations.models.lines import Line, Link
from conversations.models.talk import Conversation


class DeliveryState(models.IntegerChoices):
    """What has happened in the world. Only moves to a higher `rank`; a final state never changes."""

    QUEUED = 0, "queued"  # stored; nobody has taken it
    SENDING = 1, "sending"  # claimed: an attempt is committed, the socket may or may not have been written
    UNKNOWN = 2, "unknown"  # written or perhaps written, and no answer: never resent by itself
    SENT = 3, "sent"  # the operator answered with an id
    DELIVERED = 4, "delivered"  # the handset has it, says the operator
    FAILED = 5, "failed"  # refused for good
    EXPIRED = 6, "expired"  # the operator gave up

    @property
    def rank(self) -> int:
        return min(self.value, 4)


def judged(state: DeliveryState, doubted: bool) -> DeliveryState:
    """The state as people are told it, of `Delivery.state` and `Delivery.doubted`."""
    return DeliveryState.UNKNOWN if doubted and state == DeliveryState.SENT else state


# The same, of a delivery called `d`.
JUDGED = "case when d.state = 3 and d.doubted then 2 else d.state end"


class Delivery(models.Model):
    """The outbox row of an outgoing message: it is the queue. Partitioned by month on its key, the message's id."""

    message_id = models.UUIDField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+", db_index=False)
    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=254)  # the line's address
    destination = models.CharField(max_length=254)  # the subscriber's
    lane = models.SmallIntegerField()  # 0 people and one-time codes, 1 bot, 2 campaigns: smallest first
    encoding = models.CharField(max_length=8)
    parts = models.SmallIntegerField()
    submits = models.SmallIntegerField(null=True)  # attempts that it takes; null: one for each part
    reference = models.IntegerField()  # the number that joins the parts of a long text, 0..65535
    state = models.SmallIntegerField(choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    due_at = models.DateTimeField(db_default=Now())
    error_code = models.CharField(max_length=16, default="", db_default="")
    error_text = models.CharField(max_length=200, default="", db_default="")
    updated_at = models.DateTimeField(db_default=Now())
    regardless = models.BooleanField(default=False, db_default=False)  # of an opt-out: what confirms it, and no more
    # Why it leaves by this link (conversations/paths.py); "moved": another was down. A trigger refuses to move what
    # may have been written (delivery_stays).
    path = models.CharField(max_length=8, default="", db_default="")
    # What the subscriber was called when it was written: he may be renamed since.
    name = models.CharField(max_length=200, default="", db_default="")
    # A receipt of one of its parts said neither delivered nor failed nor on its way. `state` stays as it is, so that a
    # later receipt still counts; the history calls what is both SENT and doubted in error.
    doubted = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [
            # What has not arrived, for the history: few among many.
            models.Index(
                fields=["organisation", "message_id"],
                name="delivery_not_arrived",
                condition=Q(state__in=[2, 5, 6]) | Q(state=3, doubted=True),
            ),
            models.Index(fields=["link", "lane", "message_id"], name="delivery_ready", condition=Q(state=0)),
            models.Index(fields=["link", "updated_at"], name="delivery_under_way", condition=Q(state=1)),
            # What is still before an answer in its conversation: asked for each one that is claimed.
            models.Index(
                fields=["conversation", "message_id"], name="delivery_in_order", condition=Q(state__in=[0, 1])
            ),
            models.Index(fields=["link", "updated_at"], name="delivery_unknown", condition=Q(state=2)),
            # What of a conversation did not arrive, for lists: few among many.
            models.Index(
                fields=["conversation", "message_id"], name="delivery_failed_of", condition=Q(state__in=[5, 6])
            ),
        ]


class Attempt(models.Model):
    """Each try to hand one part to a provider; committed before the socket is written. Partitioned by month on `id`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation_id = models.UUIDField()
    message_id = models.UUIDField()
    link_id = models.UUIDField()
    part = models.SmallIntegerField()  # 1..parts
    epoch = models.BigIntegerField()  # of the link's lease: which owner wrote
    state = models.SmallIntegerField(choices=DeliveryState.choices, default=DeliveryState.SENDING)
    provider_id = models.CharField(max_length=200, default="", db_default="")  # verbatim
    error_code = models.CharField(max_length=16, default="", db_default="")
    error_text = models.CharField(max_length=200, default="", db_default="")
    requested_at = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(null=True)
    withdrawn = models.BooleanField(default=False, db_default=False)  # surely not written: does not count

    class Meta:
        indexes = [
            models.Index(fields=["message_id"], name="attempt_message"),
            models.Index(fields=["link_id", "epoch"], name="attempt_under_way", condition=Q(state=1)),
        ]


class ProviderKey(models.Model):
    """Where a receipt's id leads. Not unique: operators use their numbers again; the newest of the address wins."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    link_id = models.UUIDField()
    key = models.CharField(max_length=200)
    attempt_id = models.UUIDField()
    message_id = models.UUIDField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["link_id", "key"], name="providerkey_lookup")]


class Receipt(models.Model):
    """Every receipt as it came, matched or parked: one may arrive before the answer that names its id."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    link_id = models.UUIDField()
    keys = models.JSONField()  # spellings of the provider's id, best first
    address = models.CharField(max_length=254)
    state = models.SmallIntegerField(choices=DeliveryState.choices)
    error = models.CharField(max_length=40, default="")
    text = models.TextField(default="")
    raw = models.BinaryField(default=b"")
    received_at = models.DateTimeField(db_default=Now())
    attempt_id = models.UUIDField(null=True)  # null: parked

    class Meta:
        indexes = [
            models.Index(fields=["link_id", "received_at"], name="receipt_parked", condition=Q(attempt_id=None)),
            # How a text left, asked by whoever looks at its tick.
            models.Index(fields=["attempt_id"], name="receipt_of_attempt", condition=Q(attempt_id__isnull=False)),
        ]
