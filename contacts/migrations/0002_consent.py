"""Who wants nothing more, everything ever said about it, and the replies that keywords are owed."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import common.ids


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("contacts", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Suppression",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organisation_id", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("organisation_id", models.UUIDField()),
                ("number", models.CharField(max_length=254)),
                ("source", models.CharField(max_length=16)),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={"indexes": [models.Index(fields=["since"], name="suppression_newest")]},
        ),
        migrations.CreateModel(
            name="ConsentEvent",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=254)),
                ("kind", models.CharField(max_length=8)),
                ("source", models.CharField(max_length=16)),
                ("changed", models.BooleanField()),
                ("words", models.CharField(db_default="", default="", max_length=300)),
                ("line_id", models.UUIDField(null=True)),
                ("link_id", models.UUIDField(null=True)),
                ("key", models.CharField(db_default="", default="", max_length=200)),
                ("actor_id", models.UUIDField(null=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organisation", "number", "-at"], name="consentevent_of_number")]
            },
        ),
        migrations.CreateModel(
            name="OwedReply",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("organisation_id", models.UUIDField()),
                ("number", models.CharField(max_length=254)),
                ("line_id", models.UUIDField()),
                ("kind", models.CharField(max_length=8)),
                ("changed", models.BooleanField()),
                ("language", models.CharField(db_default="", default="", max_length=5)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="LineKeywords",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("line_id", models.UUIDField()),
                ("language", models.CharField(max_length=5)),
                ("kind", models.CharField(max_length=8)),
                ("words", models.JSONField()),
                ("reply", models.CharField(max_length=480)),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("line_id", "language", "kind"), name="linekeywords_once")
                ]
            },
        ),
    ]
