"""Passages are listed outcome by outcome, and counted by when they were judged; queues may keep hours of their own."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_schedules"),
        ("routing", "0017_preferred_team"),
    ]

    operations = [
        migrations.RemoveIndex("passage", "passage_newest"),
        migrations.AddIndex(
            "passage",
            models.Index(
                fields=["organisation_id", "line_id", "outcome", "-at", "-conversation"], name="passage_outcome"
            ),
        ),
        migrations.AddField(
            "queue",
            "schedule",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.schedule"
            ),
        ),
    ]
