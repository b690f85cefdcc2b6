from django.db import migrations, models


class Migration(migrations.Migration):
    """Which lines have a front filter. A column with a default: no row is rewritten."""

    dependencies = [("conversations", "0015_weight_and_disposition")]

    operations = [
        migrations.AddField("line", "is_filtered", models.BooleanField(db_default=False, default=False)),
    ]
