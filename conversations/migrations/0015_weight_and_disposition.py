"""How much of an agent's capacity a conversation takes, and what came of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0014_history"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="disposition_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="weight",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
    ]
