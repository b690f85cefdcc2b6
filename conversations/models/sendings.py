"""New texts: what somebody asked to send and to whom, and the applications that may ask."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts.models import Organisation
from common.ids import uuid7
from conversations.models.lines import Line


class ApiToken(models.Model):
    """What a client's application proves itself with. The token itself is shown once and stored nowhere."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    hint = models.CharField(max_length=8)  # its last signs, to tell one from another
    # SHA-256: of 256 random bits there is nothing to guess, and each call looks one up.
    digest = models.BinaryField(unique=True)
    lines = models.ManyToManyField(Line, related_name="+")  # that it may send from; none other
    per_minute = models.PositiveIntegerField()  # texts
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True)  # to within a minute
    revoked_at = models.DateTimeField(null=True)  # for good

    class Meta:
        # One that is revoked leaves its name to the next.
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"], name="apitoken_name_once", condition=models.Q(revoked_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.name


class Sending(models.Model):
    """One request to send a text to some numbers, under a key: whoever asks again gets what came of the first.

    Kept 90 days with its recipients (conversations/sendings.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    scope = models.CharField(max_length=50)  # whose key it is: "user:<id>", "token:<id>"
    key = models.CharField(max_length=200)
    fingerprint = models.BinaryField()  # of all that was asked: another text under this key is refused
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        # A double click, a retry whose answer was lost: the second waits for the first, then finds its row.
        constraints = [models.UniqueConstraint(fields=["organisation", "scope", "key"], name="sending_key_once")]


class Recipient(models.Model):
    """One number of a Sending: the id by which an application asks what became of the text."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    sending = models.ForeignKey(Sending, on_delete=models.CASCADE, related_name="recipients", db_index=False)
    place = models.SmallIntegerField()  # 0.. in the order of the request, without what stood there twice
    number = models.CharField(max_length=254)  # E.164; as given where it is no number
    settled_at = models.DateTimeField(null=True)  # null: nothing has been decided about it yet
    refusal = models.CharField(max_length=32, default="", db_default="")  # the code; empty: its text is stored
    facts = models.JSONField(default=dict, db_default={})  # of the refusal
    conversation_id = models.UUIDField(null=True)  # where the text stands, or what stands in its way
    message_id = models.UUIDField(null=True)
    is_kept = models.BooleanField(default=False, db_default=False)  # the sender owns the conversation

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sending", "place"], name="recipient_once")]
        # Those of a request that was cut off: hardly any.
        indexes = [models.Index(fields=["sending"], name="recipient_unsettled", condition=models.Q(settled_at=None))]
