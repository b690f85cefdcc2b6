"""What every test has: the engines (from `config/up/testing.py`), and a test database with both its roles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import pytest

from tests.emptying import Emptying, emptied

# A slow machine is no failure. In CI the examples are always the same ones; elsewhere what failed can be replayed.
hypothesis.settings.register_profile(
    "palabre", deadline=None, print_blob=True, suppress_health_check=[hypothesis.HealthCheck.too_slow],
    parent=hypothesis.settings.get_profile("ci" if os.environ.get("CI") else "default"),
)  # fmt: skip
hypothesis.settings.load_profile("palabre")


MAKING_THE_DATABASE_S = 300


def pytest_collection_finish(session: pytest.Session) -> None:
    """Whichever test comes first waits for the database to be made, which takes minutes where others use the machine:
    its own time is for what it asks."""
    for item in session.items:
        fixtures = {"django_db_setup", "db", "transactional_db"}
        if item.get_closest_marker("django_db") or fixtures.intersection(getattr(item, "fixturenames", ())):
            own = item.get_closest_marker("timeout")
            seconds = own.args[0] if own and own.args else 60
            item.add_marker(pytest.mark.timeout(MAKING_THE_DATABASE_S + seconds), append=False)
            return


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[Emptying | None]:
    """Django's test database, migrated by its owner and granted to the application's role.

    What empties it after each test that commits; None where servers were given: those have no superuser for us, and
    Django empties them."""
    from django.db import connection

    from config import grants

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        grants.apply(cursor, app=grants.role_of(os.environ["TEST_APP_DATABASE_URL"]))
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    if superuser := os.environ["TEST_SUPERUSER_URL"]:
        url = urlsplit(superuser)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        with emptied(url, tables) as emptying:
            yield emptying
    else:
        yield None
    # Threads of async tests keep connections of their own, and a database in use cannot be dropped.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            """select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid()
                 and backend_type = 'client backend'  -- a vacuum is not ours to end, and ends by itself"""
        )


@pytest.fixture
def new_tables(django_db_setup: Emptying | None, transactional_db: None) -> None:
    """Tables that nothing was ever in, for tests that ask for the server's plan: it counts places left behind, too.
    Stands first among a test's fixtures."""
    if django_db_setup is not None:
        django_db_setup(anew=True)


@pytest.fixture
def app_connection(transactional_db: None) -> Iterator[Any]:
    """The test database as the application's role sees it, to prove what it may not do."""
    import psycopg

    with psycopg.connect(os.environ["TEST_APP_DATABASE_URL"], autocommit=True) as connection:
        yield connection


@pytest.fixture
def redis_url() -> str:
    """The Valkey of this test run."""
    return os.environ["REDIS_URL"]
