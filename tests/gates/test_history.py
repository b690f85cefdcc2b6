"""What has been written down stays as it was: the application's own role cannot rewrite it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from config.grants import APPEND_ONLY


@pytest.mark.needs("RFP-097", part="each administrative deed, append-only")
def test_the_application_cannot_rewrite_history(transactional_db: None, app_connection: Any) -> None:
    history = app_connection.execute(
        """with recursive history as (
               select oid from pg_class where relname = any(%s)
               union all select inhrelid from pg_inherits join history on inhparent = history.oid)
           select oid::regclass::text from history""",
        [list(APPEND_ONLY)],
    ).fetchall()
    assert len(history) > len(APPEND_ONLY), "partitions are history, too"
    for (table,) in history:
        for statement in (
            f"update {table} set id = id", f"delete from {table}", f"truncate {table}", f"drop table {table}",
            f"alter table {table} disable trigger all", f"alter table {table} owner to current_user",
            f"create rule gone as on insert to {table} do instead nothing",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app_connection.execute(statement)
