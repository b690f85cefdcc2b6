"""A waiting conversation may be kept for the agent who had this person last. New columns, no row is rewritten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0019_routed_lines")]

    operations = [
        migrations.AddField("conversation", "preferred_id", models.UUIDField(null=True)),
        migrations.AddField("conversation", "preferred_until", models.DateTimeField(null=True)),
    ]
