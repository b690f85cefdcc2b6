"""Queues close conversations whose subscribers answer no more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0021_snooze"),
        ("routing", "0014_transfer"),
    ]

    operations = [
        migrations.AddField("queue", "silence_h", models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.AddField("queue", "silence_close_h", models.PositiveSmallIntegerField(db_default=24, default=24)),
        migrations.AddField("queue", "silence_text", models.JSONField(blank=True, default=dict)),
    ]
