"""Since when a conversation climbs its queue's ladder, where it came to that queue later than its place says."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0021_snooze"),
        ("routing", "0015_silence"),
    ]

    operations = [
        migrations.CreateModel(
            name="LadderStart",
            fields=[
                (
                    "conversation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="conversations.conversation",
                    ),
                ),
                ("at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
