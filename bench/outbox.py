"""Answers a second from committed rows to stored receipts, with everything of `make up` running.

`texts_per_s`: messages and deliveries are committed in one transaction; the two links of the demonstration, bound over
SMPP to an operator in a process of its own, claim, submit and store the answers; the operator's receipts come 50 ms
after its answers. The time runs from COMMIT until the last receipt is acknowledged, which happens after its commit.

`lost`: deliveries that the database does not call delivered. `twice`: texts that the operator was handed twice.
`ceiling`: what the same operator does with a customer that keeps nothing, in the same run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psycopg

from bench import _ground as ground
from bench._ground import Helper, Processor
from config.up import trial
from config.up.trial import Running
from realtime.doorbell import OUTBOX

COUNT = 20_000
CONVERSATIONS = 4_000
REPEATS = 5
WINDOW = 200
TO = "3334"

# Numbered as the product numbers them; half of the conversations answer through each link.
WRITE = """
with chosen as materialized (
    select c.id, c.organisation_id, c.line_id, a.value, link.id as link_id,
           row_number() over (order by c.id) as place
    from conversations_conversation c
    join contacts_address a on a.id = c.address_id
    join lateral (select id from conversations_link order by id offset (hashtext(c.id::text) & 1) limit 1) link on true
    join conversations_line line on line.id = c.line_id and line.address = %(line)s
    where c.status <> 'closed' and a.value like '+22901900%%'
    limit %(conversations)s
), numbered as (
    update conversations_conversation c set last_seq = last_seq + %(each)s, revision = revision + 1
    from chosen where chosen.id = c.id returning c.id, c.last_seq
), rows as materialized (
    select chosen.*, numbered.last_seq - %(each)s + n as seq, n, uuidv7() as message_id
    from generate_series(1, %(each)s) n, chosen join numbered using (id) order by n, place
), message as (
    insert into conversations_message (id, organisation_id, conversation_id, seq, kind, author, body)
    select message_id, organisation_id, id, seq, 'outgoing', 'agent', %(mark)s || ' ' || n || '.' || place from rows
)
insert into conversations_delivery
    (message_id, organisation_id, conversation_id, line_id, link_id, source, destination, lane, encoding, parts,
     reference, state)
select message_id, organisation_id, id, line_id, link_id, %(line)s, value, 0, 'gsm7', 1, 1, 0 from rows
"""


def run() -> Iterator[dict[str, Any]]:
    with trial.running() as palabre:
        ground.set_windows(palabre, 100)
        ground.flood(palabre, count=CONVERSATIONS, numbers=CONVERSATIONS, to=TO, text="first {n}")
        with ground.helper(palabre, "_operator", receipt_ms=50) as operator:
            port = operator.hear()["port"]
            ground.set_links(palabre, port=port, window=WINDOW, rate_per_s=0)
            figures = [_measure(palabre, operator, f"out{repeat}") for repeat in range(REPEATS)]
        ceiling = _ceiling(palabre)
        for figure in figures:
            yield {**figure, "ceiling": ceiling}


def _measure(palabre: Running, operator: Helper, mark: str) -> dict[str, Any]:
    operator.tell()
    before = operator.hear()
    processor = Processor(palabre)
    with psycopg.connect(ground.url(palabre)) as connection:
        connection.execute(
            WRITE,
            {"mark": mark, "line": TO, "conversations": CONVERSATIONS, "each": COUNT // CONVERSATIONS},
        )
        connection.execute(f"notify {OUTBOX}")
    processor.start()
    began = time.monotonic()
    while True:
        operator.tell()
        now = operator.hear()
        if now["receipts"] - before["receipts"] >= COUNT:
            break
        if time.monotonic() - began > 120:
            break  # what is missing is counted below
        time.sleep(0.02)
    took = time.monotonic() - began
    used = processor.used()
    ((delivered,),) = ground.rows(
        palabre,
        """select count(*) from conversations_delivery d join conversations_message m on m.id = d.message_id
           where d.state = 4 and m.body like %s""",
        f"{mark} %",
    )
    return {
        "metric": "texts_per_s",
        "value": round(COUNT / took),
        "unit": "1/s",
        "at_least": 3_000,
        "lost": COUNT - delivered,
        "twice": now["twice"] - before["twice"],
        "cpu_ms": {name: round(1000 * seconds / COUNT, 3) for name, seconds in used.items() if seconds > 0.1},
    }


def _ceiling(palabre: Running) -> int:
    with ground.helper(palabre, "_operator", receipt_ms=50) as operator:
        return ground.ceiling_out(palabre, port=operator.hear()["port"], count=COUNT, window=WINDOW, source=TO)
