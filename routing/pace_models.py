"""How fast agents and applications may send: one bucket for each (routing/pace.py)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from conversations.models import ApiToken


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
