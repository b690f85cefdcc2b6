"""What a list shows of a conversation beside its own columns: its person's tags, whether our last word arrived,
whether he is one to look after.

None of it raises the conversation's revision: of two rows of one revision, what was rendered last is the newer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from typing import cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

# Columns of a query in which the conversation is `c`.
TAGS = """array(select t.tag_id::text from contacts_contacttag t
    where t.organisation_id = c.organisation_id and t.contact_id = c.contact_id order by t.tag_id)"""


def failed_of(conversation: str) -> str:
    """SQL: the last word in `conversation`, an alias, is ours, and it did not arrive.

    Its message was made within the hour before it was stored: the months before are not looked at. Whoever wrote again
    since has either been answered or waits, which are other marks.
    """
    return """(CONV.preview_kind = 'outgoing' and exists (
    select from conversations_delivery d
    where d.conversation_id = CONV.id and d.state in (5, 6)
      and d.message_id >= uuid_floor(CONV.last_activity_at - interval '1 hour')
      and not exists (
        select from conversations_message m
        where m.conversation_id = CONV.id and m.seq > CONV.last_seq - 50 and m.kind = 'outgoing'
          and m.id > d.message_id)
))""".replace("CONV", conversation)


@cache
def looked_after() -> Callable[[UUID, Collection[UUID]], set[UUID]]:
    """Of an organisation's conversations, those whose person is to be looked after (settings.ROWS_LOOKED_AFTER).
    Asked above: who that is belongs to how a line hands over."""
    return cast("Callable[[UUID, Collection[UUID]], set[UUID]]", import_string(settings.ROWS_LOOKED_AFTER))
