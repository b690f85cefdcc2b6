"""The answers of one conversation leave in their order: which of them are still before one must be cheap to ask."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0004_alarms")]
    operations = [
        migrations.AddIndex(
            "delivery",
            models.Index(
                fields=["conversation", "message_id"],
                name="delivery_in_order",
                condition=models.Q(state__in=[0, 1]),
            ),
        ),
    ]
