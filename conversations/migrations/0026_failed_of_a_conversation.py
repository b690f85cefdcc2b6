"""What has not arrived of a conversation, for the list: few among many. Beside the writers, month by month."""

from django.db import migrations, models

from common.partitioned import AddIndexToPartitions


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0003_schedules"), ("conversations", "0025_engine_of_a_line")]

    operations = [
        AddIndexToPartitions(
            "delivery",
            models.Index(
                condition=models.Q(("state__in", [5, 6])),
                fields=["conversation", "message_id"],
                name="delivery_failed_of",
            ),
        ),
    ]
