"""What became of parts: the answers to our submits, and the receipts of operators.

A state says what has happened in the world and only moves forward. Receipts come late, twice, reversed, before the
answer that names their id: those that match nothing yet are parked, and matched when that answer is stored.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import errors

from common.text import storable
from conversations.adapters import InboundReceipt, SubmitRefused
from conversations.events import DeliveriesProgressed
from conversations.intake import in_short, keep_raw, make_partitions
from conversations.models import DeliveryState
from conversations.wrong_numbers import keep_wrong_numbers
from realtime.events import to_json
from realtime.log import APPEND

log = logging.getLogger(__name__)

Connection = psycopg.AsyncConnection[Any]

LONGEST_KEY = 200
RETRY_S = 2.0  # a part that was surely not written is tried again after this; refused for now: each time later
# Refused "for now" so often, ever slower (each wait twice the last, at most 600 s): some 15 hours. Then it has failed.
MOST_REFUSALS = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of one attempt. `provider_ids`: spellings, verbatim first.

    `withdrawn`: surely nothing was written, so the part goes back to the queue after `retry_after_s` seconds; with an
    `error_code` it was refused for now, and each such refusal doubles the wait.
    """

    attempt_id: UUID
    message_id: UUID
    state: DeliveryState
    provider_ids: tuple[str, ...] = ()
    error_code: str = ""
    error_text: str = ""
    withdrawn: bool = False
    retry_after_s: float = 0.0


def refused(attempt_id: UUID, message_id: UUID, refusal: SubmitRefused, *, retry_after_s: float) -> Outcome:
    """A provider's no: for good, or for now (then the part goes back to the queue; a throttle counts as no refusal)."""
    code = refusal.spelled
    if refusal.permanent:
        return Outcome(attempt_id, message_id, DeliveryState.FAILED, error_code=code, error_text=refusal.reason)
    return Outcome(
        attempt_id,
        message_id,
        DeliveryState.QUEUED,
        error_code="" if refusal.throttled else code,
        error_text=refusal.reason,
        withdrawn=True,
        retry_after_s=retry_after_s,
    )


_UPDATE_ATTEMPTS = """
update conversations_attempt a
set state = new.state, provider_id = case when new.provider_id <> '' then new.provider_id else a.provider_id end,
    error_code = new.code, error_text = new.text, withdrawn = new.withdrawn, answered_at = clock_timestamp()
from (
    select distinct on (attempt_id) * from unnest(
        %(attempt)b::uuid[], %(state)b::smallint[], %(provider)b::text[], %(code)b::text[], %(text)b::text[],
        %(withdrawn)b::bool[]
    ) with ordinality t (attempt_id, state, provider_id, code, text, withdrawn, ord)
    order by attempt_id, least(state, 4) desc, ord
) new
where a.id = new.attempt_id and not a.withdrawn and least(new.state, 4) > least(a.state, 4)
"""

# The state of a message is what is known of its worst part. Forward only, but for one case: a part that was surely
# not written puts the message back into the queue, even where it was called unknown meanwhile (a new owner of the link
# found it unanswered; the former one was only slow, and knows).
_RECOMPUTE = """
update conversations_delivery d
set state = new.state, updated_at = clock_timestamp(),
    error_code = new.code, error_text = new.text,
    due_at = case when new.state = 0
        then clock_timestamp() + make_interval(secs => least(600, %(retry)s * power(2, least(new.refusals, 20))))
        else d.due_at end
from (
    select message_id, refusals,
        case
            when failed is not null then failed
            when refusals >= %(most)s then 5
            when under_way < parts and not unknown then 0
            when unknown then 2
            when sending then 1
            when delivered then 4
            else 3
        end as state,
        case when failed is null and refusals >= %(most)s then refusal_code else code end as code,
        case when failed is null and refusals >= %(most)s then refusal_text else text end as text
    from (
        select d.message_id, coalesce(d.submits, d.parts) as parts,
            max(a.state) filter (where a.state in (5, 6) and not a.withdrawn) as failed,
            count(distinct a.part) filter (where not a.withdrawn) as under_way,
            coalesce(bool_or(a.state = 2), false) as unknown,
            coalesce(bool_or(a.state = 1), false) as sending,
            coalesce(bool_and(a.state = 4) filter (where not a.withdrawn), false) as delivered,
            count(*) filter (where a.withdrawn and a.error_code <> '' and a.link_id = d.link_id) as refusals,
            coalesce(max(a.error_code) filter (where a.withdrawn), '') as refusal_code,
            coalesce(max(a.error_text) filter (where a.withdrawn and a.error_code <> ''), '') as refusal_text,
            coalesce(max(a.error_code) filter (where a.state in (2, 5, 6) and not a.withdrawn), '') as code,
            coalesce(max(a.error_text) filter (where a.state in (2, 5, 6) and not a.withdrawn), '') as text
        from conversations_delivery d
        left join conversations_attempt a on a.message_id = d.message_id
        where d.message_id = any(%(messages)b)
        group by d.message_id, d.submits, d.parts
    ) told
) new
where d.message_id = new.message_id
  and (least(new.state, 4) > least(d.state, 4) or (new.state = 0 and d.state in (1, 2)))
returning d.message_id, d.organisation_id, d.conversation_id, d.line_id, d.state
"""

_DOUBT = """
update conversations_delivery set doubted = true where message_id = any(%b) and not doubted
returning message_id, organisation_id, conversation_id, line_id, state
"""

_REMEMBER_IDS = """
insert into conversations_providerkey (id, link_id, key, attempt_id, message_id)
select uuidv7(), %(link)s, key, attempt_id, message_id
from unnest(%(key)b::text[], %(attempt)b::uuid[], %(message)b::uuid[]) t (key, attempt_id, message_id)
"""

# The newest message with one of these ids that went to this very address; the best spelling first.
_MATCH = """
select distinct on (r.ord) r.ord, k.attempt_id, k.message_id
from unnest(%(ord)b::int[], %(keys)b::text[], %(address)b::text[]) r (ord, keys, address)
cross join lateral jsonb_array_elements_text(r.keys::jsonb) with ordinality spelling (key, rank)
cross join lateral (
    -- `offset 0`: one look into the index for each. Joined, a plan made while a table was small reads all of it.
    select k.attempt_id, k.message_id, k.created_at from conversations_providerkey k
    where k.link_id = %(link)s and k.key = spelling.key offset 0
) k
cross join lateral (select destination from conversations_delivery where message_id = k.message_id offset 0) d
where r.address = '' or d.destination = r.address
order by r.ord, spelling.rank, k.created_at desc
"""

# Operators use their numbers again: a parked receipt is a message's only when it speaks of the message's number.
_UNPARK = """
with parked as materialized (
    select id, keys, address from conversations_receipt
    where link_id = %(link)s and attempt_id is null and keys ?| %(key)b::text[]
      and received_at > now() - interval '7 days'
), found as (
    select distinct on (p.id) p.id, o.attempt_id, o.message_id
    from parked p
    cross join lateral jsonb_array_elements_text(p.keys) with ordinality spelling (key, rank)
    join unnest(%(key)b::text[], %(attempt)b::uuid[], %(message)b::uuid[]) with ordinality
        o (key, attempt_id, message_id, ord) on o.key = spelling.key
    cross join lateral (select destination from conversations_delivery where message_id = o.message_id offset 0) d
    where p.address in ('', d.destination)
    order by p.id, spelling.rank, o.ord desc
)
update conversations_receipt r set attempt_id = found.attempt_id
from found where r.id = found.id
returning r.id, found.attempt_id, found.message_id, r.state, r.error
"""

RECEIPT_STATES = {
    "delivered": DeliveryState.DELIVERED,
    "failed": DeliveryState.FAILED,
    "rejected": DeliveryState.FAILED,
    "expired": DeliveryState.EXPIRED,
    "enroute": DeliveryState.SENT,
    "accepted": DeliveryState.SENT,
    "unknown": DeliveryState.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class ReadyReceipt:
    """A receipt whose address is normalised as the addresses of deliveries are ("" when it gave none)."""

    address: str
    item: InboundReceipt


async def store_results(
    connection: Connection, *, link_id: UUID, outcomes: Sequence[Outcome], receipts: Sequence[ReadyReceipt]
) -> set[UUID]:
    """Store answers and receipts of one link; returns the organisations whose log has grown.

    Receipts that match nothing yet are parked: one may come before the answer that names its id. What the database
    refuses never costs the others: the batch is halved until the culprit is alone; then a receipt's bytes are kept
    with an alarm, and an answer is stored without its words. Raises psycopg.OperationalError when the database is away;
    the same batch may be given again.
    """
    try:
        return await _store_once(connection, link_id, outcomes, receipts)
    except (psycopg.DataError, psycopg.IntegrityError, errors.ProgramLimitExceeded, UnicodeEncodeError) as error:
        reason = in_short(error)
    if "no partition" in reason:
        log.error("a month's partition is missing: making it")
        await make_partitions(connection)
        try:
            return await _store_once(connection, link_id, outcomes, receipts)
        except errors.CheckViolation as error:
            raise psycopg.OperationalError("a month's partition is missing and cannot be made") from error
    log.error("link %s: %d answers, %d receipts refused: %s", link_id, len(outcomes), len(receipts), reason)
    if len(outcomes) + len(receipts) > 1:
        half, other = (len(outcomes) + 1) // 2, len(receipts) // 2
        touched = await store_results(connection, link_id=link_id, outcomes=outcomes[:half], receipts=receipts[:other])
        return touched | await store_results(
            connection, link_id=link_id, outcomes=outcomes[half:], receipts=receipts[other:]
        )
    for receipt in receipts:
        digest = hashlib.sha256(receipt.item.raw).hexdigest()
        await keep_raw(connection, link_id, "receipt", f"receipt:{digest}", receipt.item.raw, reason)
    bare = [Outcome(o.attempt_id, o.message_id, o.state, withdrawn=o.withdrawn) for o in outcomes]
    if bare == list(outcomes):
        log.error("link %s: what became of attempts %s cannot be stored", link_id, [o.attempt_id for o in outcomes])
        return set()
    return await store_results(connection, link_id=link_id, outcomes=bare, receipts=[])


async def _store_once(
    connection: Connection, link_id: UUID, outcomes: Sequence[Outcome], receipts: Sequence[ReadyReceipt]
) -> set[UUID]:
    # What needs no answer of the one before is sent with it: a wait for each of a dozen statements, and a task for each
    # outcome, were a seventh of what a text out cost the gateway.
    async with connection.pipeline(), connection.transaction():
        # One writer a link at a time: else an answer and its early receipt, each not yet committed, miss each other.
        # The owner is alone, but a former one may still be storing what it knows.
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('results:' || %s, 0))", [str(link_id)])
        outcomes = list(outcomes)
        unparked = await _remember(connection, link_id, outcomes)
        matching = await _match(connection, link_id, receipts)
        told = [
            _of_receipt(attempt_id, message_id, DeliveryState(state), error)
            for _, attempt_id, message_id, state, error in sorted(await _rows(unparked))
        ]
        told += await _keep_receipts(connection, link_id, receipts, await _rows(matching))
        # An answer that is unknown is a state of the text; a receipt that is says something of a text that was sent.
        doubted = sorted({one.message_id for one in told if one.state == DeliveryState.UNKNOWN})
        return await _apply(connection, link_id, outcomes + told, doubted)


async def _rows(cursor: psycopg.AsyncCursor[Any] | None) -> list[tuple]:
    return [] if cursor is None else await cursor.fetchall()


async def _remember(
    connection: Connection, link_id: UUID, outcomes: Sequence[Outcome]
) -> psycopg.AsyncCursor[Any] | None:
    """Keep the ids that answers named; the rows are receipts that came before these answers."""
    named = [
        (key, o.attempt_id, o.message_id)
        for o in outcomes
        for key in dict.fromkeys(_key(spelling) for spelling in o.provider_ids)
    ]
    if not named:
        return None
    keys, attempts, messages = (list(column) for column in zip(*named, strict=True))
    parameters = {"link": link_id, "key": keys, "attempt": attempts, "message": messages}
    await connection.execute(_REMEMBER_IDS, parameters)
    return await connection.execute(_UNPARK, parameters)


def _key(spelling: str) -> str:
    """An id of the provider as it is stored and looked up: what an answer and a receipt name is cut alike."""
    return storable(spelling)[:LONGEST_KEY]


def _keys(receipt: ReadyReceipt) -> str:
    return json.dumps([_key(spelling) for spelling in receipt.item.provider_ids])


async def _match(
    connection: Connection, link_id: UUID, receipts: Sequence[ReadyReceipt]
) -> psycopg.AsyncCursor[Any] | None:
    """The rows: place of a receipt, the attempt and the message that it speaks of."""
    if not receipts:
        return None
    return await connection.execute(
        _MATCH,
        {
            "link": link_id,
            "ord": list(range(len(receipts))),
            "keys": [_keys(receipt) for receipt in receipts],
            "address": [storable(receipt.address) for receipt in receipts],
        },
    )


async def _keep_receipts(
    connection: Connection, link_id: UUID, receipts: Sequence[ReadyReceipt], found: Sequence[tuple]
) -> list[Outcome]:
    if not receipts:
        return []
    matched = {ord_: (attempt, message) for ord_, attempt, message in found}
    states = [RECEIPT_STATES.get(receipt.item.state, DeliveryState.SENT) for receipt in receipts]
    await connection.execute(
        """
        insert into conversations_receipt (id, link_id, keys, address, state, error, text, raw, attempt_id)
        select uuidv7(), %(link)s, keys::jsonb, address, state, error, text, raw, attempt_id
        from unnest(%(keys)b::text[], %(address)b::text[], %(state)b::smallint[], %(error)b::text[], %(text)b::text[],
                    %(raw)b::bytea[], %(attempt)b::uuid[]) t (keys, address, state, error, text, raw, attempt_id)
        """,
        {
            "link": link_id,
            "keys": [_keys(receipt) for receipt in receipts],
            "address": [storable(receipt.address)[:254] for receipt in receipts],
            "state": [int(state) for state in states],
            "error": [storable(receipt.item.error)[:40] for receipt in receipts],
            "text": [storable(receipt.item.text) for receipt in receipts],
            "raw": [receipt.item.raw for receipt in receipts],
            "attempt": [matched.get(ord_, (None,))[0] for ord_ in range(len(receipts))],
        },
    )
    return [_of_receipt(*matched[ord_], states[ord_], receipts[ord_].item.error) for ord_ in sorted(matched)]


def _of_receipt(attempt_id: UUID, message_id: UUID, state: DeliveryState, error: str) -> Outcome:
    failed = state in (DeliveryState.FAILED, DeliveryState.EXPIRED)
    return Outcome(
        attempt_id,
        message_id,
        state,
        error_code=error[:16] if failed else "",
        error_text="refused by the operator"
        if state == DeliveryState.FAILED
        else ("not delivered in time" if failed else ""),
    )


async def _apply(
    connection: Connection, link_id: UUID, outcomes: Sequence[Outcome], doubted: Sequence[UUID]
) -> set[UUID]:
    """Move attempts and deliveries forward and say so; the event counter last."""
    if not outcomes:
        return set()
    messages = sorted({outcome.message_id for outcome in outcomes})
    # One order for all: whoever touches a delivery or its attempts holds its row first.
    await connection.execute(
        "select from conversations_delivery where message_id = any(%b) order by message_id for update", [messages]
    )
    # A receipt in the same batch says more than the answer, and knows less of the id.
    verbatim = {o.attempt_id: _key(o.provider_ids[0]) for o in outcomes if o.provider_ids}
    await connection.execute(
        _UPDATE_ATTEMPTS,
        {
            "attempt": [o.attempt_id for o in outcomes],
            "state": [int(DeliveryState.FAILED if o.withdrawn else o.state) for o in outcomes],
            "provider": [verbatim.get(o.attempt_id, "") for o in outcomes],
            "code": [storable(o.error_code)[:16] for o in outcomes],
            "text": [storable(o.error_text)[:200] for o in outcomes],
            "withdrawn": [o.withdrawn for o in outcomes],
        },
    )
    doubts = await connection.execute(_DOUBT, [doubted]) if doubted else None
    retry = max((o.retry_after_s for o in outcomes if o.withdrawn), default=0.0)
    cursor = await connection.execute(_RECOMPUTE, {"messages": messages, "retry": retry, "most": MOST_REFUSALS})
    moved = await cursor.fetchall()
    if doubts is not None:
        known = {row[0] for row in moved}  # what was sent already has not moved, and is told all the same
        moved += [(*row[:4], 2) for row in await doubts.fetchall() if row[4] == 3 and row[0] not in known]
    if not moved:
        return set()
    failed = {row[0] for row in moved if row[4] == DeliveryState.FAILED}
    if failed:
        codes = {o.message_id: o.error_code for o in outcomes if o.message_id in failed and o.error_code}
        await keep_wrong_numbers(connection, link_id, codes)
    cursor = await connection.execute(
        "select id, seq from conversations_message where id = any(%b)", [[row[0] for row in moved]]
    )
    seqs = dict(await cursor.fetchall())
    by_organisation: dict[UUID, list[tuple[UUID, UUID, UUID, int, int]]] = defaultdict(list)
    for message_id, organisation_id, conversation_id, line_id, state in sorted(moved):
        by_organisation[organisation_id].append((line_id, conversation_id, message_id, seqs[message_id], state))
    for organisation_id in sorted(by_organisation):
        told = DeliveriesProgressed(items=tuple(by_organisation[organisation_id]))
        await connection.execute(
            APPEND,
            {"organisation": organisation_id, "types": [told.type], "data": [to_json(told)]},
        )
    return set(by_organisation)
