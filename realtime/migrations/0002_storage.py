"""The first partitions of the log, and room beside each counter so that its updates stay in their page."""

from django.db import migrations

FORWARD = """
select palabre_make_partitions('realtime_event', now() - interval '1 month', 4);
alter table realtime_eventhead set (fillfactor = 20);
"""


class Migration(migrations.Migration):
    dependencies = [("realtime", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
