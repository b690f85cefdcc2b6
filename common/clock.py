"""One clock for leases, windows and timers: the database's.

Two processes on two machines agree on it; a wrong wall clock on one of them changes nothing.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The database's clock at this instant (not at the start of the transaction)."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        return cursor.fetchone()[0]
