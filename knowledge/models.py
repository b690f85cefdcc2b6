"""What an organisation knows and lets be said: articles, each in languages, each language in versions."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.models import Organisation, User
from common.ids import uuid7
from conversations.models import Line

LONGEST_ANSWER = 480
USUAL_THRESHOLD = 0.9


class VersionState(models.TextChoices):
    """Whether a version is live is not kept: it follows from its times and those of the others (knowledge/live.py)."""

    DRAFT = "draft"  # being written; the only state in which its words change
    SUBMITTED = "submitted"  # somebody else is to approve it
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class KnowledgeSettings(models.Model):
    """How an organisation's articles are used. `revision` is raised by every change of what may be found, in its
    transaction: by it processes know whether what they hold in memory still counts."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    revision = models.PositiveIntegerField(default=0)
    bot_quotes = models.BooleanField(default=True)
    threshold = models.FloatField(default=USUAL_THRESHOLD)  # the least score, 0 to 1, at which the bot quotes
    # None: only where nobody else could.
    author_may_approve = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(threshold__gte=0.5) & Q(threshold__lte=1), name="knowledge_threshold_bounded"
            )
        ]


class Article(models.Model):
    """`lines`: those that it is for; none: all of the organisation."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=60)
    topic = models.CharField(max_length=60, default="", blank=True)
    tags = models.TextField(default="", blank=True)  # one a line
    lines = models.ManyToManyField(Line, related_name="+", blank=True)
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "key"], name="article_key_once")]

    def __str__(self) -> str:
        return self.key


class ArticleVersion(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="versions", db_index=False)
    language = models.CharField(max_length=5)
    number = models.PositiveSmallIntegerField()  # from 1, in its article and language
    title = models.CharField(max_length=120)
    questions = models.TextField(default="", blank=True)  # other ways to ask it, one a line
    body = models.TextField(default="", blank=True)  # for agents
    answer = models.CharField(max_length=LONGEST_ANSWER, default="", blank=True)  # what the bot may quote
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.DRAFT)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    judged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")  # approved or refused
    judged_at = models.DateTimeField(null=True)
    remark = models.CharField(max_length=300, default="", blank=True)  # why it was refused
    live_from = models.DateTimeField(null=True)
    live_until = models.DateTimeField(null=True)  # not included; None: until another takes its place

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "language", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["article", "language"],
                name="version_one_in_work",
                condition=Q(state__in=["draft", "submitted"]),
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(judged_by__isnull=False, live_from__isnull=False),
                name="version_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(live_until__isnull=True) | Q(live_until__gt=F("live_from")), name="version_times_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "live_from"], name="version_approved", condition=Q(state="approved"))
        ]

    def __str__(self) -> str:
        return f"{self.language} {self.number}"
