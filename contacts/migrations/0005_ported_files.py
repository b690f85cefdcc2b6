"""A file that is no list's fills the organisation's portability table."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0003_lists_tags_attributes")]

    operations = [
        migrations.AlterField(
            "listupload",
            "list",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="uploads",
                to="contacts.contactlist",
            ),
        ),
        migrations.AddConstraint(
            "listupload",
            models.UniqueConstraint(
                condition=models.Q(("list__isnull", True), ("state", "working")),
                fields=("organisation",),
                name="listupload_one_ported",
            ),
        ),
    ]
