from django.db import migrations, models


class Migration(migrations.Migration):
    """Which lines have rules. A column with a default: no row is rewritten."""

    dependencies = [("conversations", "0018_told_and_reopened")]

    operations = [
        migrations.AddField("line", "is_routed", models.BooleanField(db_default=False, default=False)),
    ]
