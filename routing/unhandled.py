"""Texts that nobody has answered or decided about."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from conversations.models import Author, Conversation, Message, MessageKind

_MARK = """
insert into conversations_unhandled as u (conversation_id, organisation_id) values (%s, %s)
on conflict (conversation_id) do update set claimed_by = '', claimed_until = null
"""

_RETURN_ALL = (
    "update conversations_unhandled set claimed_by = '', claimed_until = null where starts_with(claimed_by, %s)"
)
_RETURN = "update conversations_unhandled set claimed_by = '', claimed_until = null where claimed_by = any(%s)"


def unanswered(conversation: Conversation) -> list[Message]:
    """The subscriber's texts after the last answer of bot or person, oldest first. At most the last 100. A keyword
    and what it is answered with are no part of the talk."""
    newest_first = (
        Message.objects.filter(conversation_id=conversation.id, kind__in=[MessageKind.INCOMING, MessageKind.OUTGOING])
        .exclude(author=Author.SYSTEM)
        .filter(facts__keyword__isnull=True)
        .order_by("-seq")[:100]
    )
    texts: list[Message] = []
    for message in newest_first:
        if message.kind == MessageKind.OUTGOING:
            break
        texts.append(message)
    return texts[::-1]


def unanswered_since(conversation: Conversation) -> datetime | None:
    texts = unanswered(conversation)
    return texts[0].created_at if texts else None


def mark_unhandled(conversation: Conversation) -> None:
    """Have the dispatcher decide about what is unanswered. The conversation is locked; whoever has a claim loses it."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [conversation.id, conversation.organisation_id])


def return_claims_of(owner: str) -> int:
    """What a former process of our own name had claimed is due at once: it has been reaped, and decides nothing more.

    Else its conversations would wait for the claims to expire. Returns how many there were.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RETURN_ALL, [f"{owner}#"])
        return cursor.rowcount


def return_claims(claims: Collection[str]) -> None:
    """What is still claimed under these names is due at once: deciding about it has failed."""
    with connection.cursor() as cursor:
        cursor.execute(_RETURN, [list(claims)])
