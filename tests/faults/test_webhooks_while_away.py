"""A provider that calls us goes on calling while PostgreSQL is away: each text is taken, kept, and stored in order."""

from __future__ import annotations

import time
from collections import Counter, defaultdict

import pytest

from config.up.trial import Running
from tests.faults.conftest import FULL, Line, promised, wait_until
from tests.faults.engines import away

LINE = "+15005550006"
STORED = """
select a.value, m.body from conversations_message m
join conversations_conversation c on c.id = m.conversation_id join contacts_address a on a.id = c.address_id
where m.kind = 'incoming' and m.body like 'panne %%' order by c.id, m.seq
"""


@pytest.mark.skipif(not FULL, reason="a product of its own: `make faults`")
@pytest.mark.timeout(300)
def test_texts_by_webhook_outlive_a_postgresql_that_is_gone(palabre: Running, line: Line, rows):
    seconds = 20.0
    people = [f"229019721{number:04d}" for number in range(10)]
    sent: list[tuple[str, str]] = []

    def text(number: int) -> None:
        person = people[number % len(people)]
        sent.append((f"+{person}", f"panne {number}"))
        line.ask("/control/twilio/mo", {"from": person, "to": LINE, "text": f"panne {number}"})

    def taken() -> Counter[int]:
        return Counter(call["status"] for call in line.ask("/control/twilio")["webhooks"] if "/texts" in call["url"])

    # A copy of each call, as a provider posts it that has not heard our answer; each person's next text comes after.
    line.ask("/control/twilio", {"copies": 2})
    text(0)
    wait_until(lambda: rows(STORED), "the first is stored", promised(10))
    with away(palabre, "postgres") as back:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text(len(sent))
            time.sleep(0.1)
        wait_until(
            lambda: taken()[200] >= 2 * len(sent), "every call is answered while PostgreSQL is away", promised(10)
        )
        palabre.kill("web")  # what it has promised is on the disk
    print(f"{len(sent)} texts, calls answered {dict(taken())}")
    wait_until(lambda: len(rows(STORED)) >= len(sent), "all is stored", promised(30))
    print(f"stored {back.since():.1f} s after PostgreSQL's return")
    text(len(sent))
    wait_until(lambda: len(rows(STORED)) >= len(sent), "the next as well", promised(30))
    wait_until(lambda: not list((palabre.state / "webhooks").glob("*/*.json")), "the spool is empty", promised(20))
    assert sorted(rows(STORED)) == sorted(sent), "stored twice, or never"
    theirs: dict[str, list[int]] = defaultdict(list)
    for person, body in rows(STORED):
        theirs[person].append(int(body.split()[1]))
    assert all(numbers == sorted(numbers) for numbers in theirs.values()), "one text has overtaken another"
    assert set(taken()) <= {200, 0, 503}
