"""How fast one agent, or one application, may send: a program that runs away is stopped before it costs much."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from common.errors import TooMany
from conversations.models import ApiToken

# More at once than a full bucket holds are let through when it is full, and paid for afterwards.
_TAKE = """
insert into TABLE as p (WHO, tokens, filled_at)
values (%(who)s, %(most)s - %(texts)s, clock_timestamp())
on conflict (WHO) do update set
    tokens = least(%(most)s, p.tokens + extract(epoch from clock_timestamp() - p.filled_at) * %(most)s / 60)
             - %(texts)s,
    filled_at = clock_timestamp()
where least(%(most)s, p.tokens + extract(epoch from clock_timestamp() - p.filled_at) * %(most)s / 60)
      >= least(%(texts)s, %(most)s)
returning 1
"""
_LACKS = """
select (least(%(texts)s, %(most)s) - tokens) * 60 / %(most)s - extract(epoch from clock_timestamp() - filled_at)
from TABLE where WHO = %(who)s
"""


def _statements(table: str, who: str) -> tuple[str, str]:
    take, lacks = (one.replace("TABLE", table).replace("WHO", who) for one in (_TAKE, _LACKS))
    return take, lacks


_OF_A_PERSON = _statements("routing_sendingpace", "user_id")
_OF_AN_APPLICATION = _statements("routing_tokenpace", "token_id")


def take_turn_to_send(user_id: UUID, texts: int = 1) -> None:
    """Count texts of an agent, in the transaction that stores them. Raises TooMany("too_many_texts").

    The row stays locked until COMMIT: the caller has locked the conversation and takes nothing but the event head
    after this, so two answers of one agent wait for each other and for nobody else.
    """
    _take(_OF_A_PERSON, user_id, texts, settings.TEXTS_PER_MINUTE)


def take_token_turns(token: ApiToken, texts: int) -> None:
    """Count texts of an application. Raises TooMany("too_many_texts")."""
    _take(_OF_AN_APPLICATION, token.id, texts, token.per_minute)


def _take(statements: tuple[str, str], who: UUID, texts: int, most: int) -> None:
    take, lacks = statements
    given: dict[str, Any] = {"who": who, "most": float(most), "texts": float(texts)}
    with connection.cursor() as cursor:
        cursor.execute(take, given)
        if cursor.fetchone() is None:
            cursor.execute(lacks, given)
            (seconds,) = cursor.fetchone() or (1,)
            raise TooMany("too_many_texts", "too many texts within a minute", retry_after_s=float(seconds))
