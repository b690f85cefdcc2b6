"""Emptying the tables after a test that committed: of what it wrote, in a few milliseconds.

Django would TRUNCATE everything, which writes new files for hundreds of tables and indexes, and make its content types
and permissions anew: 140 ms after each of thousands of tests, for a few dozen rows.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

# Rows of one table that are cheaper to delete than all tables are to truncate.
FEW = 500
# What is deleted leaves its place behind until a vacuum comes by. After so many tests all files are new.
TRUNCATE_EACH = 200
LOCK_MS, PATIENCE_S = 300, 30.0


class Emptying:
    """Empties `tables` of the database `url`, which a superuser opens. One connection for all tests, so that the server
    plans its questions once."""

    def __init__(self, url: str, tables: Iterable[str]) -> None:
        self.url, self._tables = url, sorted(tables)
        self._connection: psycopg.Connection[Any] | None = None
        self._count = 0

    def __call__(self, *, anew: bool = False) -> None:
        """Returns when all tables are empty and whoever was writing has done so before; `anew`: with new files, as if
        nothing had ever been in them. Raises psycopg.OperationalError after PATIENCE_S."""
        self._count += 1
        limit = time.monotonic() + PATIENCE_S
        # A process that lives on may hold tables in another order than ours: a deadlock, whose victim one cannot
        # choose. Who waits less than the server takes to look for deadlocks (1 s) gives way.
        while True:
            try:
                return self._empty(anew=anew or self._count % TRUNCATE_EACH == 0)
            except psycopg.OperationalError:
                if time.monotonic() > limit:
                    raise
                if self._connection is not None and self._connection.closed:  # tests end the server's processes
                    self._connection = None
                time.sleep(0.05)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _empty(self, *, anew: bool) -> None:
        connection = self._connection = self._connection or self._connect()
        names = sql.SQL(", ").join(map(sql.Identifier, self._tables))
        with connection.transaction():
            # Readers may go on. Who writes is waited for: what he commits later would be there for the next test.
            connection.execute(sql.SQL("lock table {} in exclusive mode").format(names))
            if not anew:
                found = connection.execute(self._counts(), prepare=True).fetchall()
                anew = any(count > FEW for _, count in found)
                if found and not anew:
                    deletes = (sql.SQL("delete from {}").format(sql.Identifier(table)) for table, _ in found)
                    connection.execute(sql.SQL("; ").join(deletes))
            if anew:
                connection.execute(sql.SQL("truncate {}").format(names))
        if not anew and found:
            # So that the next test's rows stand from the first place on, in their order: whoever reads rows without
            # asking for an order would else find it now and then another.
            written = sql.SQL(", ").join(sql.Identifier(table) for table, _ in found)
            connection.execute(sql.SQL("vacuum (index_cleanup on, truncate on) {}").format(written))

    def _counts(self) -> sql.Composed:
        """Each table that has rows, and how many; FEW + 1 stands for all that are more."""
        one = sql.SQL("select {}, count(*) from (select from {} limit {}) as found having count(*) > 0")
        asked = (one.format(sql.Literal(name), sql.Identifier(name), sql.Literal(FEW + 1)) for name in self._tables)
        return sql.SQL(" union all ").join(asked)

    def _connect(self) -> psycopg.Connection[Any]:
        connection: psycopg.Connection[Any] = psycopg.connect(self.url, autocommit=True)
        connection.execute(f"set lock_timeout = '{LOCK_MS}ms'")
        # Neither constraints nor triggers are asked about rows that all go.
        connection.execute("set session_replication_role = replica")
        return connection


@contextmanager
def emptied(url: str, tables: Iterable[str]) -> Iterator[Emptying]:
    """Within this block Django's tests that commit leave `tables` empty by way of `Emptying`."""
    from django.db import connections
    from django.test import TransactionTestCase

    # These two are made with the schema, and no test writes them.
    emptying = Emptying(url, set(tables) - {"django_content_type", "auth_permission"})
    original = TransactionTestCase._fixture_teardown

    def teardown(case: Any) -> None:
        if case.reset_sequences or case.serialized_rollback or case.available_apps is not None:
            original(case)
            return
        # Django closes them a moment later. An open transaction of the test's own would hold what is waited for.
        for connection in connections.all(initialized_only=True):
            connection.close()
        emptying()

    TransactionTestCase._fixture_teardown = teardown
    try:
        yield emptying
    finally:
        TransactionTestCase._fixture_teardown = original
        emptying.close()
