"""Texts that nobody has answered or decided about."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from conversations.models import Conversation, Message, MessageKind

_MARK = """
insert into conversations_unhandled as u (conversation_id, organisation_id) values (%s, %s)
on conflict (conversation_id) do update set claimed_by = '', claimed_until = null
"""


def unanswered(conversation: Conversation) -> list[Message]:
    """The subscriber's texts after the last answer of bot or person, oldest first. At most the last 100."""
    newest_first = Message.objects.filter(
        conversation_id=conversation.id, kind__in=[MessageKind.INCOMING, MessageKind.OUTGOING]
    ).order_by("-seq")[:100]
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
