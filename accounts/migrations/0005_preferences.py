"""What each person may set for himself, beside language and theme."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_security")]

    operations = [
        migrations.AddField("user", "density", models.CharField(max_length=8, default="roomy", db_default="roomy")),
        migrations.AddField("user", "single_keys", models.BooleanField(default=True, db_default=True)),
    ]
