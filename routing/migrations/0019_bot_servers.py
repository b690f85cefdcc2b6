"""How the servers that talk for bots fare, for the health page."""

from django.db import migrations, models
from django.db.models.functions import Now

import common.ids


class Migration(migrations.Migration):
    dependencies = [("routing", "0018_passages_and_hours_of_queues")]

    operations = [
        migrations.CreateModel(
            name="BotServer",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("owner", models.CharField(max_length=80)),
                ("bot", models.CharField(max_length=64)),
                ("state", models.CharField(max_length=16)),
                ("error", models.CharField(default="", max_length=16)),
                ("since", models.DateTimeField(null=True)),
                ("until", models.DateTimeField(null=True)),
                ("facts", models.JSONField(default=dict)),
                ("updated_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("owner", "bot"), name="bot_server_once")],
            },
        ),
    ]
