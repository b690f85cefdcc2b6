"""How fast one agent may send: a program that runs away in somebody's session is stopped before it costs much."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from common.errors import TooMany

_TAKE = """
insert into routing_sendingpace as p (user_id, tokens, filled_at)
values (%(user)s, %(most)s - 1, clock_timestamp())
on conflict (user_id) do update set
    tokens = least(%(most)s, p.tokens + extract(epoch from clock_timestamp() - p.filled_at) * %(most)s / 60) - 1,
    filled_at = clock_timestamp()
where least(%(most)s, p.tokens + extract(epoch from clock_timestamp() - p.filled_at) * %(most)s / 60) >= 1
returning 1
"""
_LACKS = """
select (1 - tokens) * 60 / %(most)s - extract(epoch from clock_timestamp() - filled_at)
from routing_sendingpace where user_id = %(user)s
"""


def take_turn_to_send(user_id: UUID) -> None:
    """Count one text of an agent, in the transaction that stores it. Raises TooMany("too_many_texts").

    The row stays locked until COMMIT: the caller has locked the conversation and takes nothing but the event head
    after this, so two answers of one agent wait for each other and for nobody else.
    """
    given: dict[str, Any] = {"user": user_id, "most": float(settings.TEXTS_PER_MINUTE)}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, given)
        if cursor.fetchone() is None:
            cursor.execute(_LACKS, given)
            (seconds,) = cursor.fetchone() or (1,)
            raise TooMany("too_many_texts", "too many texts within a minute", retry_after_s=float(seconds))
