"""`uuid_floor`, and the two functions through which alone partitions are made and dropped.

SECURITY DEFINER: the application's role owns no table and may create none, yet its sweep must keep the months
ahead. The functions touch partitioned tables of this schema only, and never drop the month in use or a later one.
"""

from django.db import migrations

FORWARD = r"""
create function uuid_floor(t timestamptz) returns uuid
    language sql immutable strict parallel safe
    as $$ select (lpad(to_hex((extract(epoch from t) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid $$;
comment on function uuid_floor is 'The smallest uuidv7 of an instant: bounds of partitions and of time ranges over keys';

create function palabre_make_partitions(parent text, since timestamptz, months int) returns int
    language plpgsql security definer set search_path = pg_catalog, public
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
            execute format('create table public.%I partition of public.%I for values from (%L) to (%L)',
                           name, parent, public.uuid_floor(low), public.uuid_floor(high));
            made := made + 1;
        end if;
    end loop;
    return made;
end $$;

create function palabre_drop_partition(parent text, month date) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    name text := parent || to_char(month, '"_y"YYYY"m"MM');
begin
    if date_trunc('month', month) >= date_trunc('month', now() at time zone 'UTC') then
        raise exception 'the month % is in use', to_char(month, 'YYYY-MM');
    end if;
    if not exists (select from pg_inherits
                   join pg_class c on c.oid = inhrelid join pg_class p on p.oid = inhparent
                   where c.relname = name and p.relname = parent) then
        return false;
    end if;
    execute format('alter table public.%I detach partition public.%I', parent, name);
    execute format('drop table public.%I', name);
    return true;
end $$;
revoke all on function palabre_make_partitions(text, timestamptz, int) from public;
revoke all on function palabre_drop_partition(text, date) from public;
"""

BACKWARD = """
drop function palabre_drop_partition(text, date);
drop function palabre_make_partitions(text, timestamptz, int);
drop function uuid_floor(timestamptz);
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
