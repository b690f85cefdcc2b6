"""Where bots look things up, what they may ask there, and the one-time codes of what is sensitive."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from accounts.models import Organisation
from common.ids import uuid7
from conversations.models import Conversation

USUAL_ROWS, MOST_ROWS = 5, 20
USUAL_MS, LEAST_MS, MOST_MS = 1000, 100, 2000
MOST_CACHED_S = 300


class SourceKind(models.TextChoices):
    SQL = "sql"
    REST = "rest"


class Source(models.Model):
    """A system of the installation's own. `settings`: its address, by kind (source_settings.py); never a secret."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=SourceKind.choices)
    settings = models.JSONField(default=dict)
    secret = models.BinaryField(default=b"")  # sealed (common/secrets.py)
    connect_ms = models.IntegerField(default=500)
    is_enabled = models.BooleanField(default=True)
    revision = models.IntegerField(default=1)  # counts changes: what was opened or learnt before one is let go

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="lookup_source_name_once")]

    def __str__(self) -> str:
        return self.name


class Definition(models.Model):
    """One look-up: what is asked of a source, with which values, and within which bounds.

    `parameters`: values.Parameter as objects. `query`: of an SQL source. `method`, `path`, `body`, `rows_at` and
    `columns` ([{"name", "path"}]): of a REST source.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="look_ups")
    name = models.CharField(max_length=40)
    parameters = models.JSONField(default=list)
    query = models.TextField(default="", blank=True)
    method = models.CharField(max_length=4, default="GET", choices=[("GET", "GET"), ("POST", "POST")])
    path = models.CharField(max_length=500, default="", blank=True)
    body = models.TextField(default="", blank=True)
    rows_at = models.CharField(max_length=120, default="", blank=True)
    columns = models.JSONField(default=list)
    most_rows = models.SmallIntegerField(default=USUAL_ROWS)
    time_ms = models.IntegerField(default=USUAL_MS)
    cached_s = models.SmallIntegerField(default=0)
    is_sensitive = models.BooleanField(default=False)
    is_enabled = models.BooleanField(default=True)
    revision = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="lookup_name_once"),
            models.CheckConstraint(
                condition=models.Q(most_rows__range=(1, MOST_ROWS), time_ms__range=(LEAST_MS, MOST_MS))
                & models.Q(cached_s__range=(0, MOST_CACHED_S)),
                name="lookup_bounds",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Code(models.Model):
    """A one-time code that was sent to a subscriber. Nothing of it can be read back: neither code, nor number, nor what
    was asked; each stands here as a keyed hash. A day later it is gone (codes.py)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="+")
    number = models.BinaryField()
    asked = models.BinaryField()  # of which look-up, with which values
    code = models.BinaryField()
    tries = models.SmallIntegerField(default=0)
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)  # the right code came

    class Meta:
        indexes = [models.Index(fields=["organisation", "number", "made_at"], name="lookup_code_of_number")]


class Faring(models.Model):
    """What one process last said of a source: how its calls went (told.py)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+")
    owner = models.CharField(max_length=80)  # the process
    state = models.CharField(max_length=16)  # answering, failing, open
    error = models.CharField(max_length=16, default="")  # the kind of the last failure
    since = models.DateTimeField(null=True)  # it fails since; null: it does not
    until = models.DateTimeField(null=True)  # it is left alone until; null: it is not
    facts = models.JSONField(default=dict)  # counts since the process began
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "source"], name="lookup_faring_once")]
