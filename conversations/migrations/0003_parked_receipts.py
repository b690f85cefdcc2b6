"""Every answer of an operator asks whether its receipt has come before it: by id, never by reading all that is parked."""

from django.db import migrations

# Without `fastupdate`: what is parked is little and looked for all the time, so no list is put aside for later.
FORWARD = """
create index receipt_parked_keys on conversations_receipt using gin (keys)
    with (fastupdate = off) where attempt_id is null;
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0002_storage")]
    operations = [migrations.RunSQL(FORWARD, "drop index receipt_parked_keys")]
