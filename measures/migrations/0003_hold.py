"""The time in which a conversation sleeps is measured as hold."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("measures", "0002_offers_and_wrap_ups"),
    ]

    operations = [
        migrations.AlterField(
            model_name="interval",
            name="kind",
            field=models.CharField(
                choices=[
                    ("wait", "Wait"),
                    ("bot", "Bot"),
                    ("handle", "Handle"),
                    ("hold", "Hold"),
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
