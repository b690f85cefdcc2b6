"""An offer may be a transfer: it has a sender, and perhaps a note. Queues may ask for who had a person last.
Consults."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_schedules"),
        ("contacts", "0003_lists_tags_attributes"),
        ("conversations", "0020_preferred_agent"),
        ("routing", "0013_workflow"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("offer", "note_seq", models.IntegerField(null=True)),
        migrations.AddField(
            "offer",
            "sender",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            "offer",
            models.Index(
                condition=models.Q(("sender__isnull", False), ("state", "pending")),
                fields=["sender"],
                name="offer_sent",
            ),
        ),
        migrations.AddField("queue", "sticky_days", models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.AddField("queue", "reopen_min", models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.AddField("queue", "sticky_s", models.PositiveSmallIntegerField(db_default=30, default=30)),
        migrations.CreateModel(
            name="LastAgent",
            fields=[
                (
                    "contact",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="contacts.contact",
                    ),
                ),
                ("line_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Consult",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("line_id", models.UUIDField()),
                ("note_seq", models.IntegerField()),
                ("asked_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "asker",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "colleague",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="conversations.conversation",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at__isnull", True)), fields=["colleague"], name="consult_asked"
                    ),
                    models.Index(
                        condition=models.Q(("ended_at__isnull", True)), fields=["asker"], name="consult_asking"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)), fields=("conversation",), name="consult_once"
                    )
                ],
            },
        ),
    ]
