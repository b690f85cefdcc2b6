"""What agents keep ready to say: canned replies, texts that are being written, and texts that leave later."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Organisation, Team, User
from common.ids import uuid7
from conversations.models import Conversation, Line

LONGEST_BODY = 1000  # characters of a canned reply in one language: ten short messages are 1,530 at most


class Scope(models.TextChoices):
    PERSONAL = "personal"  # its owner's alone
    TEAM = "team"
    ALL = "all"


class RepliesSettings(models.Model):
    """`shares_drafts`: whoever takes a conversation over reads what its owner was writing. Off unless wanted: a draft
    is what somebody has not decided to say."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    shares_drafts = models.BooleanField(default=False)


class CannedReply(models.Model):
    """A text to put in, with {variables}. `lines`: those that it is for; none: all."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    scope = models.CharField(max_length=8, choices=Scope.choices)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    shortcut = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    fr = models.CharField(max_length=LONGEST_BODY, default="", blank=True)
    en = models.CharField(max_length=LONGEST_BODY, default="", blank=True)
    tags = models.TextField(default="", blank=True)  # one a line
    lines = models.ManyToManyField(Line, related_name="+", blank=True)
    uses = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="personal", owner__isnull=False, team__isnull=True)
                | Q(scope="team", owner__isnull=True, team__isnull=False)
                | Q(scope="all", owner__isnull=True, team__isnull=True),
                name="canned_scope_whose",
            ),
            models.CheckConstraint(condition=~Q(fr="") | ~Q(en=""), name="canned_says_something"),
            models.UniqueConstraint(
                fields=["organisation", "shortcut"], name="canned_once_all", condition=Q(scope="all")
            ),
            models.UniqueConstraint(fields=["team", "shortcut"], name="canned_once_team", condition=Q(scope="team")),
            models.UniqueConstraint(
                fields=["owner", "shortcut"], name="canned_once_owner", condition=Q(scope="personal")
            ),
        ]
        indexes = [models.Index(fields=["organisation", "scope"], name="canned_of_organisation")]

    def __str__(self) -> str:
        return self.shortcut


class CannedUse(models.Model):
    """How often an agent has put a canned reply in: what he uses most stands first."""

    pk = models.CompositePrimaryKey("user_id", "reply_id")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    reply = models.ForeignKey(CannedReply, on_delete=models.CASCADE, related_name="+")
    count = models.PositiveIntegerField(default=0)


class DraftMode(models.TextChoices):
    REPLY = "reply"
    NOTE = "note"


class Draft(models.Model):
    """What an agent is writing. An answer and a note are two rows: neither can become the other.

    An empty text is a row, too, until it is swept: a save that comes late, of what has been sent since, finds it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    mode = models.CharField(max_length=5, choices=DraftMode.choices)
    text = models.TextField(default="")
    browser = models.UUIDField()  # that wrote it last
    edit = models.BigIntegerField()  # its own number of this state of the text: of two the higher is the newer
    revision = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation", "mode"], name="draft_once")]
        indexes = [models.Index(fields=["at"], name="draft_oldest")]


class ScheduledState(models.TextChoices):
    PENDING = "pending"
    SENT = "sent"  # final: it is a message of the conversation
    CANCELLED = "cancelled"  # final: its author did
    UNSENT = "unsent"  # final: `reason` says why


class ScheduledReply(models.Model):
    """An answer that leaves at its time, once: the row and the message change in one transaction."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    client_id = models.UUIDField()  # the desk's name of the request, and then of the message
    body = models.TextField()
    at = models.DateTimeField()
    unless_answered = models.BooleanField(default=True)  # it stays here when the subscriber writes first
    seen = models.PositiveIntegerField()  # the highest number on the author's screen: a higher incoming text is "first"
    state = models.CharField(max_length=9, choices=ScheduledState.choices, default=ScheduledState.PENDING)
    reason = models.CharField(max_length=40, default="", blank=True)
    message_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "client_id"], name="scheduled_reply_once"),
            models.CheckConstraint(
                condition=Q(state="sent", message_id__isnull=False) | ~Q(state="sent"), name="scheduled_reply_sent"
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "state"], name="scheduled_reply_of"),
        ]
