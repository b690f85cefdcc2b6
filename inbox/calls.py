"""What of an agent's has come due and calls him: promises whose time is now, and conversations that woke by theirs."""

from __future__ import annotations

from typing import Any, Literal, TypedDict
from uuid import UUID

from django.db import connection

from accounts.models import User
from conversations.rendering import Row, iso, render_rows
from inbox import desk

MOST = 20
# A conversation that woke by its time waits since that very moment, until somebody answers, or a text was there before.
_DUE = """
select c.id, 'callback' as why, t.opened_at as at, t.note
from conversations_conversation c join conversations_task t on t.conversation_id = c.id and t.state = 'due'
where c.organisation_id = %(organisation)s and c.owner_id = %(user)s and c.status = 'open'
union all
select c.id, 'snooze', c.assigned_at, ''
from conversations_conversation c
where c.organisation_id = %(organisation)s and c.owner_id = %(user)s and c.status = 'open'
  and c.waiting_since = c.assigned_at and c.callback_at is null
order by 3 desc limit %(most)s
"""


class CallView(TypedDict):
    """`why`: "callback" (promised to the subscriber) or "snooze" (it woke); since `at`."""

    why: Literal["callback", "snooze"]
    at: str
    note: str
    conversation: Row


def calls_of(user: User) -> list[CallView]:
    """Newest first. They are there until he answers, keeps the promise, or closes."""
    asked: dict[str, Any] = {"organisation": user.organisation_id, "user": user.id, "most": MOST}
    with connection.cursor() as cursor:
        cursor.execute(_DUE, asked)
        due: list[tuple[UUID, Any, Any, str]] = cursor.fetchall()
    rows = render_rows(user.organisation_id, [id_ for id_, *_ in due], desk.audience(user).kind)
    return [
        {"why": why, "at": iso(at), "note": note, "conversation": rows[id_]}
        for id_, why, at, note in due
        if id_ in rows
    ]
