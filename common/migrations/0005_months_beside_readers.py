"""A month is made as a table of its own and attached, beside whoever reads.

`create table ... partition of` locks the whole table against readers, too: beside a report or a backup of an hour it
waits, and every text and every screen behind it. Attaching waits for other writers only, and for one second: whoever
stores texts waits a little longer than that (conversations/lanes.py) and does not take the rows for held.
"""

from importlib import import_module

from django.db import migrations

FORWARD = r"""
create or replace function palabre_make_partitions(parent text, since timestamptz, months int) returns int
    language plpgsql security definer set search_path = pg_catalog, public set lock_timeout = '1s'
as $$
declare
    first timestamp := date_trunc('month', since at time zone 'UTC');
    low timestamptz;
    high timestamptz;
    name text;
    made int := 0;
begin
    if not exists (select from pg_class where relname = parent and relkind = 'p'
                   and relnamespace = 'public'::regnamespace) then
        raise exception 'no partitioned table %', parent;
    end if;
    -- Two sweeps at once: the second waits, then finds the work done.
    perform pg_advisory_xact_lock(hashtext('palabre partitions'), hashtext(parent));
    for i in 0..least(months, 36) loop
        low := (first + make_interval(months => i)) at time zone 'UTC';
        high := (first + make_interval(months => i + 1)) at time zone 'UTC';
        name := parent || to_char(low at time zone 'UTC', '"_y"YYYY"m"MM');
        if to_regclass('public.' || quote_ident(name)) is null then
            execute format('create table public.%I (like public.%I including all)', name, parent);
        end if;
        -- Also one that is there but was detached: its rows are checked against the month as it is attached.
        if not exists (select from pg_inherits where inhrelid = ('public.' || quote_ident(name))::regclass
                       and inhparent = ('public.' || quote_ident(parent))::regclass) then
            execute format('alter table public.%I attach partition public.%I for values from (%L) to (%L)',
                           parent, name, public.uuid_floor(low), public.uuid_floor(high));
            made := made + 1;
        end if;
    end loop;
    return made;
end $$;
"""

# As of 0004.
BACKWARD = import_module("common.migrations.0004_partitions_attached_again").FORWARD


class Migration(migrations.Migration):
    dependencies = [("common", "0004_partitions_attached_again")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
