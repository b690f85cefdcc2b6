"""The conversation in which a number is texted first: the one that is open with it on this line, or a new one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

from contacts.models import AddressKind
from conversations.messages import lock_conversation
from conversations.models import Conversation, Line

# As the intake finds and makes them, with the same order of locks and for the same reasons (conversations/intake.py):
# DO UPDATE waits for whoever is making the row just now, and returns his. It names no column of the address' key: that
# would lock the row against references to it, which whoever is before us here checks at COMMIT.
_OPEN = """
with known as materialized (
    select id, contact_id from contacts_address
    where organisation_id = %(organisation)s and kind = %(kind)s and value = %(number)s
), address as (
    insert into contacts_address as a (id, organisation_id, kind, value, contact_id)
    select uuidv7(), %(organisation)s, %(kind)s, %(number)s, uuidv7() where not exists (select from known)
    on conflict (organisation_id, kind, value) do update set created_at = a.created_at
    returning a.id, a.contact_id, old.id is null as created
), newcomer as (
    insert into contacts_contact (id, organisation_id)
    select contact_id, %(organisation)s from address where created
    returning 1
), who as materialized (
    select id, contact_id from known union all select id, contact_id from address
)
insert into conversations_conversation as c (id, organisation_id, line_id, contact_id, address_id, thread_key, status)
select uuidv7(), %(organisation)s, %(line)s, who.contact_id, who.id, '', 'bot'
from who, (select count(*) from newcomer) made
on conflict (line_id, contact_id, thread_key) where status <> 'closed' do update set revision = c.revision
returning c.id, c.address_id, (select id from who), old.id is null as opened
"""


def open_with(*, line: Line, number: str) -> tuple[Conversation, bool]:
    """(the conversation with `number` on `line`, locked until COMMIT; whether it was opened just now, as the bot's).

    From here on its address is `number`, although the same person may have written from another one.
    """
    given: dict[str, Any] = {
        "organisation": line.organisation_id, "line": line.id, "kind": AddressKind.PHONE.value, "number": number,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, given)
        id_, address_id, wanted_id, opened = cursor.fetchone()
    if address_id != wanted_id:
        # The way that another number's text came says nothing about this one.
        _point_at(id_, wanted_id)
    return lock_conversation(organisation_id=line.organisation_id, conversation_id=id_), opened


def _point_at(conversation_id: UUID, address_id: UUID) -> None:
    Conversation.objects.filter(id=conversation_id).update(address_id=address_id, link_id=None)
