"""What tests commit is gone before the next one begins, whoever wrote it and however much it was."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from django.db import connection

from accounts.models import Organisation
from contacts.models import Contact
from routing.models import AgentState
from tests.cast import make_cast
from tests.emptying import FEW, Emptying

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def emptying(django_db_setup: Emptying | None) -> Emptying:
    if django_db_setup is None:
        pytest.skip("the servers were given: Django empties their tables")
    return django_db_setup


def files() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_relation_filenode('accounts_organisation')")
        return {row[0] for row in cursor.fetchall()}


def test_what_stands_on_what_goes_with_it(emptying: Emptying):
    make_cast()
    before = files()
    assert AgentState.objects.exists()
    emptying()
    assert not AgentState.objects.exists() and not Organisation.objects.exists()
    assert files() == before, "few rows are deleted: new files for all tables take longer than most tests"
    with connection.cursor() as cursor:
        cursor.execute("select pg_relation_size('accounts_organisation')")
        assert cursor.fetchone() == (0,), "the next rows begin at the first place again, and stand in their order"


def test_many_rows_go_with_their_files(emptying: Emptying):
    organisation = Organisation.objects.create(name="Savane Assistance", slug="savane")
    Contact.objects.bulk_create(Contact(organisation=organisation) for _ in range(FEW + 1))
    before = files()
    emptying()
    assert not Contact.objects.exists() and not Organisation.objects.exists()
    assert files() != before


def test_tables_are_as_new_for_who_asks_for_that(emptying: Emptying):
    before = files()
    emptying(anew=True)
    assert files() != before


def test_who_is_writing_is_waited_for(emptying: Emptying):
    """A thread or a process that a test leaves behind: what it commits a moment later is not there for the next."""
    make_cast()
    with psycopg.connect(emptying.url) as writer:
        writer.execute(
            """insert into accounts_organisation
               select (jsonb_populate_record(o, jsonb_build_object('id', uuidv7(), 'slug', 'autre'))).*
               from accounts_organisation o"""
        )
        thread = threading.Thread(target=emptying)
        thread.start()
        time.sleep(0.5)  # longer than it waits for a lock at a time
        assert thread.is_alive()
    thread.join(20)
    assert not thread.is_alive()
    assert not Organisation.objects.exists()


def test_a_connection_that_was_ended_is_made_again(emptying: Emptying):
    emptying()
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    connection.close()
    with psycopg.connect(emptying.url, autocommit=True) as other:
        other.execute(
            """select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"""
        )
    make_cast()
    emptying()
    assert not Organisation.objects.exists()
