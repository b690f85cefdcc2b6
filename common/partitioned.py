"""Migration operations for tables that are partitioned by month on their key."""

from __future__ import annotations

from typing import Any

from django.db import migrations


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
        quoted = schema_editor.quote_name
        rest = whole.split(f" ON {quoted(table)}", 1)[1]
        name = self.index.name
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
