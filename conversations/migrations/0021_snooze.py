"""A conversation sleeps until a time or a text, and knows when its subscriber was warned of its end. New columns, no row is rewritten."""

from django.db import migrations, models
from django.db.models import Q


def silent(*, warned: bool) -> Q:
    return Q(
        status__in=["open", "snoozed"], waiting_since__isnull=True, preview_kind="outgoing",
        callback_at__isnull=True, snoozed_until__isnull=True, silence_at__isnull=not warned,
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0020_preferred_agent"),
    ]

    operations = [
        migrations.AddField("conversation", "snoozed_at", models.DateTimeField(null=True)),
        migrations.AddField("conversation", "snoozed_until", models.DateTimeField(null=True)),
        migrations.AddField("conversation", "silence_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "conversation",
            models.CheckConstraint(
                condition=Q(status="snoozed", snoozed_at__isnull=False)
                | (~Q(status="snoozed") & Q(snoozed_at__isnull=True, snoozed_until__isnull=True)),
                name="conversation_sleeps_or_not",
            ),
        ),
        migrations.AddIndex(
            "conversation",
            models.Index(
                fields=["snoozed_until"],
                name="conversation_wakes",
                condition=Q(status="snoozed", snoozed_until__isnull=False),
            ),
        ),
        migrations.AddIndex(
            "conversation",
            models.Index(
                fields=["queue_id", "last_activity_at"], name="conversation_silent", condition=silent(warned=False)
            ),
        ),
        migrations.AddIndex(
            "conversation",
            models.Index(fields=["queue_id", "silence_at"], name="conversation_warned", condition=silent(warned=True)),
        ),
    ]
