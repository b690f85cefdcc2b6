"""Texts and notes by their words, newest first.

Two ways to the same answer. Words that few texts have: all of these by the index of words, then the newest. Words that
many have: from the newest text back, reading each, until the page is full; of the index they would be a million.
Which it is, the index says first, counting no further than RARE. How long either may take is bounded (SLOW_MS): what is
found by then is nothing, and the search says that it was cut.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import OperationalError, connection, transaction
from psycopg import errors

from conversations.rendering import iso
from inbox.search_query import Query, marked
from realtime.audience import Audience

RARE = 2_000
FEW = 400  # conversations: their texts are read one by one
SLOW_MS = 2_000
LEAST_BEGINNING = 3  # letters: a shorter word is looked for as it stands


class ExcerptPart(TypedDict):
    text: str
    hit: bool


class TextContact(TypedDict):
    id: str
    name: str | None
    address: str


class TextHit(TypedDict):
    """`seq`: its number in the conversation, to open it there."""

    conversation_id: str
    message_id: str
    seq: int
    at: str
    kind: str
    author: str
    line_id: str
    status: str
    contact: TextContact
    parts: list[ExcerptPart]


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the fields of a query leave, for texts and conversations. None: not asked."""

    lines: list[UUID] | None
    queues: list[UUID] | None
    agents: list[UUID] | None
    contacts: list[UUID] | None
    tags: list[UUID] | None
    states: list[str] | None
    attachments: bool
    start: datetime | None
    end: datetime | None

    @property
    def of_conversations(self) -> bool:
        """Whether something but line and time is asked of the conversation."""
        return any(one is not None for one in (self.queues, self.agents, self.contacts, self.tags, self.states))


_TSV = "to_tsvector('simple', palabre_fold(m.body))"
_CONVERSATION = """
  and (%(lines)s::uuid[] is null or c.line_id = any(%(lines)s))
  and (%(queues)s::uuid[] is null or c.queue_id = any(%(queues)s))
  and (%(agents)s::uuid[] is null or c.owner_id = any(%(agents)s))
  and (%(contacts)s::uuid[] is null or c.contact_id = any(%(contacts)s))
  and (%(states)s::text[] is null or c.status = any(%(states)s))
  and (%(tags)s::uuid[] is null or exists (
        select from contacts_contact own join contacts_contacttag t
          on t.organisation_id = %(organisation)s and t.contact_id = coalesce(own.merged_into_id, own.id)
        where own.id = c.contact_id and t.tag_id = any(%(tags)s)))
"""
_TIME = """
  and (%(start)s::timestamptz is null or m.id >= uuid_floor(%(start)s)) and m.id < %(below)s
"""
_ATTACHED = "and exists (select from conversations_attachment x where x.message_id = m.id)"
# The tsquery: each word's own, as its text with ":*" behind it, joined; phrases as they stand.
_QUERY = """
select string_agg('(' || said || ')', ' & ') from (
    select case when beginning then nullif(phraseto_tsquery('simple', palabre_fold(word))::text, '') || ':*'
                else nullif(phraseto_tsquery('simple', palabre_fold(word))::text, '') end as said
    from unnest(%s::text[], %s::boolean[]) given (word, beginning)) each_one where said is not null
"""
_COUNT = """
select count(*) from (
    select from conversations_message m
    where m.organisation_id = %(organisation)s and m.kind in ('incoming', 'outgoing', 'note')
      and TSV @@ %(query)s::tsquery TIME limit RARE) found
"""
_RARE_WAY = """
with found as materialized (
    select m.id, m.conversation_id, m.seq from conversations_message m
    where m.organisation_id = %(organisation)s and m.kind in ('incoming', 'outgoing', 'note')
      and TSV @@ %(query)s::tsquery TIME)
select m.id, m.conversation_id, m.seq from found m join conversations_conversation c on c.id = m.conversation_id
where true CONVERSATION ATTACHED order by m.id desc limit %(limit)s
"""
# "is true": no index of words may answer it.
_BACKWARDS = """
(select m.id, m.conversation_id, m.seq from conversations_message m
 join lateral (
     select c.* from conversations_conversation c where c.id = m.conversation_id CONVERSATION limit 1) c on true
 where m.organisation_id = %(organisation)s and m.kind in ('incoming', 'outgoing')
   and (TSV @@ %(query)s::tsquery) is true TIME ATTACHED order by m.id desc limit %(limit)s)
union all
(select m.id, m.conversation_id, m.seq from conversations_message m
 join lateral (
     select c.* from conversations_conversation c where c.id = m.conversation_id CONVERSATION limit 1) c on true
 where m.organisation_id = %(organisation)s and m.kind = 'note'
   and (TSV @@ %(query)s::tsquery) is true TIME ATTACHED order by m.id desc limit %(limit)s)
order by 1 desc limit %(limit)s
"""
_FEW = """
select c.id from conversations_conversation c where c.organisation_id = %(organisation)s CONVERSATION limit FEW
"""
_OF_FEW = """
select m.id, m.conversation_id, m.seq from conversations_message m
join conversations_conversation c on c.id = m.conversation_id
where m.conversation_id = any(%(few)s) and m.organisation_id = %(organisation)s
  and m.kind in ('incoming', 'outgoing', 'note') and (TSV @@ %(query)s::tsquery) is true TIME ATTACHED
order by m.id desc limit %(limit)s
"""
_SHOWN = """
select m.id::text, m.conversation_id::text, m.seq, m.created_at, m.kind, m.author, m.body, c.line_id::text, c.status,
       contact.id::text, contact.name, a.value
from conversations_message m
join conversations_conversation c on c.id = m.conversation_id
join contacts_contact own on own.id = c.contact_id
join contacts_contact contact on contact.id = coalesce(own.merged_into_id, own.id)
join contacts_address a on a.id = c.address_id
where m.organisation_id = %(organisation)s and m.id = any(%(ids)s) order by m.id desc
"""
_LAST = UUID(int=2**128 - 1)


class TooSlow(Exception):
    """The search was cut after SLOW_MS."""


def narrowed(
    query: Query, audience: Audience, *, zone: str, contacts: list[UUID] | None, tags: Collection[UUID] | None,
    queues: Collection[UUID] | None, lines: Collection[UUID] | None, agents: Collection[UUID] | None,
) -> Narrowed:  # fmt: skip
    """The fields as values, with the lines that this audience sees. Days are the organisation's: `before` a day is
    before it begins, `after` it from its beginning."""
    seen = audience.line_ids
    asked = None if lines is None else set(lines)
    if seen is not None:
        asked = set(seen) if asked is None else asked & seen
    starts = [_midnight(one, zone) for one in query.values("after")]
    ends = [_midnight(one, zone) for one in query.values("before")]
    return Narrowed(
        lines=None if asked is None else sorted(asked),
        queues=None if queues is None else list(queues),
        agents=None if agents is None else list(agents),
        contacts=contacts,
        tags=None if tags is None else list(tags),
        states=list(query.values("state")) or None,
        attachments="attachment" in query.values("has"),
        start=max(starts, default=None),
        end=min(ends, default=None),
    )


def find_texts(
    audience: Audience, query: Query, fields: Narrowed, *, after: UUID | None, limit: int
) -> tuple[list[TextHit], UUID | None]:
    """A page and where the next one begins. Raises TooSlow."""
    given: dict[str, Any] = {
        "organisation": audience.organisation_id, "limit": limit + 1, "lines": fields.lines, "queues": fields.queues,
        "agents": fields.agents, "contacts": fields.contacts, "tags": fields.tags, "states": fields.states,
        "start": fields.start, "below": after or _LAST,
    }  # fmt: skip
    attached = _ATTACHED if fields.attachments else ""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"set local statement_timeout = {SLOW_MS}")
            given["query"] = _tsquery(cursor, query)
            if not given["query"]:
                return [], None
            if fields.end is not None:
                cursor.execute("select least(uuid_floor(%s), %s)", [fields.end, given["below"]])
                given["below"] = cursor.fetchone()[0]
            cursor.execute(_whole(_way(cursor, fields, given)).replace("ATTACHED", attached), given)
            ids = [row[0] for row in cursor.fetchall()]
            shown = ids[:limit]
            cursor.execute(_SHOWN, {"organisation": audience.organisation_id, "ids": shown})
            hits = [_hit(row, query) for row in cursor.fetchall()]
    except OperationalError as error:
        if not isinstance(error.__cause__, errors.QueryCanceled):
            raise
        raise TooSlow from error
    return hits, shown[-1] if len(ids) > limit else None


def _whole(statement: str) -> str:
    parts = {"CONVERSATION": _CONVERSATION, "TIME": _TIME, "TSV": _TSV, "RARE": str(RARE + 1), "FEW": str(FEW + 1)}
    for name, part in parts.items():
        statement = statement.replace(name, part)
    return statement


def _way(cursor: Any, fields: Narrowed, given: dict[str, Any]) -> str:
    cursor.execute(_whole(_COUNT), given)
    if cursor.fetchone()[0] <= RARE:
        return _RARE_WAY
    if fields.of_conversations:
        cursor.execute(_whole(_FEW), given)
        few = [row[0] for row in cursor.fetchall()]
        if len(few) <= FEW:
            given["few"] = few
            return _OF_FEW
    return _BACKWARDS


def _tsquery(cursor: Any, query: Query) -> str:
    words = [*query.words, *query.phrases]
    beginning = [len(one) >= LEAST_BEGINNING for one in query.words] + [False] * len(query.phrases)
    cursor.execute(_QUERY, [words, beginning])
    return str(cursor.fetchone()[0] or "")


def _hit(row: Sequence[Any], query: Query) -> TextHit:
    id_, conversation_id, seq, at, kind, author, body, line_id, status, contact_id, name, address = row
    return {
        "conversation_id": conversation_id, "message_id": id_, "seq": seq, "at": iso(at), "kind": kind,
        "author": author, "line_id": line_id, "status": status,
        "contact": {"id": contact_id, "name": name or None, "address": address},
        "parts": [{"text": text, "hit": hit} for text, hit in marked(body, query)],
    }  # fmt: skip


def _midnight(day: str, zone: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), ZoneInfo(zone))
