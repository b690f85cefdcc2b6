"""What must be kept in order for ever: months ahead, months behind, evidence older than it is needed for.

Each step is a bounded slice: the dispatcher calls `tidy` each second, and it returns within milliseconds.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, date, datetime
from itertools import cycle

from django.db import Error, connection, transaction

from common.clock import database_now
from common.partitions import keep_partitions_ahead, months_ahead
from routing.queue_full import forget_told

log = logging.getLogger(__name__)

EVIDENCE_DAYS = 90  # of transport and client ids: a repeat that late is not a repeat
RAW_DAYS = 30
MONTHS_AGAIN_S = 60.0
PAGES = 500  # of a table, 4 MB: what one slice reads

# Keys with a date but no index on it, which each incoming text would have to pay for: read by place instead.
EVIDENCE = (
    ("conversations_seen", "at"),
    ("conversations_messagekey", "at"),
    ("conversations_providerkey", "created_at"),
)
_FORGET = """
delete from {table} where ctid = any(array(
    select ctid from {table} where ctid >= %(first)s::tid and ctid < %(end)s::tid
      and {at} < clock_timestamp() - make_interval(days => %(days)s)
    for update skip locked))
"""
_RAW_MONTHS = """
select right(child.relname, 7) from pg_inherits
join pg_class parent on parent.oid = inhparent join pg_class child on child.oid = inhrelid
where parent.relname = 'conversations_rawinbound' order by 1
"""


class Housekeeping:
    """Remembers how far it is. Two processes doing this at once do each other no harm."""

    def __init__(self) -> None:
        self._tables = cycle(EVIDENCE)
        self._table, self._at = next(self._tables)
        self._page = 0
        self._hour: datetime | None = None
        self._months_due = 0.0

    def tidy(self, now: datetime | None = None) -> None:
        """The months ahead, each second: while one is missing no text can be taken. Then one slice of evidence; once an
        hour the months behind."""
        try:
            self._make_months()
        finally:  # a month that cannot be made is tried again in a second, and costs the rest nothing
            self._tidy_behind(now or database_now())  # a wrong clock of ours would drop months that are young

    def _make_months(self) -> None:
        if time.monotonic() < self._months_due:
            return
        try:
            if made := keep_partitions_ahead():
                log.info("%d partitions made", made)
        except Error:
            # Each try that waits for a lock holds up whoever writes: while this month and the next are there, few do.
            if min(months_ahead().values(), default=-1) >= 1:
                self._months_due = time.monotonic() + MONTHS_AGAIN_S
            raise

    def _tidy_behind(self, now: datetime) -> None:
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour != self._hour:
            self._hour = hour  # first: a month that somebody reads is dropped an hour later, not tried each second
            drop_old_raw(now)
            forget_told()
        self._forget_slice()

    def _forget_slice(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_relation_size(%s::regclass) / current_setting('block_size')::int", [self._table])
            pages = cursor.fetchone()[0]
            if self._page < pages:
                cursor.execute(
                    _FORGET.format(table=self._table, at=self._at),
                    {"first": f"({self._page},0)", "end": f"({self._page + PAGES},0)", "days": EVIDENCE_DAYS},
                )
                self._page += PAGES
                return
        self._table, self._at = next(self._tables)
        self._page = 0


def drop_old_raw(now: datetime) -> list[date]:
    """Drop the months of raw payloads whose last day is RAW_DAYS behind; returns their first days."""
    with connection.cursor() as cursor:
        cursor.execute(_RAW_MONTHS)
        names = [row[0] for row in cursor.fetchall()]
    dropped = []
    for name in names:  # "2026m09"
        year, month = int(name[:4]), int(name[5:7])
        ended = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        if (now - ended).days < RAW_DAYS:
            continue
        first = date(year, month, 1)
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                # Dropping waits for every reader and makes every later one wait: rather try again in an hour.
                cursor.execute("set local lock_timeout = '500ms'")
                cursor.execute("select palabre_drop_partition('conversations_rawinbound', %s)", [first])
        except Error as error:
            log.warning("raw payloads of %s are kept for now: %s", name, type(error).__name__)
        else:
            log.info("raw payloads of %s dropped", name)
            dropped.append(first)
    return dropped
