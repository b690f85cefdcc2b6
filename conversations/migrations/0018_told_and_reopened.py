"""What a subscriber was told of the next opening; when a closed conversation was opened again. No row is rewritten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0017_hours")]

    operations = [
        migrations.AddField("conversation", "told_opens_at", models.DateTimeField(null=True)),
        migrations.AddField("conversation", "reopened_at", models.DateTimeField(null=True)),
    ]
