"""A month without its partition: nothing is acknowledged that is not stored, and it is made as soon as it can be."""

from __future__ import annotations

import time

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, ProgrammingError, connection

from common.partitions import PARTITIONED, keep_partitions_ahead, months_ahead
from conversations.intake import CONNECTION_SETTINGS, connect, make_partitions, store
from conversations.models import DeliveryState
from conversations.outbox import claim
from conversations.outcomes import Outcome, store_results
from routing import housekeeping
from routing.housekeeping import Housekeeping
from tests.conversations.deeds import STATE, say, take

pytestmark = pytest.mark.django_db(transaction=True)

MONTH = """select to_char(now() at time zone 'UTC' + make_interval(months => %s), '"_y"YYYY"m"MM')"""


def run(sql: str, *parameters: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def detach(table: str, months: int = 0) -> str:
    [(month,)] = run(MONTH, months)
    run(f"alter table {table} detach partition {table}{month}")
    return f"{table}{month}"


def nobody_makes_months() -> None:
    run("alter function palabre_make_partitions(text, timestamptz, int) rename to palabre_away")


def somebody_does() -> None:
    run("alter function palabre_away(text, timestamptz, int) rename to palabre_make_partitions")


@pytest.fixture(autouse=True)
def months_afterwards(transactional_db: None):
    yield
    keep_partitions_ahead()
    assert set(months_ahead()) == set(PARTITIONED)
    assert min(months_ahead().values()) >= 3


@pytest.mark.parametrize("table", ["conversations_message", "conversations_rawinbound", "realtime_event"])
async def test_a_text_for_which_no_month_can_be_made_is_put_off_and_kept_by_nobody(desk, dsn, table):
    text = desk.text("trop tôt")
    await sync_to_async(detach)(table)
    async with await connect(dsn, **CONNECTION_SETTINGS) as intake:
        await sync_to_async(nobody_makes_months)()
        try:
            with pytest.raises(psycopg.OperationalError):
                await store(intake, [text])
        finally:
            await sync_to_async(somebody_does)()
        assert await sync_to_async(run)("select count(*) from conversations_seen") == [(0,)]
        [stored] = await store(intake, [text])
    assert stored.message_id is not None
    assert await sync_to_async(run)("select body from conversations_message") == [("trop tôt",)]


async def test_a_month_that_was_detached_is_attached_again_with_its_rows(desk, dsn):
    async with await connect(dsn, **CONNECTION_SETTINGS) as intake:
        await store(intake, [desk.text("avant")])
        await sync_to_async(detach)("conversations_message")
        assert await sync_to_async(run)("select body from conversations_message") == []
        await store(intake, [desk.text("après", sender="+2290197000002")])
    assert await sync_to_async(run)("select body from conversations_message order by id") == [("avant",), ("après",)]


def test_the_sweep_makes_a_missing_month_the_next_second_also_in_the_middle_of_an_hour():
    keeper = Housekeeping()
    keeper.tidy()
    for table, months in (("conversations_message", 0), ("realtime_event", 1), ("conversations_attempt", 3)):
        name = detach(table, months)
        assert months_ahead()[table] == months - 1
        if months:
            run(f"drop table {name}")
        keeper.tidy()
        assert months_ahead()[table] >= 3


def test_a_month_that_cannot_be_made_costs_the_other_housekeeping_nothing():
    keeper = Housekeeping()
    detach("conversations_message")
    run("insert into conversations_seen (link_id, key, at) values (gen_random_uuid(), 'x', now() - interval '91 days')")
    nobody_makes_months()
    for _ in range(3):
        with pytest.raises(ProgrammingError):
            keeper.tidy()
    somebody_does()
    assert run("select count(*) from conversations_seen") == [(0,)]
    keeper.tidy()
    assert months_ahead()["conversations_message"] >= 3


def shape(table: str) -> list[tuple]:
    """Indexes and constraints of a month, without its name."""
    month = table[-9:]
    indexes = run("select replace(indexdef, %s, '') from pg_indexes where tablename = %s", month, table)
    constraints = run(
        """select contype::text || ' ' || pg_get_constraintdef(oid) || ' ' || (conparentid <> 0)::text
           from pg_constraint where conrelid = %s::regclass""",
        table,
    )
    stray = run(
        """select count(*) from pg_index join pg_class on pg_class.oid = indexrelid
           where indrelid = %s::regclass and not relispartition""",
        table,
    )
    return [*sorted((one.split(" ON ")[1],) for (one,) in indexes), *sorted(constraints), *stray]


@pytest.mark.parametrize("table", PARTITIONED)
def test_a_month_is_made_at_once_beside_a_report_that_reads_for_an_hour(dsn, table):
    """Waiting for it, the sweep would hold up every text and every screen that comes behind it."""
    [(month,)] = run(MONTH, 3)
    [(other,)] = run(MONTH, 2)
    run(f"drop table {table}{month}")
    with psycopg.connect(dsn) as report:
        report.execute(f"select count(*) from {table}")
        started = time.monotonic()
        assert keep_partitions_ahead() == 1
        assert time.monotonic() - started < 5  # waiting for a lock would end in an error
    assert shape(f"{table}{month}") == shape(f"{table}{other}")


@pytest.mark.parametrize("who", ["the sweep", "the intake"])
async def test_a_table_that_is_being_vacuumed_keeps_no_other_from_its_month(dsn, who):
    first, last = PARTITIONED[0], PARTITIONED[-1]
    for table in (first, last):
        await sync_to_async(detach)(table, 3)
    with psycopg.connect(dsn) as vacuum:
        vacuum.execute(f"lock table {first} in share update exclusive mode")
        with pytest.raises((OperationalError, psycopg.OperationalError)):
            if who == "the sweep":
                await sync_to_async(keep_partitions_ahead)()
            else:
                async with await connect(dsn) as intake:
                    await make_partitions(intake)
        found = await sync_to_async(months_ahead)()
    assert found[first] == 2
    assert found[last] >= 3


def test_a_month_far_ahead_that_cannot_be_made_is_tried_again_in_a_minute_and_the_present_one_in_a_second(monkeypatch):
    tried = []

    def fail():
        tried.append(1)
        raise OperationalError("lock timeout")

    monkeypatch.setattr(housekeeping, "keep_partitions_ahead", fail)
    keeper = Housekeeping()
    with pytest.raises(OperationalError):
        keeper.tidy()
    keeper.tidy()
    assert len(tried) == 1
    detach("conversations_message", 1)
    keeper = Housekeeping()
    for _ in range(2):
        with pytest.raises(OperationalError):
            keeper.tidy()
    assert len(tried) == 3


def test_a_month_of_raw_bytes_that_somebody_reads_is_not_dropped_again_each_second(monkeypatch):
    tried = []

    def fail(now):
        tried.append(now)
        raise OperationalError("lock timeout")

    monkeypatch.setattr(housekeeping, "drop_old_raw", fail)
    keeper = Housekeeping()
    with pytest.raises(OperationalError):
        keeper.tidy()
    keeper.tidy()
    assert len(tried) == 1


async def test_an_answer_of_the_operator_waits_for_the_month_of_its_event(scripted, conversation, dsn, rows):
    message = await sync_to_async(say)(conversation)
    async with await connect(dsn) as owner:
        lease = await take(owner, scripted.link.id)
        [part] = await claim(owner, lease=lease, link_id=scripted.link.id, room=10)
        await sync_to_async(detach)("realtime_event")
        sent = Outcome(part.attempt_id, message, DeliveryState.SENT, ("77",))
        await sync_to_async(nobody_makes_months)()
        try:
            with pytest.raises(psycopg.OperationalError):  # as for a database that is away: given again
                await store_results(owner, link_id=scripted.link.id, outcomes=[sent], receipts=[])
        finally:
            await sync_to_async(somebody_does)()
        await store_results(owner, link_id=scripted.link.id, outcomes=[sent], receipts=[])
    assert await sync_to_async(rows)(STATE) == [(DeliveryState.SENT, "")]
