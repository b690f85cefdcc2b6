"""How the servers that talk for bots fare, as each process that asks them says (routing/bot_servers.py)."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from common.ids import uuid7


class BotServer(models.Model):
    """What one dispatcher last said of one bot's server: it belongs to the installation, like the server."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.CharField(max_length=80)  # the process
    bot = models.CharField(max_length=64)
    state = models.CharField(max_length=16)  # bots/remote/server.py, Facts
    error = models.CharField(max_length=16, default="")  # the kind of the last failure
    since = models.DateTimeField(null=True)  # it fails since; null: it does not
    until = models.DateTimeField(null=True)  # it is left alone until; null: it is not
    facts = models.JSONField(default=dict)  # counts since the process began
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "bot"], name="bot_server_once")]

    def __str__(self) -> str:
        return f"{self.bot} of {self.owner}: {self.state}"
