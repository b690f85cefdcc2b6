"""What is kept, for how long, and that forgetting goes by small slices."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection

from common.partitions import months_ahead
from routing import housekeeping
from routing.housekeeping import Housekeeping, drop_old_raw
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def run(sql: str, *parameters: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def raw_months() -> set[str]:
    return {
        name
        for (name,) in run(
            """select right(child.relname, 7) from pg_inherits join pg_class child on child.oid = inhrelid
               where inhparent = 'conversations_rawinbound'::regclass"""
        )
    }


def test_evidence_of_ninety_days_is_forgotten_slice_by_slice_and_younger_is_kept(cast: Cast, monkeypatch):
    monkeypatch.setattr(housekeeping, "PAGES", 3)
    run(
        """insert into conversations_seen (link_id, key, at)
           select %s, 'key ' || n, now() - make_interval(days => case when n %% 2 = 0 then 91 else 89 end)
           from generate_series(1, 2000) n""",
        cast.north.id,
    )
    run(
        """insert into conversations_messagekey (organisation_id, scope, key, message_id, at)
           values (%(o)s, 'user:x', 'old', uuidv7(), now() - interval '91 days'),
                  (%(o)s, 'user:x', 'new', uuidv7(), now())""".replace("%(o)s", f"'{cast.organisation.id}'")
    )
    keeper, slices = Housekeeping(), 0
    while run("select 1 from conversations_seen where at < now() - interval '90 days' limit 1"):
        before = run("select count(*) from conversations_seen")[0][0]
        keeper.tidy()
        slices += 1
        assert before - run("select count(*) from conversations_seen")[0][0] < 800
        assert slices < 100
    assert slices > 3
    assert run("select count(*) from conversations_seen") == [(1000,)]
    for _ in range(10):
        keeper.tidy()
    assert run("select key from conversations_messagekey") == [("new",)]


def test_months_ahead_are_made_and_raw_payloads_go_a_month_after_theirs_has_ended():
    run("select palabre_make_partitions('conversations_rawinbound', '2026-01-15', 3)")
    assert drop_old_raw(datetime(2026, 3, 2, 23, tzinfo=UTC)) == []  # 29 days and 23 hours after January
    assert drop_old_raw(datetime(2026, 3, 3, tzinfo=UTC)) == [date(2026, 1, 1)]
    assert {"2026m02", "2026m03", "2026m04"} <= raw_months()
    Housekeeping().tidy()
    assert min(months_ahead().values()) >= 3


def test_a_month_that_is_being_read_is_kept_until_the_next_hour(dsn):
    import psycopg

    run("select palabre_make_partitions('conversations_rawinbound', '2026-01-15', 0)")
    with psycopg.connect(dsn) as reader:
        reader.execute("select count(*) from conversations_rawinbound")
        assert drop_old_raw(datetime(2026, 6, 1, tzinfo=UTC)) == []
    assert date(2026, 1, 1) in drop_old_raw(datetime(2026, 6, 1, tzinfo=UTC))


def test_a_clock_of_ours_that_is_wrong_drops_nothing(monkeypatch):
    """The months that may go are told by the database's clock."""

    class Ahead(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2040, 1, 1, tzinfo=tz)

    run("select palabre_make_partitions('conversations_rawinbound', now() - interval '1 month', 1)")
    before = raw_months()
    assert len(before) >= 2
    monkeypatch.setattr(housekeeping, "datetime", Ahead)
    Housekeeping().tidy()
    assert before <= raw_months()
