from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("routing", "0010_offers_missed")]

    operations = [
        migrations.AddField("agentstate", "is_idle", models.BooleanField(db_default=False, default=False)),
        migrations.AddField(
            "agentstate", "back_reason", models.CharField(db_default="", default="", max_length=80)
        ),
        migrations.AddField("agentstate", "back_reason_id", models.UUIDField(null=True)),
        migrations.AddField("queue", "full_since", models.DateTimeField(db_default=Now())),
    ]
