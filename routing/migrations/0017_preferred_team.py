"""A queue may ask one of its teams first."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_schedules"),
        ("routing", "0016_ladder_start"),
    ]

    operations = [
        migrations.AddField(
            "queue",
            "preferred_team",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="accounts.team",
            ),
        ),
        migrations.AddField("queue", "preferred_team_s", models.PositiveSmallIntegerField(db_default=60, default=60)),
    ]
