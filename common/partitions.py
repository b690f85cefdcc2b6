"""Monthly partitions of the tables that grow for ever.

Each is range-partitioned on its uuidv7 key. There is no DEFAULT partition (with one, a month could not be
detached without a lock on everything), so the months ahead must exist: the sweep keeps `MONTHS_AHEAD` of them.
"""

from __future__ import annotations

from django.db import connection

PARTITIONED = (
    "conversations_message",
    "conversations_delivery",
    "conversations_attempt",
    "conversations_rawinbound",
    "realtime_event",
)
MONTHS_AHEAD = 3


def keep_partitions_ahead(months: int = MONTHS_AHEAD) -> int:
    """Make this month's partitions and those of the next `months`; returns how many were new."""
    made = 0
    with connection.cursor() as cursor:
        for table in PARTITIONED:
            cursor.execute("select palabre_make_partitions(%s, now(), %s)", [table, months])
            made += cursor.fetchone()[0]
    return made


def months_ahead() -> dict[str, int]:
    """For each partitioned table, how many whole months after the present one already have a partition."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select parent.relname, count(*) filter (
                where right(child.relname, 8) > to_char(now() at time zone 'UTC', '"y"YYYY"m"MM'))
            from pg_inherits
            join pg_class parent on parent.oid = inhparent
            join pg_class child on child.oid = inhrelid
            where parent.relkind = 'p' and parent.relname = any(%s)
            group by parent.relname
            """,
            [list(PARTITIONED)],
        )
        return dict(cursor.fetchall())
