from django.db import migrations, models

from common.partitioned import AddIndexToPartitions


class Migration(migrations.Migration):
    """What the history of texts asks: by organisation and time, what has not arrived, and the name at the time.

    Beside the writers: on months of many millions of texts a plain index would stop them for minutes.
    """

    atomic = False

    dependencies = [("conversations", "0012_new_texts")]

    operations = [
        migrations.AddField("delivery", "name", models.CharField(db_default="", default="", max_length=200)),
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
                condition=models.Q(("state__in", [2, 5, 6])),
            ),
        ),
    ]
