"""The migration operation that makes a table partitioned by month on its key."""

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
