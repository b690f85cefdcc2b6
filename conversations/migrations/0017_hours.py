"""Lines keep hours; a conversation knows its next deadline and its promised callback. New columns, no row is rewritten."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_schedules"),
        ("conversations", "0016_filtered_lines"),
    ]

    operations = [
        migrations.AddField(
            "line",
            "schedule",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.schedule"
            ),
        ),
        migrations.AddField("line", "bot_after_hours", models.BooleanField(db_default=True, default=True)),
        migrations.AddField("line", "promises_callback", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("conversation", "told_closed_since", models.DateTimeField(null=True)),
        migrations.AddField("conversation", "next_deadline_at", models.DateTimeField(null=True)),
        migrations.AddField("conversation", "deadline_warn_at", models.DateTimeField(null=True)),
        migrations.AddField("conversation", "deadline_kind", models.CharField(db_default="", default="", max_length=10)),
        migrations.AddField("conversation", "callback_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="AfterHoursText",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("language", models.CharField(max_length=5)),
                ("body", models.CharField(max_length=480)),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="conversations.line"
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
                "constraints": [models.UniqueConstraint(fields=("line", "language"), name="afterhourstext_once")],
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("due_at", models.DateTimeField()),
                ("note", models.CharField(blank=True, default="", max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("due", "Due"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("opened_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tasks",
                        to="conversations.conversation",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    models.Index(condition=models.Q(("state", "waiting")), fields=["due_at"], name="task_due")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["waiting", "due"])),
                        fields=("conversation",),
                        name="task_one_promise",
                    )
                ],
            },
        ),
    ]
