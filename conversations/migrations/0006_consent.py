"""What may be sent to somebody who wants nothing more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0005_in_order"), ("contacts", "0002_consent")]
    operations = [
        migrations.AddField("line", "answers_after_stop", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("delivery", "regardless", models.BooleanField(db_default=False, default=False)),
    ]
