"""What the health page counts must cost nothing to count: deliveries of unknown outcome, and alarms about raw bytes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0003_parked_receipts")]
    operations = [
        migrations.AddIndex(
            "delivery",
            models.Index(fields=["link", "updated_at"], name="delivery_unknown", condition=models.Q(state=2)),
        ),
        migrations.AddIndex(
            "rawinbound",
            models.Index(fields=["link_id", "received_at"], name="rawinbound_alarm", condition=~models.Q(error="")),
        ),
    ]
