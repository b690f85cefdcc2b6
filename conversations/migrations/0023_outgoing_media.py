"""What leaves with a text stands beside what came with one: a draft of its author until then. How long both are kept
is the organisation's to say."""

import django.db.models.deletion
from django.db import migrations, models

STATES = [
    ("draft", "Draft"),
    ("waiting", "Waiting"),
    ("there", "There"),
    ("refused", "Refused"),
    ("gone", "Gone"),
    ("expired", "Expired"),
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_schedules"), ("conversations", "0021_snooze")]

    operations = [
        migrations.AddField("attachment", "octets", models.IntegerField(db_default=0, default=0)),
        migrations.AlterField(
            "attachment",
            "state",
            models.CharField(choices=STATES, db_default="waiting", default="waiting", max_length=8),
        ),
        migrations.CreateModel(
            name="MediaPolicy",
            fields=[
                (
                    "organisation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.organisation",
                    ),
                ),
                ("keep_days", models.IntegerField(null=True)),
                ("sender_mb", models.IntegerField()),
            ],
        ),
        migrations.AddIndex(
            "recipient",
            models.Index(condition=models.Q(("settled_at", None)), fields=["sending"], name="recipient_unsettled"),
        ),
    ]
