"""Targets of queues and lines, the deadlines that run by them, and what was told of those."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import common.ids

KINDS = [("first", "First"), ("next", "Next"), ("resolution", "Resolution")]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_schedules"),
        ("conversations", "0017_hours"),
        ("routing", "0008_front_filter"),
    ]

    operations = [
        migrations.CreateModel(
            name="Targets",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("first_s", models.PositiveIntegerField(null=True)),
                ("next_s", models.PositiveIntegerField(null=True)),
                ("resolution_s", models.PositiveIntegerField(null=True)),
                ("is_business", models.BooleanField(default=True)),
                ("warn_percent", models.PositiveSmallIntegerField(default=50)),
                (
                    "line",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="conversations.line",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.organisation"
                    ),
                ),
                (
                    "queue",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="targets",
                        to="routing.queue",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("line__isnull", True), ("queue__isnull", False))
                        | models.Q(("line__isnull", False), ("queue__isnull", True)),
                        name="targets_of_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("warn_percent__gte", 1), ("warn_percent__lte", 99)),
                        name="targets_warn_before",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Deadline",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("organisation_id", models.UUIDField()),
                ("line_id", models.UUIDField()),
                ("queue_id", models.UUIDField(null=True)),
                ("kind", models.CharField(choices=KINDS, max_length=10)),
                ("since", models.DateTimeField()),
                ("warn_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("tell_at", models.DateTimeField(null=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="conversations.conversation",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("tell_at__isnull", False)), fields=["tell_at"], name="deadline_to_tell"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("conversation", "kind"), name="deadline_once")],
            },
        ),
        migrations.CreateModel(
            name="TargetEvent",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("organisation_id", models.UUIDField()),
                ("conversation_id", models.UUIDField()),
                ("line_id", models.UUIDField()),
                ("queue_id", models.UUIDField(null=True)),
                ("agent_id", models.UUIDField(null=True)),
                ("kind", models.CharField(choices=KINDS, max_length=10)),
                ("what", models.CharField(choices=[("near", "Near"), ("missed", "Missed")], max_length=6)),
                ("since", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [models.Index(fields=["organisation_id", "at"], name="targetevent_at")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("conversation_id", "kind", "since", "what"), name="targetevent_once"
                    )
                ],
            },
        ),
    ]
