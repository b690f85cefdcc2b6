"""Opening hours: schedules, their special days, what people have said of holidays that follow the moon."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.models
import common.ids


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_tries")]

    operations = [
        migrations.CreateModel(
            name="Schedule",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("week", models.JSONField(default=accounts.models._no_week)),
                ("country", models.CharField(blank=True, default="", max_length=2)),
                ("revision", models.PositiveIntegerField(default=1)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="schedules",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organisation", "name"), name="schedule_name_once")],
            },
        ),
        migrations.CreateModel(
            name="SpecialDays",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("spans", models.JSONField(default=list)),
                ("reason", models.CharField(max_length=120)),
                ("says_fr", models.CharField(blank=True, default="", max_length=480)),
                ("says_en", models.CharField(blank=True, default="", max_length=480)),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="special_days",
                        to="accounts.schedule",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last__gte", models.F("first"))), name="specialdays_order"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HolidayDate",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("country", models.CharField(max_length=2)),
                ("year", models.PositiveSmallIntegerField()),
                ("key", models.CharField(max_length=80)),
                ("day", models.DateField(null=True)),
                ("at", models.DateTimeField(auto_now=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.organisation"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "country", "year", "key"), name="holidaydate_once"
                    )
                ],
            },
        ),
    ]
