"""The gateway as others measure theirs: texts out with a receipt each, texts in acknowledged, a reply amid a wave.

`mt_per_s_receipts`: from COMMIT of 15,000 rows in the outbox until the operator has the last receipt's answer, over two
accounts with one bind each. `mo_acked_per_s_w10`: subscribers' texts that one account offers, ten without an answer a
bind, until each is acknowledged, after its commit; `_4binds`: the same by four binds of the account.
`reply_p95_ms_during_wave`: a campaign of 40,000 texts waits on a link that may send 100 a second; an agent's reply,
from its commit until the operator has read it.

`lost`: texts acknowledged that the database does not have, or deliveries without their receipt. `twice`: texts that the
operator was handed twice. The operator is one process (bench/_operator.py); it knows nothing of who is its customer.
`ceiling`: what it does with a customer that keeps nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from bench import _ground as ground
from bench._ground import ACCOUNTS, Helper, Processor
from bench.outbox import WRITE
from config.up import trial
from config.up.trial import Running
from realtime.doorbell import OUTBOX

REPEATS = 5
OUT, IN, CONVERSATIONS = 15_000, 10_000, 5_000
WINDOW = 200
TO = "3334"
WAVE, RATE, REPLIES = 40_000, 100, 20

# One answer of a person in a conversation of its own, as the product writes it.
REPLY = """
with chosen as materialized (
    select c.id, c.organisation_id, c.line_id, a.value, uuidv7() as message_id
    from conversations_conversation c join contacts_address a on a.id = c.address_id
    where a.value = %(number)s and c.status <> 'closed'
), numbered as (
    update conversations_conversation c set last_seq = last_seq + 1 from chosen where chosen.id = c.id
    returning c.id, c.last_seq
), message as (
    insert into conversations_message (id, organisation_id, conversation_id, seq, kind, author, body)
    select message_id, organisation_id, id, last_seq, 'outgoing', 'agent', %(text)s from chosen join numbered using (id)
)
insert into conversations_delivery
    (message_id, organisation_id, conversation_id, line_id, link_id, source, destination, lane, encoding, parts,
     reference, state)
select message_id, organisation_id, id, line_id, %(link)s, %(line)s, value, 0, 'gsm7', 1, 1, 0 from chosen
"""


def run() -> Iterator[dict[str, Any]]:
    with trial.running() as palabre, ground.helper(palabre, "_operator", receipt_ms=50) as operator:
        port = operator.hear()["port"]
        ground.set_links(palabre, port=port, window=WINDOW, rate_per_s=0)
        _binds(operator, dict.fromkeys(ACCOUNTS, 1))
        figures = [
            _in("mo_acked_per_s_w10", operator, f"in1r{repeat}", lambda mark: _stored(palabre, mark))
            for repeat in range(REPEATS)
        ]
        ground.set_links(palabre, binds=4)
        _binds(operator, dict.fromkeys(ACCOUNTS, 4))
        figures += [
            _in("mo_acked_per_s_w10_4binds", operator, f"in4r{repeat}", lambda mark: _stored(palabre, mark))
            for repeat in range(REPEATS)
        ]
        ground.set_links(palabre, binds=1)
        _binds(operator, dict.fromkeys(ACCOUNTS, 1))
        figures += [_out(palabre, operator, f"out{repeat}") for repeat in range(REPEATS)]
        yield from figures
        ground.set_links(palabre, rate_per_s=RATE, window=10)
        yield from _replies(palabre, operator)


def _binds(operator: Helper, wanted: dict[str, int]) -> None:
    def bound() -> bool:
        operator.tell()
        return bool(operator.hear()["binds"] == wanted)

    ground.wait_until(bound, 30, f"binds {wanted}")


def _in(metric: str, operator: Helper, mark: str, stored: Callable[[str], int]) -> dict[str, Any]:
    """Any customer may be measured so: `stored` counts the texts, each "<mark> <number>", that it kept."""
    operator.tell(offer={"account": ACCOUNTS[0], "count": IN, "window": 10, "to": TO, "text": mark})
    began = time.monotonic()
    while (found := operator.hear()["offered"])["acked"] < IN and time.monotonic() - began < 120:
        time.sleep(0.05)
        operator.tell()
    return {
        "metric": metric,
        "value": round(found["acked"] / found["seconds"]),
        "unit": "1/s",
        "lost": found["acked"] - stored(mark),
        "refused": found["refused"],
    }


def _stored(palabre: Running, mark: str) -> int:
    return IN - ground.lost(palabre, mark, IN)


def _out(palabre: Running, operator: Helper, mark: str) -> dict[str, Any]:
    operator.tell()
    before = operator.hear()
    processor = Processor(palabre, ("gateway", "postgres"))
    with psycopg.connect(ground.url(palabre)) as connection:
        order = {"mark": mark, "line": TO, "conversations": CONVERSATIONS, "each": OUT // CONVERSATIONS}
        connection.execute(WRITE, order)
        connection.execute(f"notify {OUTBOX}")
    processor.start()
    began = time.monotonic()
    operator.tell()
    while (now := operator.hear())["receipts"] - before["receipts"] < OUT and time.monotonic() - began < 120:
        time.sleep(0.02)
        operator.tell()
    took = time.monotonic() - began
    used = processor.used()
    ((delivered,),) = ground.rows(
        palabre,
        """select count(*) from conversations_delivery d join conversations_message m on m.id = d.message_id
           where d.state = 4 and m.body like %s""",
        f"{mark} %",
    )
    return {
        "metric": "mt_per_s_receipts",
        "value": round(OUT / took),
        "unit": "1/s",
        "lost": OUT - delivered,
        "twice": now["twice"] - before["twice"],
        "cpu_ms": {name: round(1000 * seconds / OUT, 3) for name, seconds in used.items()},
    }


def _replies(palabre: Running, operator: Helper) -> Iterator[dict[str, Any]]:
    ((link,),) = ground.rows(
        palabre, "select id from conversations_link where settings->>'system_id' = %s", ACCOUNTS[0]
    )
    operator.tell(watch="reply")
    operator.hear()
    with psycopg.connect(ground.url(palabre)) as connection:
        order = {"mark": "wave", "line": TO, "conversations": CONVERSATIONS, "each": WAVE // CONVERSATIONS}
        connection.execute(WRITE, order)
        connection.execute(
            "update conversations_delivery set lane = 2, link_id = %s where state = 0 and lane = 0", [link]
        )
        connection.execute(f"notify {OUTBOX}")
    time.sleep(3.0)  # the wave is on its way
    for repeat in range(REPEATS):
        committed: dict[str, float] = {}
        with psycopg.connect(ground.url(palabre)) as connection:
            for n in range(REPLIES):
                text = f"reply {repeat}.{n}"
                number = f"+22901900{repeat * REPLIES + n:05d}"
                # Of somebody who is in the wave, the reply would take the campaign's texts to him with it.
                connection.execute(
                    "update conversations_delivery set state = 5 where state = 0 and destination = %s", [number]
                )
                connection.execute(REPLY, {"number": number, "text": text, "link": link, "line": TO})
                connection.execute(f"notify {OUTBOX}")
                connection.commit()
                committed[text] = time.monotonic()
                time.sleep(0.05 + 0.013 * (n % 7))
        time.sleep(2.0)
        operator.tell()
        arrived = operator.hear()["arrived"]
        took = [arrived[text] - at for text, at in committed.items() if text in arrived]
        yield {
            "metric": "reply_p95_ms_during_wave",
            "value": round(1000 * ground.percentile(took, 0.95), 1) if took else None,
            "unit": "ms",
            "at_most": 500,
            "lost": len(committed) - len(took),
            "median_ms": round(1000 * ground.percentile(took, 0.5), 1) if took else None,
        }
