"""Making or dropping a month waits at most two seconds for its lock.

Both lock the whole table, and whoever comes after a waiting lock waits behind it: beside one long report the sweep
would hold up every text and every screen. It gives up instead; months are made three ahead, so the next sweep is soon
enough.
"""

from django.db import migrations

FORWARD = """
alter function palabre_make_partitions(text, timestamptz, int) set lock_timeout = '2s';
alter function palabre_drop_partition(text, date) set lock_timeout = '2s';
"""
BACKWARD = """
alter function palabre_drop_partition(text, date) reset lock_timeout;
alter function palabre_make_partitions(text, timestamptz, int) reset lock_timeout;
"""


class Migration(migrations.Migration):
    dependencies = [("common", "0001_partitions")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
