"""How long a text of a line may be and how it is spared; texts handed over whole; late parts find their message.

Columns with a default of the database, or none: the partitioned table is not rewritten.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0006_consent")]
    operations = [
        migrations.AddField("line", "most_parts", models.PositiveSmallIntegerField(db_default=10, default=10)),
        migrations.AddField(
            "line",
            "saver",
            models.CharField(
                choices=[("ask", "Ask"), ("always", "Always"), ("never", "Never")],
                db_default="ask",
                default="ask",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            "line",
            models.CheckConstraint(
                condition=models.Q(("most_parts__gte", 1), ("most_parts__lte", 255)), name="line_most_parts"
            ),
        ),
        migrations.AddField("delivery", "submits", models.SmallIntegerField(null=True)),
        migrations.AddField("inboundpart", "message_id", models.UUIDField(null=True)),
    ]
