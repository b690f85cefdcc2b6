"""Migration operations for tables that are partitioned by month on their key."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.migrations.operations.base import Operation


class CreatePartitionedModel(migrations.CreateModel):
    """`CreateModel` whose table is `PARTITION BY RANGE` of the primary key. It has no partition until one is made.

    Everything else (foreign keys, indexes, later changes) is Django's own: PostgreSQL passes it on to the partitions.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        plain = schema_editor.sql_create_table
        key = schema_editor.quote_name(model._meta.pk.column)
        schema_editor.sql_create_table = f"{plain} PARTITION BY RANGE ({key})"
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain


class AddIndexToPartitions(migrations.AddIndex):
    """`AddIndex` on a partitioned table, beside its writers: each month's is built concurrently, then attached.

    (PostgreSQL builds none concurrently on the parent.) For migrations with `atomic = False`. Broken off, it goes on
    where it was when it is run again.
    """

    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        table, whole = model._meta.db_table, str(self.index.create_sql(model, schema_editor))
        rest = whole.split(f" ON {schema_editor.quote_name(table)}", 1)[1]
        _build(schema_editor, table, self.index.name, rest)


class AddSqlIndexToPartitions(Operation):
    """The same for an index that Django's state does not know: `rest` is what follows the table's name. Broken off, it
    goes on where it was, too."""

    atomic = False
    reduces_to_sql = True
    reversible = True

    def __init__(self, table: str, name: str, rest: str) -> None:
        self.table, self.name, self.rest = table, name, rest

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        _build(schema_editor, self.table, self.name, f" {self.rest}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(f"drop index if exists {schema_editor.quote_name(self.name)}")

    def describe(self) -> str:
        return f"Index {self.name} on each month of {self.table}"


def _build(schema_editor: Any, table: str, name: str, rest: str) -> None:
    quoted = schema_editor.quote_name
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"create index if not exists {quoted(name)} on only {quoted(table)}{rest}")
        while months := _lacking(cursor, table, name):
            for month in months:
                own = quoted(f"{month}_{name}"[-63:])
                # One that was broken off is there, and never used.
                cursor.execute(f"drop index concurrently if exists {own}")
                cursor.execute(f"create index concurrently {own} on {quoted(month)}{rest}")
                cursor.execute(f"alter index {quoted(name)} attach partition {own}")


_LACKING = """
select month.relname from pg_inherits i join pg_class month on month.oid = i.inhrelid
where i.inhparent = %s::regclass and not exists (
    select from pg_inherits attached join pg_index x on x.indexrelid = attached.inhrelid
    where attached.inhparent = %s::regclass and x.indrelid = month.oid)
order by month.relname
"""


def _lacking(cursor: Any, table: str, index: str) -> list[str]:
    """The months of `table` that have no index attached to `index`."""
    cursor.execute(_LACKING, [f"public.{table}", f"public.{index}"])
    return [row[0] for row in cursor.fetchall()]
