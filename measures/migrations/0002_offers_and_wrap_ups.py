"""Offers, wrap-ups and focus are measured; a state has its reason."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("measures", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="interval",
            name="detail",
            field=models.CharField(db_default="", default="", max_length=80),
        ),
        migrations.AlterField(
            model_name="interval",
            name="kind",
            field=models.CharField(
                choices=[
                    ("wait", "Wait"),
                    ("bot", "Bot"),
                    ("handle", "Handle"),
                    ("first_response", "First Response"),
                    ("response", "Response"),
                    ("state", "State"),
                    ("resolution", "Resolution"),
                    ("offer", "Offer"),
                    ("ring", "Ring"),
                    ("focus", "Focus"),
                    ("wrap_up", "Wrap Up"),
                ],
                max_length=16,
            ),
        ),
    ]
