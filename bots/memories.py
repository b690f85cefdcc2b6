"""Keeping what the dialogue must know at the next text: one row a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from common.text import storable

_KEEP = """
insert into bots_dialogue (conversation_id, organisation_id, memory)
select given.id, %(organisation_id)s, given.memory::jsonb
from unnest(%(ids)s::uuid[], %(memories)s::text[]) given (id, memory)
on conflict (conversation_id) do update set memory = excluded.memory, changed_at = statement_timestamp()
"""


def keep(organisation_id: UUID, memories: Sequence[tuple[UUID, Mapping[str, Any]]]) -> None:
    """By conversation, each once; their rows are locked. In the transaction of the decisions that they come from."""
    if not memories:
        return
    given: dict[str, Any] = {
        "organisation_id": organisation_id,
        "ids": [conversation_id for conversation_id, _ in memories],
        "memories": [orjson.dumps(_storable(memory)).decode() for _, memory in memories],
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, given)


def _storable(value: Any) -> Any:
    """With what PostgreSQL can hold in place of each text: values are the subscriber's own words."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(name): _storable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(one) for one in value]
    return value


def forget(*conversation_ids: UUID) -> None:
    """They end: what was asked in them is not asked any more. In the transaction that closes them."""
    if conversation_ids:
        with connection.cursor() as cursor:
            cursor.execute("delete from bots_dialogue where conversation_id = any(%s)", [list(conversation_ids)])
