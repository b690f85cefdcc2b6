"""What people keep of their own desks: saved views, the lines that they show, what they did to many at once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Organisation, Team
from common.ids import uuid7


class Sharing(models.TextChoices):
    PERSONAL = "personal"
    TEAM = "team"  # who is in `team`
    EVERYBODY = "everybody"  # of the organisation


class SavedView(models.Model):
    """A filter of the list under a name. What it shows to somebody is what he may see of it: it gives no right."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    sharing = models.CharField(max_length=9, choices=Sharing.choices, default=Sharing.PERSONAL)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=60)
    filter = models.JSONField(default=dict)  # inbox.filters.Filter.stored
    columns = models.JSONField(default=list)  # of inbox.views.COLUMNS
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sharing="team", team__isnull=False) | (~Q(sharing="team") & Q(team__isnull=True)),
                name="savedview_team_fits",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "sharing"], name="savedview_shared")]

    def __str__(self) -> str:
        return self.name


class DeskChoice(models.Model):
    """How one person has his desk; without a row, as it comes."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    line_ids = models.JSONField(null=True)  # the lines that his lists show; null: all that he may see
    views = models.JSONField(default=list)  # ids of saved views in his order; others follow, by name
    pinned = models.JSONField(default=list)  # ids of those that stand open beside the tabs


class BulkDeed(models.Model):
    """One thing done to many conversations, each in a transaction of its own, and what came of each.

    `id` is given by the browser: the same request again finds this row and does nothing twice.
    """

    id = models.UUIDField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    action = models.CharField(max_length=10)  # inbox.bulk.ACTIONS
    arguments = models.JSONField(default=dict)
    conversation_ids = models.JSONField(default=list)
    outcomes = models.JSONField(default=dict)  # by conversation: {"code": "" or why not, "before": what undo needs}
    job_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="bulkdeed_oldest")]
