"""What Django's schema cannot say: the first partitions, room for updates in place, and the index by time of `seen`."""

from django.db import migrations

FORWARD = """
select palabre_make_partitions(parent, now() - interval '1 month', 4)
from unnest(array['conversations_message', 'conversations_delivery', 'conversations_attempt',
                  'conversations_rawinbound']) parent;
-- The intake updates the conversation for each text: room in the page keeps most updates in place.
alter table conversations_conversation set (fillfactor = 80);
-- Filled and emptied all the time: vacuumed early, or its dead rows slow every claim.
alter table conversations_unhandled set
    (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
alter table conversations_linkstate set (fillfactor = 30);
alter table conversations_seen set (fillfactor = 90);
create index seen_at on conversations_seen using brin (at) with (pages_per_range = 32);
create index messagekey_at on conversations_messagekey using brin (at) with (pages_per_range = 32);
create index providerkey_at on conversations_providerkey using brin (created_at) with (pages_per_range = 32);
"""
BACKWARD = """
drop index providerkey_at;
drop index messagekey_at;
drop index seen_at;
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
