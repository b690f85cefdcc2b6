from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the writers: on a table of many millions of receipts a plain index would stop them for minutes."""

    atomic = False

    dependencies = [("conversations", "0010_attachments")]

    operations = [
        AddIndexConcurrently(
            model_name="receipt",
            index=models.Index(
                fields=["attempt_id"], name="receipt_of_attempt", condition=models.Q(attempt_id__isnull=False)
            ),
        ),
    ]
