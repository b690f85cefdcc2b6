"""What is kept of a person beside his names and numbers: notes, a block, and which contacts were found to be one."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Organisation
from common.ids import uuid7


class PersonNote(models.Model):
    """What a colleague should know of a person, whatever the conversation. Its author alone may change it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="notes", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    body = models.CharField(max_length=2000)
    created_at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["contact", "-id"], name="personnote_newest")]


class Block(models.Model):
    """Nothing is decided about what this contact writes: it is stored, shown and left there.

    Each of his addresses bears `until` (Address.blocked_until); a block without end has FOR_EVER of contacts.blocking.
    """

    contact = models.OneToOneField("contacts.Contact", on_delete=models.CASCADE, primary_key=True, related_name="block")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    reason = models.CharField(max_length=300)
    until = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(db_default=Now())


class Merge(models.Model):
    """That two contacts are one person, and what `kept` was before: enough to take it back (contacts/merging.py)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    kept = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="+")
    gone = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="+", db_index=False)
    facts = models.JSONField()  # contacts.merging.Taken
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(db_default=Now())
    split_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    split_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Two who merge the same contact into two others at once: the second is refused.
            models.UniqueConstraint(fields=["gone"], name="merge_once", condition=Q(split_at__isnull=True)),
        ]


class RecordLink(models.Model):
    """Where the client's own system shows a person: https://crm.example/{number} (contacts/record_link.py)."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    name = models.CharField(max_length=60)
    template = models.CharField(max_length=500)
