"""Monthly partitions of the tables that grow for ever.

Each is range-partitioned on its uuidv7 key. There is no DEFAULT partition (with one, a month could not be
detached without a lock on everything), so the months ahead must exist: the sweep keeps `MONTHS_AHEAD` of them.
"""

from __future__ import annotations

from django.db import Error, connection

PARTITIONED = (
    "conversations_message",
    "conversations_delivery",
    "conversations_attempt",
    "conversations_rawinbound",
    "realtime_event",
)
MONTHS_AHEAD = 3

# How many months after the present one follow it without a gap; -1: the present one itself is not there.
_AHEAD = """
select parent.relname, coalesce(min(wanted.n) filter (where child.relname is null), %(upto)s + 1) - 1
from pg_class parent
cross join generate_series(0, %(upto)s) as wanted (n)
left join (pg_inherits join pg_class child on child.oid = inhrelid and not inhdetachpending)
    on inhparent = parent.oid and child.relname = parent.relname || to_char(
        date_trunc('month', now() at time zone 'UTC') + make_interval(months => wanted.n), '"_y"YYYY"m"MM')
where parent.relkind = 'p' and parent.relname = any(%(tables)s)
group by parent.relname
"""


def keep_partitions_ahead(months: int = MONTHS_AHEAD) -> int:
    """Make this month's partitions and those of the next `months`; returns how many were new.

    Looks first and locks only what lacks a month, so it may be called each second.
    """
    found = months_ahead(months)
    made = 0
    failed: Error | None = None
    with connection.cursor() as cursor:
        for table in PARTITIONED:
            if found.get(table, -1) >= months:
                continue
            try:
                cursor.execute("select palabre_make_partitions(%s, now(), %s)", [table, months])
                made += cursor.fetchone()[0]
            except Error as error:  # one that somebody holds keeps no other from its month
                failed = failed or error
    if failed is not None:
        raise failed
    return made


def months_ahead(upto: int = 12) -> dict[str, int]:
    """For each partitioned table, how many months after the present one (at most `upto`) have a partition, up to the
    first that has none; -1 where the present month itself has none."""
    with connection.cursor() as cursor:
        cursor.execute(_AHEAD, {"tables": list(PARTITIONED), "upto": upto})
        return dict(cursor.fetchall())
