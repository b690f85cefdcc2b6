"""How fast each application may send."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0012_new_texts"),
        ("routing", "0003_sending_pace"),
    ]

    operations = [
        migrations.CreateModel(
            name="TokenPace",
            fields=[
                (
                    "token",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="conversations.apitoken",
                    ),
                ),
                ("tokens", models.FloatField()),
                ("filled_at", models.DateTimeField()),
            ],
        ),
    ]
