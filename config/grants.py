"""What the application's role may do: work with every row, but never rewrite history.

The schema belongs to its owner, who migrates and makes partitions. The application's role owns nothing, so it
cannot change a table; and the event log and the audit log it can only read and add to.
"""

from __future__ import annotations

from typing import Protocol
from urllib.parse import unquote, urlsplit

APPEND_ONLY = ("realtime_event", "accounts_audit", "contacts_consentevent", "routing_targetevent")


class Cursor(Protocol):
    def execute(self, query: str, params: tuple[str, ...] = ..., /) -> object: ...


def role_of(url: str) -> str:
    """The role that a `postgresql://role:password@host/database` address signs in as."""
    return unquote(urlsplit(url).username or "")


# One block, so that it holds with and without the tables that later migrations bring.
_GRANT = """
do $grant$
declare
    app text := current_setting('palabre.app_role');
    one record;
begin
    if app = current_user then
        return;  -- one role for everything: an installation's own choice
    end if;
    execute format('grant usage on schema public to %I', app);
    execute format('grant select, insert, update, delete on all tables in schema public to %I', app);
    execute format('grant usage, select on all sequences in schema public to %I', app);
    -- Tables to come are granted by the migration that makes them (it ends here again). What is made
    -- between two migrations is a month's partition: it is written through its parent, whose grants
    -- count, and must not become a side door to the event log.
    execute format('alter default privileges in schema public grant select, insert on tables to %I', app);
    execute format('alter default privileges in schema public grant usage, select on sequences to %I', app);
    -- Doors that the owner keeps shut to everybody else: making and dropping a month's partition.
    for one in
        select oid::regprocedure as name from pg_proc
        where pronamespace = 'public'::regnamespace and starts_with(proname, 'palabre_')
    loop
        execute format('grant execute on function %s to %I', one.name, app);
    end loop;
    for one in
        with recursive history as (
            select oid from pg_class where relnamespace = 'public'::regnamespace and relname = any (
                string_to_array(current_setting('palabre.append_only'), ','))
            union all
            select inhrelid from pg_inherits join history on inhparent = history.oid
        )
        select oid::regclass as name from history
    loop
        execute format('revoke update, delete, truncate on %s from %I', one.name, app);
    end loop;
end
$grant$
"""


def apply(cursor: Cursor, *, app: str) -> None:
    """Grant to role `app`; the cursor is the owner's. Does nothing when owner and application are one."""
    cursor.execute(
        "select set_config('palabre.app_role', %s, false), set_config('palabre.append_only', %s, false)",
        (app, ",".join(APPEND_ONLY)),
    )
    cursor.execute(_GRANT)
