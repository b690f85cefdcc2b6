from django.db import migrations, models

from common.partitioned import AddIndexToPartitions


class Migration(migrations.Migration):
    """What the history of texts asks: by organisation and time, and what has not arrived.

    Beside the writers: on months of many millions of texts a plain index would stop them for minutes.
    """

    atomic = False

    dependencies = [("conversations", "0013_name_at_send_time")]

    operations = [
        AddIndexToPartitions(
            "message",
            models.Index(
                fields=["organisation", "id"],
                name="message_texts",
                condition=models.Q(("kind__in", ["incoming", "outgoing"])),
            ),
        ),
        AddIndexToPartitions(
            "delivery",
            models.Index(
                fields=["organisation", "message_id"],
                name="delivery_not_arrived",
                condition=models.Q(("state__in", [2, 5, 6])) | models.Q(("doubted", True), ("state", 3)),
            ),
        ),
    ]
