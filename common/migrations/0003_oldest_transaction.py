"""The age of the oldest transaction: one that stays open stops vacuum everywhere, and queues bloat.

SECURITY DEFINER: a role sees only its own sessions' times. Where the owner is a member of pg_monitor, as on the
embedded server, this sees everybody's; elsewhere those of the owner's own sessions and no others.
"""

from django.db import migrations

FORWARD = """
create function palabre_oldest_transaction() returns double precision
    language sql stable security definer set search_path = pg_catalog
    as $$
        select coalesce(extract(epoch from clock_timestamp() - min(xact_start)), 0)::double precision
        from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
    $$;
revoke all on function palabre_oldest_transaction() from public;
"""


class Migration(migrations.Migration):
    dependencies = [("common", "0002_partitions_wait_briefly")]
    operations = [migrations.RunSQL(FORWARD, "drop function palabre_oldest_transaction()")]
