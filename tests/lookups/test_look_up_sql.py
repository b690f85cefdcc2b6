"""Look-ups in a real PostgreSQL beside ours: what is found, and what nobody gets there."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bots.lookups import guarded
from bots.lookups.models import Source
from bots.turn import Found
from common.secrets import seal
from tests.lookups.billing import CLERK, NUMBER, OTHER, WORD, until
from tests.lookups.conftest import defined

SLOT = {"name": "reference", "origin": "slot", "form": "text", "slot": "reference"}

HOSTILE = [
    "' or '1'='1", "'; drop table account; --", "\\'; drop table account; --", "1; delete from account", "$1", "%s",
    "%(number)s", "{number}", "{{number}}", "${number}", "') or true --", "\" or \"\"=\"", "0x27206f7220",
    "/* */ or 1=1",
    "' union select who, amount::text from salary --", "'||(select note from account limit 1)||'", "null", "NULL::text",
    "true", "1=1", "' or msisdn like '%", "%", "_", "+229%", OTHER, "0197000002", "٠١٩٧٠٠٠٠٠٢", "＇ or 1=1", "ʼ or 1=1",
    "\u2019 or 1=1", "a" * 199, "'" * 199, "\n'; select pg_sleep(5)", "select balance from account", "{reference}",
    "E'\\047'", "U&'\\0027'", "$$ or 1=1 $$", "$q$x$q$", ");--", "(select 1)", "[1]", "{1,2}", "array[1]",
    "current_user",
    "\u202e' or 1=1", "😀'", "-- ", "' -- ", "<script>alert(1)</script>", "../../etc/passwd", "/restart",
]  # fmt: skip


@pytest.mark.needs("MCE-024", part="SQL")
@pytest.mark.needs("RFP-122", part="answers from the installation's own systems")
def test_the_balance_comes_from_the_billing_database(balance, ask):
    assert ask() == Found("found", ({"balance": "1250.50", "currency": "XOF"},))
    assert ask(number="+2290197999999") == Found("none")


@pytest.mark.parametrize("form", [("e164", NUMBER), ("digits", NUMBER[1:]), ("national", "0197000001")])
def test_the_number_is_given_as_the_other_system_writes_it(sql, ask, form):
    defined(sql, "select {number} as n", parameters=[{"name": "number", "origin": "number", "form": form[0]}])
    assert ask().rows == ({"n": form[1]},)


def test_nothing_that_the_subscriber_writes_says_whose_number_it_is(sql, ask):
    """The values of the dialogue name everything that the look-up's own parameter does, and more."""
    mine = {"name": "mine", "origin": "number", "form": "e164", "slot": "mine"}
    defined(sql, "select note from account where msisdn = {mine} and {reference} <> ''", parameters=[mine, SLOT])
    names = ("mine", "msisdn", "phone", "number_", "e164", "slot", "form", "origin", "parameters")
    assert ask(reference="x", **dict.fromkeys(names, OTHER)).rows == ({"note": "Orange sanguine"},)


@pytest.mark.needs("RFP-122", part="what a subscriber writes is a value and nothing else")
def test_hostile_values_are_values(sql, ask, billing):
    assert len(set(HOSTILE)) >= 50
    before = billing.counts()
    defined(
        sql, "select {reference} as said, note from account where msisdn = {number} and note <> {reference}",
        parameters=[{"name": "number", "origin": "number", "form": "e164"}, SLOT],
    )  # fmt: skip
    for value in HOSTILE:
        found = ask(reference=value)
        assert found.outcome == "found", value
        assert [row["note"] for row in found.rows] == ["Orange sanguine"], value
    assert billing.counts() == before


def test_a_value_of_another_type_finds_nothing(sql, ask):
    typed = [{"name": "a", "origin": "slot", "form": form, "slot": form} for form in ("integer", "decimal", "date")]
    for one in typed:
        defined(sql, "select {a} as a", name=f"by_{one['form']}", parameters=[one])
    assert ask("by_integer", integer="12 500").rows == ({"a": "12500"},)
    assert ask("by_decimal", decimal="1 250,50").rows == ({"a": "1250.50"},)
    assert ask("by_date", date="2026-02-28").rows == ({"a": "2026-02-28"},)
    for form in ("integer", "decimal", "date"):
        for value in ("douze", "1e999", "NaN", "2026-02-30", "9" * 40, "-", "1;2", ""):
            assert ask(f"by_{form}", **{form: value}) == Found("none"), (form, value)
        assert ask(f"by_{form}") == Found("failed"), "the dialogue has gathered nothing"


# Beyond what may be saved (test_sql_text.py): rows that somebody has put there otherwise change nothing either.
WRITES = [
    "insert into invoice (id) values (1000) returning id", "delete from account", "update account set balance = 0",
    "select 1; drop table account", "select 1) x; drop table account; select (1", "drop table account",
    "copy account to program 'id'", "do $$ begin delete from account; end $$", "select * into copied from account",
    "with gone as (delete from account returning *) select * from gone", "select pay({number})",
    "create table mine (a int)", "select nextval('s')", "select lo_import('/etc/passwd')", "truncate account",
    "select pg_read_file('/etc/passwd')", "select * from account for update", "begin; delete from account; commit",
    "select set_config('transaction_read_only', 'off', false)", "select 1 from salary", "lock table account",
]  # fmt: skip


@pytest.mark.parametrize("query", WRITES)
def test_nothing_is_changed_whatever_the_query_says(sql, ask, billing, monkeypatch, query):
    """The query text's own guard is taken away, and the role may write: the transaction alone must hold."""
    from bots.lookups.sql_text import Query

    monkeypatch.setattr(
        guarded, "read", lambda text, known: Query(text.replace("{number}", "$1"), ("number",) if known else ())
    )
    with billing.as_superuser() as admin:
        admin.execute(f"grant all on account, invoice to {CLERK}; grant create on schema public to {CLERK}")
    Source.objects.filter(id=sql.id).update(settings=billing.settings(user=CLERK))
    before = billing.counts()
    used = [{"name": "number", "origin": "number", "form": "e164"}] if "{number}" in query else []
    defined(sql, query, parameters=used)
    found = ask()
    assert found.outcome == "failed" or "set_config" in query
    assert billing.counts() == before


def test_a_slow_query_ends_in_its_time(sql, ask, billing):
    defined(sql, "select pg_sleep(5), {number} as n", time_ms=300)
    began = time.monotonic()
    assert ask() == Found("timeout")
    assert time.monotonic() - began < 1.0
    until(lambda: billing.backends() <= 1)  # the query has ended there, too


def test_a_row_that_somebody_holds_does_not_hold_us(sql, ask, billing, balance):
    with billing.as_superuser() as admin, admin.transaction():
        admin.execute("lock table account in access exclusive mode")
        began = time.monotonic()
        assert ask() == Found("timeout")
        assert time.monotonic() - began < 1.5


def test_a_server_that_stops_does_not_hold_us(balance, ask, billing):
    ask()  # a connection is there
    with billing.stopped():
        for _ in range(2):  # by the connection that was there, then by none
            began = time.monotonic()
            assert ask().outcome in ("timeout", "failed")
            assert time.monotonic() - began < 2.0
    assert until(lambda: ask().outcome == "found")


def test_a_connection_that_has_ended_meanwhile_costs_nobody_an_answer(balance, ask, billing):
    for _ in range(3):
        assert ask().outcome == "found"
        billing.end_backends()


def test_rows_and_characters_are_bounded(sql, ask):
    defined(sql, "select id, repeat('x', 200000) as long from invoice where msisdn = {number} order by id")
    found = ask()
    assert [row["id"] for row in found.rows] == ["1", "2", "3", "4", "5"]
    assert {len(row["long"]) for row in found.rows} == {300}
    defined(sql, "select id from invoice where msisdn = {number} order by id", name="most", most_rows=20)
    assert len(ask("most").rows) == 20


def test_what_is_stored_there_cannot_forge_lines_or_turn_the_reading(sql, ask):
    defined(sql, r"select 'a' || chr(10) || 'b' || chr(8238) || chr(27) || 'c' as a, null as b, {number} <> '' as c")
    assert ask().rows == ({"a": "a b c", "b": "", "c": "true"},)


def test_a_few_connections_serve_many(balance, ask, billing):
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda _: ask(), range(60)))
    assert {one.outcome for one in found} == {"found"}
    assert billing.backends() <= 4


def test_our_own_database_is_not_asked_by_any_of_its_names(sql, ask, settings, caplog, monkeypatch):
    from django.db import connection

    mine = connection.settings_dict
    settings.LOOKUP_LOOPBACK_PORTS = [str(mine["PORT"])]
    defined(sql, "select count(*) as n from accounts_user where {number} <> ''")
    for host, is_hidden in (("127.0.0.1", False), ("localhost", False), ("127.0.0.1", True)):
        if is_hidden:  # behind a proxy, whose name and address say nothing
            monkeypatch.setattr("bots.lookups.sql_run._refuse_ours_by_name", lambda *_: None)
        Source.objects.filter(id=sql.id).update(
            settings={"host": host, "port": int(mine["PORT"]), "database": mine["NAME"], "user": mine["USER"]},
            secret=seal(mine["PASSWORD"]),
        )
        guarded.forget()
        caplog.clear()
        with caplog.at_level("INFO"):
            assert ask() == Found("failed"), host
        assert "(own)" in caplog.text, host


def test_a_superuser_is_not_used(sql, ask, billing, caplog):
    with billing.as_superuser() as admin:
        admin.execute(f"create role chief superuser login password '{WORD}'")
        Source.objects.filter(id=sql.id).update(settings=billing.settings(user="chief"))
        defined(sql, "select 1 as n where {number} <> ''")
        with caplog.at_level("INFO"):
            assert ask() == Found("failed")
        assert "(superuser)" in caplog.text
        guarded.forget()
        until(lambda: not admin.execute("select 1 from pg_stat_activity where usename = 'chief'").fetchone())
        admin.execute("drop role chief")


@pytest.mark.parametrize(
    ("change", "kind"),
    [({"user": "nobody"}, "password"), ({"database": "nothing"}, "database"), ({"port": 1}, "unreached"),
     ({"sslmode": "require"}, "tls"), ({"host": "no-such-host.invalid"}, "unreached")],
)  # fmt: skip
def test_a_source_that_cannot_be_used_is_told_in_one_word(sql, ask, billing, settings, caplog, change, kind):
    settings.LOOKUP_LOOPBACK_PORTS = [str(billing.port), "1"]
    Source.objects.filter(id=sql.id).update(settings=billing.settings(**change), connect_ms=900)
    defined(sql, "select 1 as n where {number} <> ''", time_ms=2000)
    with caplog.at_level("INFO"):
        assert ask() == Found("failed")
    assert f"({kind})" in caplog.text


def test_the_log_names_the_look_up_and_how_it_went_and_no_value(balance, ask, caplog):
    defined(
        balance.source, "select 1/0 as x where {reference} = {number}", name="broken",
        parameters=[{"name": "number", "origin": "number", "form": "e164"}, SLOT],
    )  # fmt: skip
    with caplog.at_level("DEBUG"):
        ask()
        ask("broken", reference="mon secret")
        ask("no such {look} up\nforged")
    said = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("bots"))
    assert "look-up balance: found in" in said
    assert "look-up ?: failed (unknown) in" in said
    for word in ("97000001", "mon secret", WORD, "1250", "select", "forged"):
        assert word not in said
