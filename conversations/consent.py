"""Who may be texted: what a subscriber's keyword changes, what a colleague writes down, and whom nothing may reach.

A number that has opted out is suppressed for its whole organisation, whatever line it wrote to. The suppression is
stored in the transaction that stores the STOP, before it is acknowledged; the outbox asks for it when it claims
(conversations/outbox.py) and the gateway once more right before it writes (conversations/opposed.py).

Lock order: the suppression before everything else (docs/architecture.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import connection

from common.clock import database_now
from common.ids import uuid7
from common.text import storable
from contacts.keywords import Keyword
from contacts.models import ConsentEvent, Suppression
from conversations.models import Conversation, Message, MessageKind

# Texts that were seen before say nothing new: a STOP that is delivered again after a START would undo it. Of several
# texts of one number in a batch the last decides. Only a START that changes something is one; else it is a word.
TAKE_KEYWORDS = """
with given as materialized (
    select distinct on (g.link_id, g.key) g.*, line.organisation_id
    from unnest(%(ord)s::int[], %(link)s::uuid[], %(line)s::uuid[], %(key)s::text[], %(number)s::text[],
                %(kind)s::text[], %(language)s::text[], %(words)s::text[])
        g (ord, link_id, line_id, key, number, kind, language, words)
    join conversations_line line on line.id = g.line_id
    where not exists (select from conversations_seen s where s.link_id = g.link_id and s.key = g.key)
    order by g.link_id, g.key, g.ord
), last as materialized (
    select distinct on (organisation_id, number) * from given where kind <> 'help'
    order by organisation_id, number, ord desc
), stopped as (
    insert into contacts_suppression (organisation_id, number, source)
    select organisation_id, number, 'text' from last where kind = 'opt_out' order by organisation_id, number
    on conflict do nothing
    returning organisation_id, number
), lifted as (
    delete from contacts_suppression s using last
    where last.kind = 'opt_in' and s.organisation_id = last.organisation_id and s.number = last.number
    returning s.organisation_id, s.number
), judged as materialized (
    select given.*, uuidv7() as id,
           given.kind = 'help' or changed.number is not null and given.ord = last.ord as changed
    from given
    left join last using (organisation_id, number)
    left join (select * from stopped union all select * from lifted) changed using (organisation_id, number)
), obeyed as materialized (
    select * from judged where changed or kind = 'opt_out'
), noted as (
    insert into contacts_consentevent (id, organisation_id, number, kind, source, changed, words, line_id, link_id, key)
    select id, organisation_id, number, kind, 'text', changed, words, line_id, link_id, key from obeyed order by ord
), owed as (
    insert into contacts_owedreply (id, organisation_id, number, line_id, kind, changed, language)
    select id, organisation_id, number, line_id, kind, changed, language from obeyed order by ord
)
select ord from obeyed
"""


class Asked(NamedTuple):
    """A text that consists of a keyword. `ord`: its place in the batch."""

    ord: int
    link_id: UUID
    line_id: UUID
    key: str
    number: str
    kind: Keyword
    language: str
    words: str


async def take_keywords(raw: psycopg.AsyncConnection[Any], asked: Sequence[Asked]) -> set[int]:
    """Obey keywords, inside the transaction that stores their texts and before it stores them. Returns the places of
    those that were obeyed; the others are texts like any other."""
    cursor = await raw.execute(
        TAKE_KEYWORDS,
        {
            "ord": [one.ord for one in asked],
            "link": [one.link_id for one in asked],
            "line": [one.line_id for one in asked],
            "key": [one.key for one in asked],
            "number": [one.number for one in asked],
            "kind": [str(one.kind) for one in asked],
            "language": [one.language for one in asked],
            "words": [storable(one.words)[:300] for one in asked],
        },
    )
    return {ord_ for (ord_,) in await cursor.fetchall()}


class Consent(NamedTuple):
    """`opted_out_at` None: he may be texted. `may_answer`: he may all the same be answered, since he has asked
    something after he had opted out, on a line whose administrator allows it."""

    opted_out_at: datetime | None
    may_answer: bool

    @property
    def refuses(self) -> bool:
        return self.opted_out_at is not None and not self.may_answer


def consent_of(conversation: Conversation) -> Consent:
    """What the conversation's subscriber wants. `line` and `address` are read with it."""
    since = (
        Suppression.objects.filter(organisation_id=conversation.organisation_id, number=conversation.address.value)
        .values_list("since", flat=True)
        .first()
    )
    if since is None:
        return Consent(None, may_answer=True)
    return Consent(since, may_answer=conversation.line.answers_after_stop and _asked_since(conversation, since))


def opposed(organisation_id: UUID, numbers: Sequence[str]) -> dict[str, datetime]:
    """Those of `numbers` that have opted out, and since when."""
    found = Suppression.objects.filter(organisation_id=organisation_id, number__in=list(numbers))
    return dict(found.values_list("number", "since"))


def _asked_since(conversation: Conversation, since: datetime) -> bool:
    # By number, from the newest: the key's months are not looked at one by one.
    newest = (
        Message.objects.filter(
            conversation_id=conversation.id,
            kind=MessageKind.INCOMING,
            seq__gt=conversation.last_seq - 50,
            facts__keyword__isnull=True,
        )
        .order_by("-seq")
        .values_list("created_at", flat=True)
        .first()
    )
    return newest is not None and newest > since


def opt_out(*, organisation_id: UUID, number: str, actor_id: UUID, reason: str) -> ConsentEvent:
    """A colleague writes down that a number wants nothing more. Call it before any other row is locked."""
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into contacts_suppression (organisation_id, number, source) values (%s, %s, 'desk')
               on conflict do nothing""",
            [organisation_id, number],
        )
        changed = cursor.rowcount > 0
    return _note(organisation_id, number, Keyword.OPT_OUT, changed, actor_id, reason)


def opt_in(*, organisation_id: UUID, number: str, actor_id: UUID, reason: str) -> ConsentEvent:
    """A colleague has proof that a number wants texts again. As `opt_out`."""
    changed = Suppression.objects.filter(organisation_id=organisation_id, number=number).delete()[0] > 0
    return _note(organisation_id, number, Keyword.OPT_IN, changed, actor_id, reason)


def _note(
    organisation_id: UUID, number: str, kind: Keyword, changed: bool, actor_id: UUID, reason: str
) -> ConsentEvent:
    return ConsentEvent.objects.create(
        id=uuid7(),
        organisation_id=organisation_id,
        number=number,
        kind=kind,
        source="desk",
        changed=changed,
        words=storable(reason)[:300],
        actor_id=actor_id,
        at=database_now(),
    )
