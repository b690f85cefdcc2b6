"""Stretches say whether the event log has their fact; what people said of them has an id that the log can name."""

import common.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("measures", "0003_hold"),
    ]

    operations = [
        migrations.AddField(
            model_name="interval",
            name="is_logged",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="Remark",
            fields=[
                (
                    "id",
                    models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("organisation_id", models.UUIDField()),
                ("words", models.CharField(max_length=80)),
            ],
            options={
                "indexes": [models.Index(fields=["organisation_id", "words"], name="remark_words")],
            },
        ),
    ]
