"""A campaign of which each text goes to somebody else, and an agent who answers meanwhile."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from conversations.intake import CONNECTION_SETTINGS, connect, store
from conversations.messages import lock_conversation, send_message
from conversations.models import Author, Conversation
from realtime.log import record_changes

_WRITE = """
with chosen as (
    select c.*, a.value, uuidv7() as message_id, row_number() over (order by c.id) as n
    from conversations_conversation c join contacts_address a on a.id = c.address_id
    where a.value like '+22901955%%'
), message as (
    insert into conversations_message (id, organisation_id, conversation_id, seq, kind, author, body)
    select message_id, organisation_id, id, last_seq + 1, 'outgoing', 'system', 'vague ' || n || repeat('.', %(more)s)
    from chosen
), counted as (
    update conversations_conversation c set last_seq = c.last_seq + 1 from chosen where chosen.id = c.id
)
insert into conversations_delivery (message_id, organisation_id, conversation_id, line_id, link_id, source, destination,
    lane, encoding, parts, reference, state)
select message_id, organisation_id, id, line_id, %(link)s, '1919', value, 2, 'gsm7', %(parts)s, n %% 256, 0 from chosen
"""


async def people(scripted, dsn: str, count: int) -> None:
    """So many others who have written once."""
    async with await connect(dsn, **CONNECTION_SETTINGS) as raw:
        texts = [scripted.text(sender=f"+22901955{n:05d}") for n in range(count)]
        for begin in range(0, count, 100):
            await store(raw, texts[begin : begin + 100])


def wave(link_id: UUID, *, parts: int = 1) -> None:
    """One text of a campaign to each of `people`."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"link": link_id, "parts": parts, "more": 0 if parts == 1 else 153 * parts - 20})


def reply(conversation: Conversation, body: str) -> None:
    with record_changes(conversation.organisation_id) as changes:
        locked = lock_conversation(organisation_id=conversation.organisation_id, conversation_id=conversation.id)
        send_message(changes=changes, conversation=locked, body=body, author=Author.AGENT)
