"""What somebody holds is waited for briefly, where one process does the same for every organisation in turn."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError, connection
from psycopg import errors

HELD_MS = 200
# What may come of one conversation, or of one organisation's counter, while the database does its work.
_ONES_OWN = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable)


def wait_briefly() -> None:
    """In this transaction nothing is waited for longer than HELD_MS."""
    with connection.cursor() as cursor:
        cursor.execute(f"set local lock_timeout = {HELD_MS}")


def is_held(error: Exception) -> bool:
    return isinstance(error.__cause__, errors.LockNotAvailable)


def raise_if_away(error: Exception) -> None:
    """Raise it when the database is away: the others would fare no better."""
    if isinstance(error, OperationalError | InterfaceError) and not isinstance(error.__cause__, _ONES_OWN):
        raise error
