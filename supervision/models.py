"""Files of the history that somebody has asked for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts.models import Organisation
from common.ids import uuid7


class Form(models.TextChoices):
    CSV = "csv"
    XLSX = "xlsx"


class Export(models.Model):
    """One file: what was asked for, and how it came out. How far it is stands at its job. For its owner alone.

    Kept supervision.exports.KEPT_DAYS, then forgotten with its octets.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    job_id = models.UUIDField(null=True)  # jobs.Job, which is forgotten later than the file
    form = models.CharField(max_length=4, choices=Form.choices)
    language = models.CharField(max_length=5)  # of its heads and words
    filters = models.JSONField(default=dict)  # supervision.filters.Asked, as JSON
    rows = models.IntegerField(default=0, db_default=0)
    octets = models.BigIntegerField(default=0, db_default=0)
    is_cut = models.BooleanField(default=False, db_default=False)  # there were more texts than a file takes
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["organisation", "owner", "-id"], name="export_newest")]

    def __str__(self) -> str:
        return f"{self.form} {self.id}"


class ExportPart(models.Model):
    """A piece of a file: so that neither who writes it nor who sends it holds more than one in memory."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts", db_index=False)
    number = models.IntegerField()
    content = models.BinaryField()
    pk = models.CompositePrimaryKey("export_id", "number")

    def __str__(self) -> str:
        return f"{self.export_id} {self.number}"
