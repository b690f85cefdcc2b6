"""What the line asks of great tables is found by index, and nothing makes every text wait behind one long report."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from uuid import uuid4

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError

from common.partitions import keep_partitions_ahead
from conversations import outcomes
from conversations.intake import LOOKUP_SETTINGS, connect
from conversations.lanes import LOCK_S
from conversations.store import UNCONFIRMED

pytestmark = pytest.mark.django_db(transaction=True)

WAITING = "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
FILL = """
with filled as (
    insert into conversations_delivery (message_id, organisation_id, conversation_id, line_id, link_id, source,
                                        destination, lane, encoding, parts, reference, state)
    select uuidv7(), organisation_id, id, line_id, link_id, '1919', '+229', 1, 'gsm7', 1, 1, 4
    from conversations_conversation, generate_series(1, 4000)
    returning message_id, link_id
)
insert into conversations_providerkey (id, link_id, key, attempt_id, message_id)
select uuidv7(), link_id, message_id::text, uuidv7(), message_id from filled
"""


async def plan(connection, statement, parameters):
    rows = await (await connection.execute(f"explain {statement}", parameters)).fetchall()
    return "\n".join(line for (line,) in rows)


async def generic_plan(connection, statement):
    """That the connections of results keep, whatever their parameters."""
    names: dict[str, int] = {}
    numbered = re.sub(
        r"%\((\w+)\)[bs](::\w+(\[\])?)?",
        lambda found: f"${names.setdefault(found[1], len(names) + 1)}{found[2] or ''}",
        statement,
    )
    rows = await (await connection.execute(f"explain (generic_plan) {numbered}")).fetchall()
    return "\n".join(line for (line,) in rows)


def whole_indexes(plan):
    """The scans of an index that read all of it."""
    lines = [*plan.splitlines(), ""]
    return [
        line.strip()
        for line, below in itertools.pairwise(lines)
        if "Index Scan" in line and "Index Cond" not in below and "Order By" not in below
    ]


@pytest.mark.usefixtures("new_tables")
async def test_receipts_and_redelivered_texts_are_looked_up_by_index(scripted, conversation, dsn):
    link = scripted.link.id
    async with await connect(dsn, **LOOKUP_SETTINGS) as connection:
        await connection.execute(FILL)
        await connection.execute(
            """insert into conversations_seen (link_id, key, at)
               select %s, n::text, now() - (20000 - n) * interval '1 minute' from generate_series(1, 20000) n""",
            [link],
        )
        await connection.execute(
            """insert into conversations_receipt (id, link_id, keys, address, state, error, text, raw)
               select uuidv7(), %s, jsonb_build_array('k' || n), '', 4, '', '', '' from generate_series(1, 4000) n""",
            [link],
        )
        for table in ("delivery", "providerkey", "seen", "receipt"):
            await connection.execute(f"analyze conversations_{table}")
        keys = [str(uuid4()) for _ in range(50)]
        matching = {"link": link, "ord": list(range(50)), "keys": [json.dumps([k]) for k in keys], "address": [""] * 50}
        unparking = {"link": link, "key": keys[:5], "attempt": [uuid4()] * 5, "message": [uuid4()] * 5}
        assert "Seq Scan on conversations" not in await plan(connection, outcomes._MATCH, matching)
        unparked = await plan(connection, outcomes._UNPARK, unparking)
        assert "Seq Scan on conversations" not in unparked
        assert "receipt_parked_keys" in unparked
        assert "seen_at" in await plan(connection, UNCONFIRMED, {"link": link, "seconds": 60, "since": None})
        for statement in (outcomes._MATCH, outcomes._UNPARK, outcomes._RECOMPUTE):
            kept = await generic_plan(connection, statement)
            assert whole_indexes(kept) == [], kept


async def test_the_months_ahead_are_not_waited_for_by_everybody(conversation, dsn):
    """Beside one who has written and does not commit they cannot be made; who stores texts meanwhile does not even take
    the rows for held."""
    async with await connect(dsn) as writer, writer.transaction():
        await writer.execute("update conversations_conversation set revision = revision where false")
        sweep = asyncio.create_task(sync_to_async(keep_partitions_ahead)(9))
        async with await connect(dsn) as looker, asyncio.timeout(20):
            while await (await looker.execute(WAITING)).fetchall() == []:
                assert not sweep.done()
                await asyncio.sleep(0.02)
        async with await connect(dsn, lock_timeout=f"{LOCK_S}s") as text:
            await text.execute("update conversations_conversation set revision = revision where false")
        with pytest.raises((DatabaseError, psycopg.Error)):
            await sweep
