"""The application's role: what it may do, and what the database refuses it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from config import grants


@pytest.fixture
def database() -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    """A database of its own with a partitioned event log, an audit log and a plain table: (owner, app)."""
    name = f"roles_{os.getpid()}"
    owner_url = urlsplit(os.environ["DATABASE_OWNER_URL"])
    with psycopg.connect(owner_url.geturl(), autocommit=True) as admin:
        admin.execute(f"create database {name}")
        with psycopg.connect(owner_url._replace(path=f"/{name}").geturl(), autocommit=True) as owner:
            owner.execute("create table realtime_event (seq int, month int) partition by list (month)")
            owner.execute("create table realtime_event_1 partition of realtime_event for values in (1)")
            owner.execute("create table accounts_audit (id int generated always as identity, what text)")
            owner.execute("create table contacts_contact (id int generated always as identity, name text)")
            app_url = urlsplit(os.environ["TEST_APP_DATABASE_URL"])
            grants.apply(owner.cursor(), app=grants.role_of(app_url.geturl()))
            with psycopg.connect(app_url._replace(path=f"/{name}").geturl(), autocommit=True) as app:
                yield owner, app
        admin.execute(f"drop database {name} with (force)")


def refused(app: psycopg.Connection, statement: str) -> bool:
    try:
        app.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


def test_the_application_works_with_ordinary_rows(database):
    _, app = database
    app.execute("insert into contacts_contact (name) values ('Ayaba')")
    app.execute("update contacts_contact set name = 'Ayaba K.'")
    assert app.execute("delete from contacts_contact returning name").fetchone() == ("Ayaba K.",)


@pytest.mark.parametrize("table", ["realtime_event", "realtime_event_1", "accounts_audit"])
def test_the_application_adds_to_history_but_cannot_rewrite_it(database, table):
    _, app = database
    app.execute("insert into realtime_event values (1, 1)")
    app.execute("insert into accounts_audit (what) values ('signed in')")
    column = "what" if table == "accounts_audit" else "seq"
    assert refused(app, f"update {table} set {column} = {column}")
    assert refused(app, f"delete from {table}")
    assert refused(app, f"truncate {table}")
    assert app.execute(f"select count(*) from {table}").fetchone() == (1,)


def test_a_partition_made_between_two_migrations_is_no_side_door(database):
    owner, app = database
    owner.execute("create table realtime_event_2 partition of realtime_event for values in (2)")
    app.execute("insert into realtime_event values (7, 2)")
    assert app.execute("select seq from realtime_event where month = 2").fetchone() == (7,)
    assert refused(app, "update realtime_event_2 set seq = 8")
    assert refused(app, "delete from realtime_event_2")


def test_a_table_of_a_later_migration_is_granted_when_the_migration_ends(database):
    owner, app = database
    owner.execute("create table routing_queue (id int generated always as identity, name text)")
    grants.apply(owner.cursor(), app=grants.role_of(os.environ["TEST_APP_DATABASE_URL"]))
    app.execute("insert into routing_queue (name) values ('accueil')")
    app.execute("update routing_queue set name = 'Accueil'")


def test_the_application_owns_nothing_and_makes_nothing(database):
    _, app = database
    assert refused(app, "create table mine (id int)")
    assert refused(app, "drop table contacts_contact")
    assert refused(app, "alter table contacts_contact add column note text")
    assert refused(app, "create role accomplice")
    owned = app.execute("select count(*) from pg_class where pg_get_userbyid(relowner) = current_user")
    assert owned.fetchone() == (0,)
    assert app.execute(
        "select rolsuper or rolcreatedb or rolcreaterole from pg_roles where rolname = current_user"
    ).fetchone() == (False,)


def test_one_role_for_everything_is_left_alone(database):
    owner, _ = database
    grants.apply(owner.cursor(), app=grants.role_of(os.environ["DATABASE_OWNER_URL"]))
    owner.execute("update accounts_audit set what = what")
