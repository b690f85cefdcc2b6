"""A month ends under load, and a month is missing: texts, answers, receipts and copies cross the boundary whole;
without a month nothing is acknowledged, and the sweep makes it by itself."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from common.partitions import PARTITIONED
from config.up.trial import Running
from tests.faults.conftest import promised, wait_until
from tests.faults.engines import Pour, accounted, dense, sent_once
from tests.faults.screen import Desk

TEMPORARY, THROTTLED = 0x64, 0x58
RED_WITHIN_S = 5.0
HEALED_WITHIN_S = 5.0


def end_the_month_in(rows, seconds: float) -> tuple[float, str, str]:
    """Move the boundary between this month's partitions and the next one's to a moment soon. Returns it (time.time) and
    the suffixes of the two."""
    [(now, this, following, low, high)] = rows(
        """select extract(epoch from clock_timestamp())::float8, to_char(m, '"_y"YYYY"m"MM'),
                  to_char(m + interval '1 month', '"_y"YYYY"m"MM'), uuid_floor(m at time zone 'UTC'),
                  uuid_floor((m + interval '2 months') at time zone 'UTC')
           from date_trunc('month', now() at time zone 'UTC') m"""
    )
    [(edge,)] = rows("select uuid_floor(to_timestamp(%s))", now + seconds)
    for table in PARTITIONED:
        statements = [
            f"alter table {table} detach partition {table}{this}",
            f"alter table {table} detach partition {table}{following}",
            f"alter table {table} attach partition {table}{this} for values from ('{low}') to ('{edge}')",
            f"alter table {table} attach partition {table}{following} for values from ('{edge}') to ('{high}')",
        ]
        rows("begin;" + ";".join(statements) + ";commit")
    return now + seconds, this, following


def far_from_a_month_end(rows) -> None:
    """Return when this month has a minute left, at once but for one minute of a month: what is made up here would meet
    the true end."""
    wait_until(
        lambda: (
            rows("select date_trunc('month', t) = date_trunc('month', t + interval '1 min') from (select now()) x(t)")
            == [(True,)]
        ),
        "a month begins",
        90,
    )


def health(palabre: Running) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(f"{palabre.desk.rstrip('/')}/health", timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.fixture
def change(palabre: Running) -> Any:
    """Run statements as the owner of the schema; a cursor that returns nothing is []."""

    def ask(sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(palabre.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
            cursor = connection.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    return ask


@contextmanager
def nobody_makes_months(change: Any) -> Iterator[None]:
    """What a role without its rights, or a function that was dropped, looks like."""
    name, types = "palabre_make_partitions", "(text, timestamptz, int)"
    change(f"alter function {name}{types} rename to palabre_away")
    try:
        yield
    finally:
        change(f"alter function palabre_away{types} rename to {name}")


@pytest.mark.timeout(300)
def test_a_month_ends_under_load_and_a_missing_one_is_made_again(palabre, line, rows, change):
    for account in ("savane", "lagune"):
        # Receipts and lost answers reach from the month that ends into the next.
        line.behave(account, window=20, receipt_delay_ms=3000)
    missing_month(palabre, line, rows, change)
    same = "+2290197777777"
    far_from_a_month_end(rows)
    edge, this, following = end_the_month_in(change, 4.0)
    asks = Pour(line, "bonjour, minuit", to="1919", every_s=0.1, first=600_000)
    with Pour(line, "minuit", every_s=0.05) as people, asks:
        said = losing = 0
        while time.time() < edge + 3.5:
            said += 1
            line.text(same, f"à cheval {said}", to="3334")
            if edge - time.time() < 0.6 and losing < 8:
                losing += 1
                line.behave("savane", lose_answers=1)
            time.sleep(0.2)
    expected = {*people.sent, *asks.sent}
    offered = expected | {f"à cheval {n}" for n in range(1, said + 1)}
    wait_until(lambda: set(line.acknowledged()) >= offered, "every text is acknowledged", promised(10))
    wait_until(
        lambda: not rows("select 1 from conversations_delivery where state in (0, 1, 3)"),
        "receipts are in",
        promised(15),
    )
    for table in PARTITIONED:
        counts = {month: rows(f"select count(*) from {table}{month}")[0][0] for month in (this, following)}
        assert counts[following] > 0, f"{table}: nothing in the new month"
        assert counts[this] > 0, f"{table}: nothing in the old one"
    found, stored = accounted(line, rows, "minuit")
    assert found <= set(stored)
    assert sorted(stored) == sorted(expected), "stored twice, or never"
    lost = [row for row in line.ledger() if row.get("command") == "answer lost"]
    print(f"{len(stored)} texts across the boundary, {len(lost)} answers lost there")
    assert lost, "no copy crossed the boundary"
    sent_once(line, rows)
    dense(rows)
    states = dict(rows("select state, count(*) from conversations_delivery where destination <> '' group by 1"))
    print(f"deliveries by state: {states}")
    desk = Desk(palabre)
    [(conversation,)] = rows(
        """select c.id::text from conversations_conversation c join contacts_address a on a.id = c.address_id
           where a.value = %s""",
        same,
    )
    thread = [item for item in desk.thread_fetched(conversation) if item["kind"] == "incoming"]
    assert [item["body"] for item in thread] == [f"à cheval {n}" for n in range(1, said + 1)]


def missing_month(palabre: Running, line, rows, change) -> None:
    """The month in use is taken off and nobody can make another; then somebody can again."""
    far_from_a_month_end(rows)
    assert health(palabre)[1]["partitions_ahead"] >= 2
    [(present,)] = rows("""select to_char(now() at time zone 'UTC', '"_y"YYYY"m"MM')""")
    [(held,)] = rows("select count(*) from conversations_message")
    with Pour(line, "sans mois", every_s=0.1) as people:
        with nobody_makes_months(change):
            change(f"alter table conversations_message detach partition conversations_message{present}")
            gone_at = time.time()
            red = wait_until(lambda: health(palabre)[1]["status"] == "red", "health is red", promised(RED_WITHIN_S))
            # Red it may be for another reason in its first seconds.
            wait_until(lambda: health(palabre)[1]["partitions_ahead"] == -1, "the month is missed", promised(5))
            assert health(palabre)[0] == 503
            time.sleep(2.0)
            answers = {
                row["status"]
                for row in line.ledger()
                if row.get("command") == "deliver_sm_resp" and "mo" in row and row["at"] > gone_at + promised(0.5)
            }
            assert answers <= {TEMPORARY, THROTTLED}, "acknowledged without a month to store it in"
        healed = wait_until(lambda: health(palabre)[1]["partitions_ahead"] >= 2, "healed", promised(HEALED_WITHIN_S))
        time.sleep(1.0)
    wait_until(lambda: set(line.acknowledged()) >= set(people.sent), "every text is acknowledged", promised(10))
    print(f"without a month: red after {red:.1f} s, answered {sorted(map(hex, answers))}; healed {healed:.1f} s")
    found, stored = accounted(line, rows, "sans mois")
    assert found <= set(stored)
    assert sorted(stored) == sorted(people.sent)
    assert rows("select count(*) from conversations_message")[0][0] >= held + len(stored), (
        "what stood in the month is there again"
    )
    dense(rows)
