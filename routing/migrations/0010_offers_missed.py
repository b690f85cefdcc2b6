from django.db import migrations, models


class Migration(migrations.Migration):
    """Who declined or missed what in the last two minutes is asked by each glance of routing."""

    dependencies = [("routing", "0009_targets")]

    operations = [
        migrations.AddIndex(
            "offer",
            models.Index(
                condition=models.Q(("state__in", ["declined", "timed_out"])),
                fields=["organisation", "ended_at"],
                name="offer_missed",
            ),
        ),
    ]
