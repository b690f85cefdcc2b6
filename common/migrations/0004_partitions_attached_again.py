"""Making months attaches again a table that is there but detached: one that somebody took off, or was about to drop.

Without this the month would count as made for ever while every insert into it is refused. PostgreSQL checks the rows
against the month's bounds as it attaches them; what does not fit is an error that names the table.
"""

from django.db import migrations

FORWARD = r"""
create or replace function palabre_make_partitions(parent text, since timestamptz, months int) returns int
    language plpgsql security definer set search_path = pg_catalog, public set lock_timeout = '2s'
as $$
declare
    first timestamp := date_trunc('month', since at time zone 'UTC');
    low timestamptz;
    high timestamptz;
    name text;
    found regclass;
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
        found := to_regclass('public.' || quote_ident(name));
        if found is null then
            execute format('create table public.%I partition of public.%I for values from (%L) to (%L)',
                           name, parent, public.uuid_floor(low), public.uuid_floor(high));
            made := made + 1;
        elsif not exists (select from pg_inherits where inhrelid = found
                          and inhparent = ('public.' || quote_ident(parent))::regclass) then
            execute format('alter table public.%I attach partition %s for values from (%L) to (%L)',
                           parent, found, public.uuid_floor(low), public.uuid_floor(high));
            made := made + 1;
        end if;
    end loop;
    return made;
end $$;
"""

# As of 0002: without attaching.
BACKWARD = r"""
create or replace function palabre_make_partitions(parent text, since timestamptz, months int) returns int
    language plpgsql security definer set search_path = pg_catalog, public set lock_timeout = '2s'
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
    perform pg_advisory_xact_lock(hashtext('palabre partitions'), hashtext(parent));
    for i in 0..least(months, 36) loop
        low := (first + make_interval(months => i)) at time zone 'UTC';
        high := (first + make_interval(months => i + 1)) at time zone 'UTC';
        name := parent || to_char(low at time zone 'UTC', '"_y"YYYY"m"MM');
        if to_regclass('public.' || quote_ident(name)) is null then
            execute format('create table public.%I partition of public.%I for values from (%L) to (%L)',
                           name, parent, public.uuid_floor(low), public.uuid_floor(high));
            made := made + 1;
        end if;
    end loop;
    return made;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("common", "0003_oldest_transaction")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
