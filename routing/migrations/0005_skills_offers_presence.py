"""Skills and levels, what a queue asks and how it hands out, offers, wrap-ups, and who is at his desk."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_tries"),
        ("conversations", "0015_weight_and_disposition"),
        ("routing", "0004_token_pace"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AgentMedium",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("medium", models.CharField(max_length=16)),
                ("capacity", models.PositiveSmallIntegerField()),
                ("load", models.SmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="AgentSkill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.PositiveSmallIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="DeskSeen",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Disposition",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("is_enabled", models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("line_id", models.UUIDField()),
                ("medium", models.CharField(max_length=16)),
                ("weight", models.PositiveSmallIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("timed_out", "Timed Out"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="pending",
                        max_length=16,
                    ),
                ),
                ("reason", models.CharField(default="", max_length=80)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="QueueSkill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("least", models.PositiveSmallIntegerField(default=0)),
                ("preferred", models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Reason",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("available", "Available"),
                            ("busy", "Busy"),
                            ("break", "Break"),
                            ("training", "Training"),
                            ("away", "Away"),
                            ("offline", "Offline"),
                            ("wrap_up", "Wrap Up"),
                            ("not_responding", "Not Responding"),
                            ("disconnected", "Disconnected"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "counts_as",
                    models.CharField(
                        choices=[("ready", "Ready"), ("work", "Work"), ("pause", "Pause"), ("absent", "Absent")],
                        max_length=8,
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("is_enabled", models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name="Skill",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("language", models.CharField(blank=True, default="", max_length=5)),
                ("is_enabled", models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name="WrapUp",
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
                ("line_id", models.UUIDField()),
                ("queue_id", models.UUIDField(null=True)),
                ("medium", models.CharField(max_length=16)),
                ("weight", models.PositiveSmallIntegerField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.AddField(
            model_name="agentstate",
            name="focus_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="agentstate",
            name="focus_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="agentstate",
            name="reason_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="agentstate",
            name="set_by",
            field=models.CharField(
                choices=[
                    ("self", "Self"),
                    ("supervisor", "Supervisor"),
                    ("missed", "Missed"),
                    ("wrap_up", "Wrap Up"),
                    ("idle", "Idle"),
                    ("disconnect", "Disconnect"),
                ],
                db_default="self",
                default="self",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="auto_accept",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="queue",
            name="disconnect_grace_s",
            field=models.PositiveSmallIntegerField(db_default=60, default=60),
        ),
        migrations.AddField(
            model_name="queue",
            name="dispositions_required",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="queue",
            name="full_reply",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="queue",
            name="language_level",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="queue",
            name="may_pull",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="queue",
            name="most_waiting",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="queue",
            name="on_disconnect",
            field=models.CharField(
                choices=[("keep", "Keep"), ("return", "Return")], db_default="keep", default="keep", max_length=8
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="points_per_minute",
            field=models.FloatField(db_default=1.0, default=1.0),
        ),
        migrations.AddField(
            model_name="queue",
            name="priority",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="queue",
            name="ring_s",
            field=models.PositiveSmallIntegerField(db_default=30, default=30),
        ),
        migrations.AddField(
            model_name="queue",
            name="strategy",
            field=models.CharField(
                choices=[
                    ("best_level", "Best Level"),
                    ("least_loaded", "Least Loaded"),
                    ("longest_idle", "Longest Idle"),
                ],
                db_default="best_level",
                default="best_level",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="teams",
            field=models.ManyToManyField(blank=True, related_name="queues", to="accounts.team"),
        ),
        migrations.AddField(
            model_name="queue",
            name="weight",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="queue",
            name="wrap_up_s",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="agentstate",
            name="state",
            field=models.CharField(
                choices=[
                    ("available", "Available"),
                    ("busy", "Busy"),
                    ("break", "Break"),
                    ("training", "Training"),
                    ("away", "Away"),
                    ("offline", "Offline"),
                    ("wrap_up", "Wrap Up"),
                    ("not_responding", "Not Responding"),
                    ("disconnected", "Disconnected"),
                ],
                default="offline",
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="queue",
            constraint=models.CheckConstraint(
                condition=models.Q(("weight__range", (1, 20))), name="queue_weight_in_range"
            ),
        ),
        migrations.AddConstraint(
            model_name="queue",
            constraint=models.CheckConstraint(
                condition=models.Q(("language_level__lte", 5)), name="queue_language_level"
            ),
        ),
        migrations.AddConstraint(
            model_name="queue",
            constraint=models.CheckConstraint(condition=models.Q(("ring_s__gte", 5)), name="queue_rings_a_while"),
        ),
        migrations.AddField(
            model_name="agentmedium",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="agentskill",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="disposition",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.organisation"
            ),
        ),
        migrations.AddField(
            model_name="disposition",
            name="queue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="dispositions", to="routing.queue"
            ),
        ),
        migrations.AddField(
            model_name="offer",
            name="conversation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="offers",
                to="conversations.conversation",
            ),
        ),
        migrations.AddField(
            model_name="offer",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.organisation"
            ),
        ),
        migrations.AddField(
            model_name="offer",
            name="queue",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="routing.queue"
            ),
        ),
        migrations.AddField(
            model_name="offer",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="queueskill",
            name="queue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="skills", to="routing.queue"
            ),
        ),
        migrations.AddField(
            model_name="reason",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.organisation"
            ),
        ),
        migrations.AddField(
            model_name="skill",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="skills", to="accounts.organisation"
            ),
        ),
        migrations.AddField(
            model_name="queueskill",
            name="skill",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="routing.skill"),
        ),
        migrations.AddField(
            model_name="agentskill",
            name="skill",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="agents", to="routing.skill"
            ),
        ),
        migrations.AddField(
            model_name="wrapup",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.organisation"
            ),
        ),
        migrations.AddField(
            model_name="wrapup",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="agentmedium",
            constraint=models.UniqueConstraint(fields=("user", "medium"), name="agent_medium_once"),
        ),
        migrations.AddConstraint(
            model_name="agentmedium",
            constraint=models.CheckConstraint(condition=models.Q(("load__gte", 0)), name="medium_load_not_negative"),
        ),
        migrations.AddConstraint(
            model_name="agentmedium",
            constraint=models.CheckConstraint(
                condition=models.Q(("load__lte", models.F("capacity"))), name="medium_load_within_capacity"
            ),
        ),
        migrations.AddConstraint(
            model_name="disposition",
            constraint=models.UniqueConstraint(fields=("queue", "name"), name="disposition_name_once"),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(condition=models.Q(("state", "pending")), fields=["expires_at"], name="offer_due"),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(condition=models.Q(("state", "pending")), fields=["user"], name="offer_ringing"),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(fields=["conversation"], name="offer_conversation"),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "pending")), fields=("conversation",), name="offer_pending_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("state", "pending")),
                    models.Q(models.Q(("state", "pending"), _negated=True), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="offer_ended_when_over",
            ),
        ),
        migrations.AddConstraint(
            model_name="reason",
            constraint=models.UniqueConstraint(fields=("organisation", "name"), name="reason_name_once"),
        ),
        migrations.AddConstraint(
            model_name="reason",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("available", "busy", "break", "training", "away", "offline"))),
                name="reason_state_declared",
            ),
        ),
        migrations.AddConstraint(
            model_name="reason",
            constraint=models.CheckConstraint(
                condition=models.Q(("counts_as__in", ["ready", "work", "pause", "absent"])), name="reason_counts_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="skill",
            constraint=models.UniqueConstraint(fields=("organisation", "name"), name="skill_name_once"),
        ),
        migrations.AddConstraint(
            model_name="skill",
            constraint=models.UniqueConstraint(
                condition=models.Q(("language", ""), _negated=True),
                fields=("organisation", "language"),
                name="skill_language_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="queueskill",
            constraint=models.UniqueConstraint(fields=("queue", "skill"), name="queue_skill_once"),
        ),
        migrations.AddConstraint(
            model_name="queueskill",
            constraint=models.CheckConstraint(
                condition=models.Q(("least__lte", 5), ("preferred__lte", 5)), name="queue_skill_levels"
            ),
        ),
        migrations.AddConstraint(
            model_name="agentskill",
            constraint=models.UniqueConstraint(fields=("user", "skill"), name="agent_skill_once"),
        ),
        migrations.AddConstraint(
            model_name="agentskill",
            constraint=models.CheckConstraint(condition=models.Q(("level__range", (1, 5))), name="agent_skill_level"),
        ),
    ]
