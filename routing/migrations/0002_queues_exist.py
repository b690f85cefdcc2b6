"""Lines and conversations name a queue by plain id, because routing lies above them; the database still checks it."""

from django.db import migrations

FORWARD = """
alter table conversations_line add constraint line_queue_exists
    foreign key (queue_id) references routing_queue (id) on delete restrict deferrable initially deferred;
alter table conversations_conversation add constraint conversation_queue_exists
    foreign key (queue_id) references routing_queue (id) on delete restrict deferrable initially deferred;
"""
BACKWARD = """
alter table conversations_conversation drop constraint conversation_queue_exists;
alter table conversations_line drop constraint line_queue_exists;
"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0001_initial"), ("conversations", "0002_storage")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
