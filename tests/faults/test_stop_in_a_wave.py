"""People say STOP while thousands of texts are on their way to them: nothing is written to them after that.

The operator's ledger keeps the order of one connection: what the gateway wrote before it acknowledged the STOP stands
before that answer, and whatever stands behind it was written after the opt-out had been committed.
"""

from __future__ import annotations

import random
from typing import Any

import psycopg
import pytest

from tests.faults.conftest import FULL, seeds, wait_until

PER_SECOND = 50
WAVE, STOPS = (10_000, 200) if FULL else (400, 20)
SAID = ("STOP", "stop", "Stop.", "ARRET", "arrêt", "  stop  ", "STOP svp", "STOOOP", "ＳＴＯＰ", "unsubscribe")
OWN = "vague numéro"  # each text of the wave begins so

# One conversation, one message, one row of the outbox for each number: what a campaign leaves behind.
_WAVE = """
with line as (select id, organisation_id, address, queue_id from conversations_line where address = '1919' limit 1),
link as (select link_id as id from conversations_linelink join conversations_link l on l.id = link_id
         where line_id = (select id from line) and l.settings->>'system_id' = %(account)s limit 1),
person as (
    select number, uuidv7() as contact, uuidv7() as address, uuidv7() as conversation, uuidv7() as message,
           '+2290196' || lpad(number::text, 6, '0') as phone
    from generate_series(1, %(count)s) number
), contact as (
    insert into contacts_contact (id, organisation_id)
    select person.contact, line.organisation_id from person, line returning 1
), address as (
    insert into contacts_address (id, organisation_id, kind, value, contact_id)
    select person.address, line.organisation_id, 'phone', phone, contact from person, line returning 1
), conversation as (
    insert into conversations_conversation (id, organisation_id, line_id, contact_id, address_id, link_id, thread_key,
                                            status, last_seq)
    select person.conversation, line.organisation_id, line.id, person.contact, person.address, link.id, '', 'bot', 1
    from person, line, link returning 1
), message as (
    insert into conversations_message (id, organisation_id, conversation_id, seq, kind, author, body)
    select person.message, line.organisation_id, person.conversation, 1, 'outgoing', 'system', %(own)s || ' ' || number
    from person, line returning 1
)
insert into conversations_delivery (message_id, organisation_id, conversation_id, line_id, link_id, source, destination,
                                    lane, encoding, parts, reference, state)
select person.message, line.organisation_id, person.conversation, line.id, link.id, line.address, phone, 2, 'gsm7', 1,
       number, 0
from person, line, link
"""


_GONE = "select count(*) from conversations_delivery where lane = 2 and state > 1"


def at_the_wires_pace(database: str, account: str) -> None:
    """The operator's rate, as an administrator sets it; the gateway hears of it and binds again."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            """update conversations_link set settings = settings || jsonb_build_object('rate_per_s', %s::int)
               where settings->>'system_id' = %s""",
            [PER_SECOND, account],
        )
        connection.execute("notify palabre_links")


@pytest.mark.timeout(600)
@pytest.mark.needs("RFP-083")
@pytest.mark.parametrize("seed", seeds(1))
def test_nothing_is_submitted_to_a_number_after_its_stop(palabre, line, rows, seed):
    chance = random.Random(seed)
    database = palabre.environ["DATABASE_OWNER_URL"]
    at_the_wires_pace(database, "savane")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(_WAVE, {"count": WAVE, "account": "savane", "own": OWN})
    began = len(line.ledger())
    stopping = chance.sample(range(1, WAVE + 1), STOPS)
    moments = sorted(chance.uniform(0.5, WAVE / PER_SECOND * 0.9) for _ in stopping)
    mine: dict[str, str] = {}  # the operator's id of a STOP -> the number
    for place, number in enumerate(stopping):
        due = int(moments[place] * PER_SECOND)
        wait_until(lambda due=due: rows(_GONE)[0][0] >= due, "the wave goes on", WAVE / PER_SECOND + 60)
        phone = f"+2290196{number:06d}"
        [mo] = line.text(phone, chance.choice(SAID), to="1919", account="savane")
        mine[mo] = phone
    wait_until(
        lambda: not rows("select 1 from conversations_delivery where state in (0, 1) limit 1"),
        "the wave is over",
        WAVE / PER_SECOND + 60,
    )
    ledger = line.ledger(began)
    stopped: dict[str, int] = {}
    late: list[tuple[str, int, int]] = []
    for place, row in enumerate(ledger):
        if row.get("command") == "deliver_sm_resp" and row.get("status") == 0 and row.get("mo") in mine:
            stopped[mine[row["mo"]].lstrip("+")] = place
        elif is_of_the_wave(row) and row["destination"].lstrip("+") in stopped:
            late.append((row["destination"], stopped[row["destination"].lstrip("+")], place))
    sent = {row["destination"].lstrip("+") for row in of_the_wave(ledger)}
    spared = rows("select count(*) from conversations_delivery where error_code = 'opted_out'")[0][0]
    print(f"seed {seed}: {len(sent)} of {WAVE} sent, {len(stopped)} STOPs, {spared} spared by them")
    assert len(stopped) == STOPS, "a STOP was not acknowledged"
    assert late == [], "written after the opt-out was committed"
    assert rows("select count(*) from contacts_suppression") == [(STOPS,)]
    assert len(sent) + spared == WAVE, "somebody got neither his text nor its refusal"
    assert spared, "no STOP came before its text: nothing was proved"


def of_the_wave(ledger: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in ledger if is_of_the_wave(row)]


def is_of_the_wave(row: dict[str, Any]) -> bool:
    return row.get("command") == "submit_sm" and row["direction"] == "in" and str(row.get("text", "")).startswith(OWN)
