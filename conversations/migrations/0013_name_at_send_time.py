from django.db import migrations, models


class Migration(migrations.Migration):
    """The name at the time of sending, and a receipt that says neither delivered nor on its way.

    Apart from the indexes after it: those may break off and go on, a column not.
    """

    dependencies = [("conversations", "0012_new_texts")]

    operations = [
        migrations.AddField("delivery", "name", models.CharField(db_default="", default="", max_length=200)),
        migrations.AddField("delivery", "doubted", models.BooleanField(db_default=False, default=False)),
    ]
