"""Where conversations wait, and what agents declared."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts.models import Organisation
from common.ids import uuid7
from conversations.models import ApiToken
from routing.filter_models import FrontCheck, FrontFilter, Passage, PassageDay, PassagesCounted  # noqa: F401


class Queue(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="queues")
    name = models.CharField(max_length=120)
    is_enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="queue_name_once")]

    def __str__(self) -> str:
        return self.name


class State(models.TextChoices):
    AVAILABLE = "available"  # takes new work up to capacity
    BUSY = "busy"  # works, takes nothing new
    BREAK = "break"  # away for a stated reason
    OFFLINE = "offline"  # not at work


class AgentState(models.Model):
    """What an agent declared, why, since when; and how much he holds.

    `load` is changed in the transaction that gives or takes a conversation: two routers, or a router and a click,
    cannot push it past `capacity`, because the database refuses.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="agent_state"
    )
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices, default=State.OFFLINE)
    reason = models.CharField(max_length=80, default="")
    since = models.DateTimeField(db_default=Now())
    capacity = models.PositiveSmallIntegerField(default=5)
    load = models.SmallIntegerField(default=0)
    last_assigned_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "load"], name="agent_available", condition=models.Q(state="available"))
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(load__gte=0), name="load_not_negative"),
            models.CheckConstraint(condition=models.Q(load__lte=models.F("capacity")), name="load_within_capacity"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.state}"


class SendingPace(models.Model):
    """How many texts an agent may still send at once (routing/pace.py): a bucket that fills by the minute.

    A row and not a counter in Redis, because each text costs money: a flush must not give anybody another minute's.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    tokens = models.FloatField()
    filled_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.tokens:g}"


class TokenPace(models.Model):
    """As SendingPace, for an application."""

    token = models.OneToOneField(ApiToken, on_delete=models.CASCADE, primary_key=True, related_name="+")
    tokens = models.FloatField()
    filled_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.token_id} {self.tokens:g}"
