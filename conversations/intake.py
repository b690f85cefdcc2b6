"""Intake: a batch of texts becomes rows in one statement, in one transaction; only then are they acknowledged.

One round trip does: seen before? contact, address, open conversation, message with its number, the dispatcher's
queue, the raw bytes, and the events with theirs. Why it is right with several writers, and what each setting of the
connection is for, stands in docs/decisions/0002-intake-statement.md.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import errors

from common.text import storable
from contacts.keywords import Keyword
from conversations.adapters import InboundText
from conversations.consent import Asked, take_keywords
from conversations.patience import KEEPALIVE, known

log = logging.getLogger(__name__)

LARGEST_BATCH = 100

# Each met as a fault: without the first, plans are made anew; the planner guesses one row a CTE, so nested loops are
# quadratic; plans made while tables are empty (a first start, a new partition) would stay sequential scans.
CONNECTION_SETTINGS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_nestloop": "off",
    "enable_seqscan": "off",
    "jit": "off",
}

# Of every connection here. The server itself ends what waits too long, before we cut its connection (patience.py):
# statements that nobody waits for any more would pile up behind a lock, and act when it is let go. A process that was
# stopped within a transaction loses it, and the rows that everybody waits for.
BOUNDS = {
    "statement_timeout": "4500",
    "idle_in_transaction_session_timeout": "5000",
    "client_connection_check_interval": "1000",
}

# Of the connections that look up few rows in great tables, by key. With its own guesses the planner hashes a whole
# partition of deliveries for a batch of receipts, and keeps sequential scans of tables that were empty once.
LOOKUP_SETTINGS = {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off"}
# Of those whose statements are the same each time: to plan them over all months took longer than to do them.
RESULT_SETTINGS = {**LOOKUP_SETTINGS, "plan_cache_mode": "force_generic_plan"}

# Order of locks, the same for every writer: seen, address, conversation, message and its neighbours, event head last;
# inside each, sorted by key. Each find-or-create ends in DO UPDATE, which waits for the other writer and returns its
# row although our snapshot does not see it; DO NOTHING would return no row, and the text would be lost.
# A text's raw bytes and its event bear its own id: without OpenSSL, PostgreSQL opens /dev/urandom for each uuid (five
# for a text were a twentieth of the statement).
# The event head reads the counts of everything before it, so that its lock really is the last one taken.
STATEMENT = """
with input as materialized (
    -- A text whose line has just gone has no organisation: it must not count as seen, it would be lost.
    -- Nor one of a lease that may be over before this is committed (a statement can be on its way for long: a network
    -- that was cut and is mended delivers it): the next owner of its link would be offered it again, and not know it.
    select given.*, line.queue_id,
           line.bot = '' and line.queue_id is not null
               and not (line.is_filtered or line.is_routed) as straight_to_queue,
           case when not given.is_leased or given.link_id = any(array(
               select owned.link_id
               from unnest(%(owned)b::uuid[], %(epochs)b::bigint[]) owned (link_id, epoch)
               join jobs_lease held on held.name = 'link:' || owned.link_id and held.epoch = owned.epoch
                   and held.expires_at > clock_timestamp() + interval 'STATEMENT_MS ms'
           )) then line.organisation_id end as organisation_id,
           line.id is null as homeless
    from unnest(
        %(ord)b::int[], %(link)b::uuid[], %(line)b::uuid[], %(key)b::text[], %(fingerprint)b::bytea[],
        %(sender)b::text[], %(thread)b::text[], %(body)b::text[], %(raw)b::bytea[], %(facts)b::text[],
        %(leased)b::boolean[]
    ) given (ord, link_id, line_id, key, fingerprint, sender, thread_key, body, raw, facts, is_leased)
    left join conversations_line line on line.id = given.line_id
), seen as (
    insert into conversations_seen (link_id, key, fingerprint)
    select distinct on (link_id, key) link_id, key, fingerprint from input where organisation_id is not null
    order by link_id, key, ord
    on conflict do nothing
    returning link_id, key
), fresh as materialized (
    select x.*, uuidv7() as message_id
    from (
        select distinct on (i.link_id, i.key) i.*
        from input i
        join seen using (link_id, key)
        order by i.link_id, i.key, i.ord
    ) x
    order by x.ord
), kept as (
    insert into conversations_rawinbound (id, link_id, kind, key, payload)
    select message_id, link_id, 'text', key, raw from fresh order by ord
    returning 1
), person as materialized (
    -- Within the lateral, LIMIT: pulled up, it becomes a join that reads the index of all addresses.
    select p.*, case when known.id is null then uuidv7() end as new_contact_id,
           known.id as address_id, known.contact_id
    from (select distinct organisation_id, sender from fresh) p
    left join lateral (
        select a.id, a.contact_id from contacts_address a
        where a.organisation_id = p.organisation_id and a.kind = 'phone' and a.value = p.sender limit 1
    ) known on true
), address as (
    insert into contacts_address (id, organisation_id, kind, value, contact_id)
    select uuidv7(), organisation_id, 'phone', sender, new_contact_id
    from person where address_id is null
    order by organisation_id, sender
    on conflict (organisation_id, kind, value) do update set value = excluded.value
    returning id, organisation_id, value, contact_id, old.id is null as created
), newcomer as (
    insert into contacts_contact (id, organisation_id)
    select contact_id, organisation_id from address where created
    returning 1
), who as materialized (
    select organisation_id, sender, address_id, contact_id from person where address_id is not null
    union all
    select organisation_id, value, id, contact_id from address
), conversation as (
    insert into conversations_conversation as c (
        id, organisation_id, line_id, contact_id, address_id, link_id, thread_key, status, queue_id, queued_at,
        last_seq, unread, preview, waiting_since
    )
    select uuidv7(), f.organisation_id, f.line_id, w.contact_id,
           (array_agg(w.address_id order by f.ord desc))[1], (array_agg(f.link_id order by f.ord desc))[1],
           f.thread_key,
           case when bool_or(f.straight_to_queue) then 'queued' else 'bot' end,
           case when bool_or(f.straight_to_queue) then (array_agg(f.queue_id))[1] end,
           case when bool_or(f.straight_to_queue) then statement_timestamp() end,
           count(*), count(*), (array_agg(left(f.body, 140) order by f.ord desc))[1], statement_timestamp()
    from fresh f
    join who w on w.organisation_id = f.organisation_id and w.sender = f.sender
    group by f.organisation_id, f.line_id, w.contact_id, f.thread_key
    order by f.line_id, w.contact_id, f.thread_key
    on conflict (line_id, contact_id, thread_key) where status <> 'closed' do update set
        last_seq = c.last_seq + excluded.last_seq,
        unread = c.unread + excluded.unread,
        revision = c.revision + 1,
        preview = excluded.preview, preview_author = 'contact', preview_kind = 'incoming',
        last_activity_at = statement_timestamp(),
        waiting_since = coalesce(c.waiting_since, excluded.waiting_since),
        address_id = excluded.address_id, link_id = excluded.link_id
    returning c.id, c.organisation_id, c.line_id, c.contact_id, c.thread_key, c.last_seq, old.id is null as opened
), numbered as materialized (
    select f.ord, f.message_id, f.organisation_id, f.line_id, f.body, f.facts, conversation.id as conversation_id,
           conversation.opened,
           conversation.last_seq - count(*) over (partition by conversation.id)
               + row_number() over (partition by conversation.id order by f.ord) as seq
    from fresh f
    join who w on w.organisation_id = f.organisation_id and w.sender = f.sender
    join conversation on conversation.line_id = f.line_id and conversation.contact_id = w.contact_id
        and conversation.thread_key = f.thread_key
), message as (
    insert into conversations_message (
        id, organisation_id, conversation_id, seq, kind, author, body, facts
    )
    select message_id, organisation_id, conversation_id, seq, 'incoming', 'contact', body, facts::jsonb
    from numbered order by ord
    returning id, organisation_id
), unhandled as (
    insert into conversations_unhandled as u (conversation_id, organisation_id)
    select id, organisation_id from conversation order by id
    -- Whoever is deciding about this conversation has not seen this text: he loses his claim.
    on conflict (conversation_id) do update set claimed_by = '', claimed_until = null
    returning 1
), head as (
    insert into realtime_eventhead as h (organisation_id, head, epoch)
    select organisation_id, count(*), 1
    from message,
         (select (select count(*) from unhandled) + (select count(*) from kept) + (select count(*) from newcomer)) done
    group by organisation_id order by organisation_id
    on conflict (organisation_id) do update set head = h.head + excluded.head
    returning organisation_id, head
), told as materialized (
    select n.*, head.head - count(*) over (partition by n.organisation_id)
               + row_number() over (partition by n.organisation_id order by n.ord) as event_seq
    from numbered n join head using (organisation_id)
), event as (
    insert into realtime_event (id, organisation_id, seq, type, data)
    select message_id, organisation_id, event_seq, 'message.received', jsonb_build_object(
        'line_id', line_id, 'conversation_id', conversation_id, 'message_id', message_id, 'seq', seq, 'opened', opened)
    from told order by event_seq
)
select input.ord, told.message_id, told.organisation_id, input.homeless, input.organisation_id is null
from input left join told using (ord) order by input.ord
""".replace("STATEMENT_MS", BOUNDS["statement_timeout"])

MAKE_PARTITIONS = "select palabre_make_partitions(%s, now(), 3)"


@dataclass(frozen=True, slots=True)
class ReadyText:
    """A text with its line found, its sender normalised and its words cleaned: fit for the statement."""

    line_id: UUID
    sender: str
    item: InboundText
    # Asked right before it is stored. A process that was stopped and goes on may hold a text that the link's next
    # owner, who cannot know it, is getting again: only one of them may take it.
    still_ours: Callable[[], bool] = lambda: True
    organisation_id: UUID | None = None  # of its link: whose texts wait together (conversations/lanes.py)
    keyword: Keyword | None = None  # that the text consists of (contacts.keywords)
    language: str = ""  # the one that has this keyword
    hint: bool = False  # a person should ask himself if no more texts are wanted
    epoch: int | None = None  # of the lease under which it came; None: of a link that has none, whose keys are its own


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one text. `message_id` is None when it was seen before (acknowledge it all the same)."""

    message_id: UUID | None
    organisation_id: UUID | None
    refused: str = ""  # not empty: the database refuses this one row; the bytes are in RawInbound
    put_off: str = ""  # not empty: not stored now, for this reason; the operator must offer it again


_NOT_OURS = Stored(None, None, put_off="the link has another owner")


async def connect(dsn: str, **settings: str) -> psycopg.AsyncConnection[Any]:
    """A raw connection of its own: statements prepared, autocommit; `settings` are PostgreSQL's."""
    options = " ".join(f"-c {name}={value}" for name, value in {**BOUNDS, **settings}.items())
    connection = await psycopg.AsyncConnection.connect(
        dsn,
        autocommit=True,
        options=options,
        application_name="palabre intake",
        connect_timeout=5,
        **KEEPALIVE,
    )
    return known(connection)


async def store(connection: psycopg.AsyncConnection[Any], texts: Sequence[ReadyText]) -> list[Stored]:
    """Store a batch; one result for each text, in order.

    A deadlock, a serialisation failure or a contact that was erased meanwhile: the batch is tried again. A row that
    the database refuses never costs its batch: the batch is halved until the culprit is alone, and that one's bytes
    are kept with an alarm. Raises psycopg.OperationalError when the database is away: nothing may be acknowledged,
    and the same batch may be given again (what was stored is then found as seen).
    """
    ours = [text for text in texts if text.still_ours()]
    if len(ours) < len(texts):
        found = iter(await store(connection, ours) if ours else ())
        kept = set(map(id, ours))
        return [next(found) if id(text) in kept else _NOT_OURS for text in texts]
    for _ in range(5):
        try:
            return await _with_raw(connection, texts, await _store_once(connection, texts))
        except (errors.DeadlockDetected, errors.SerializationFailure, errors.ForeignKeyViolation) as error:
            log.warning("intake of %d texts is tried again: %s", len(texts), type(error).__name__)
            last: Exception = error
        except errors.CheckViolation as error:
            if "no partition" not in str(error):
                last = error
                break
            log.error("a month's partition is missing: making it")
            await make_partitions(connection)
            last = error
        except (psycopg.DataError, psycopg.IntegrityError, errors.ProgramLimitExceeded, UnicodeEncodeError) as error:
            last = error
            break
    # No fault of these texts: kept as unreadable and acknowledged, they would be lost to everybody's eyes.
    if isinstance(last, psycopg.OperationalError):  # deadlocks again and again
        raise last
    if isinstance(last, errors.CheckViolation) and "no partition" in str(last):
        raise psycopg.OperationalError("a month's partition is missing and cannot be made")
    if len(texts) == 1:
        return await _with_raw(connection, texts, [Stored(None, None, refused=in_short(last))])
    middle = len(texts) // 2
    return await store(connection, texts[:middle]) + await store(connection, texts[middle:])


async def _store_once(connection: psycopg.AsyncConnection[Any], texts: Sequence[ReadyText]) -> list[Stored]:
    asked = [
        Asked(
            place, text.item.link_id, text.line_id, text.item.key, text.sender, text.keyword, text.language,
            text.item.body,
        )
        for place, text in enumerate(texts)
        if text.keyword is not None
    ]  # fmt: skip
    if not asked:
        return await _insert(connection, texts, frozenset())
    async with connection.transaction() as transaction:
        # First: the event head, which everybody waits for, is the last lock that a transaction takes.
        obeyed = await take_keywords(connection, asked)
        stored = await _insert(connection, texts, obeyed)
        if not any(result.put_off for result in stored):
            return stored
        raise psycopg.Rollback(transaction)  # what was obeyed comes again, too
    return [_NOT_OURS] * len(texts)


def _facts(text: ReadyText, *, obeyed: bool) -> str:
    facts: dict[str, Any] = {"encoding": text.item.encoding, "parts": text.item.parts}
    if obeyed:
        facts["keyword"] = text.keyword
    elif text.hint:
        facts["hint"] = Keyword.OPT_OUT
    if text.item.media:
        facts["media"] = len(text.item.media)
    if text.item.media or text.item.missing:
        facts["key"] = text.item.key
    if text.item.missing:  # the key: for the parts of this text, which may still come
        facts["missing"] = text.item.missing
    return json.dumps(facts)


async def _insert(
    connection: psycopg.AsyncConnection[Any], texts: Sequence[ReadyText], obeyed: Container[int]
) -> list[Stored]:
    owned = {(text.item.link_id, text.epoch) for text in texts if text.epoch is not None}
    parameters = {
        "owned": [link_id for link_id, _ in owned],
        "epochs": [epoch for _, epoch in owned],
        "leased": [text.epoch is not None for text in texts],
        "ord": list(range(len(texts))),
        "link": [text.item.link_id for text in texts],
        "line": [text.line_id for text in texts],
        "key": [text.item.key for text in texts],
        "fingerprint": [text.item.fingerprint for text in texts],
        "sender": [text.sender for text in texts],
        "thread": [text.item.thread_key for text in texts],
        "body": [storable(text.item.body) for text in texts],
        "raw": [text.item.raw for text in texts],
        "facts": [_facts(text, obeyed=place in obeyed) for place, text in enumerate(texts)],
    }
    cursor = connection.cursor(binary=True)
    await cursor.execute(STATEMENT, parameters, prepare=True)
    return [
        _NOT_OURS
        if late and not homeless
        else Stored(message_id, organisation_id, refused="its line has gone" if homeless else "")
        for _, message_id, organisation_id, homeless, late in await cursor.fetchall()
    ]


async def _with_raw(
    connection: psycopg.AsyncConnection[Any], texts: Sequence[ReadyText], stored: list[Stored]
) -> list[Stored]:
    """`stored`, once the bytes of what was refused are kept."""
    for text, result in zip(texts, stored, strict=True):
        if result.refused:
            await keep_raw(connection, text.item.link_id, "text", text.item.key, text.item.raw, result.refused)
    return stored


def in_short(error: Exception) -> str:
    """What went wrong, for logs: never PostgreSQL's DETAIL, which quotes the row, and so somebody's words."""
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return f"{type(error).__name__}: {said}"[:300] if said else type(error).__name__


async def make_partitions(connection: psycopg.AsyncConnection[Any]) -> None:
    """Make the months that are missing. Raises psycopg.OperationalError, as for a database that is away: whatever waits
    for them may be given again."""
    from common.partitions import PARTITIONED

    failed: psycopg.Error | None = None
    for table in PARTITIONED:
        try:
            await connection.execute(MAKE_PARTITIONS, [table])
        except psycopg.Error as error:  # one that somebody holds keeps no other from its month
            log.error("months of %s cannot be made: %s", table, in_short(error))
            failed = failed or error
    if isinstance(failed, psycopg.OperationalError):
        raise failed
    if failed is not None:
        raise psycopg.OperationalError("a month's partition is missing and cannot be made") from failed


async def keep_raw(
    connection: psycopg.AsyncConnection[Any], link_id: UUID, kind: str, key: str, raw: bytes, error: str
) -> bool:
    """Keep bytes that could not become a message, once for each key. False: kept before."""
    log.error("link %s: %s %s kept unread: %s", link_id, kind, key[:80], error.encode("ascii", "replace").decode())
    cursor = await connection.execute(
        """
        with seen as (
            insert into conversations_seen (link_id, key) values (%(link)s, %(key)s)
            on conflict do nothing returning 1
        )
        insert into conversations_rawinbound (id, link_id, kind, key, payload, error)
        select uuidv7(), %(link)s, %(kind)s, %(key)s, %(raw)s, %(error)s from seen
        returning id
        """,
        {"link": link_id, "kind": kind, "key": key, "raw": raw, "error": error[:300]},
    )
    return await cursor.fetchone() is not None
