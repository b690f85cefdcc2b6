"""An offer may be a transfer: it has a sender, and perhaps a note. New columns, no row is rewritten."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0009_targets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("offer", "note_seq", models.IntegerField(null=True)),
        migrations.AddField(
            "offer",
            "sender",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            "offer",
            models.Index(
                condition=models.Q(("sender__isnull", False), ("state", "pending")),
                fields=["sender"],
                name="offer_sent",
            ),
        ),
    ]
