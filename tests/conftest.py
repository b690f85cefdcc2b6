"""What every test has: the engines (from `config/up/testing.py`), and a test database with both its roles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

# A slow machine is no failure. In CI the examples are always the same ones; elsewhere what failed can be replayed.
hypothesis.settings.register_profile(
    "palabre", deadline=None, print_blob=True, suppress_health_check=[hypothesis.HealthCheck.too_slow],
    parent=hypothesis.settings.get_profile("ci" if os.environ.get("CI") else "default"),
)  # fmt: skip
hypothesis.settings.load_profile("palabre")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Django's test database, migrated by its owner and granted to the application's role."""
    from django.db import connection

    from config import grants

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        grants.apply(cursor, app=grants.role_of(os.environ["TEST_APP_DATABASE_URL"]))
    yield
    # Threads of async tests keep connections of their own, and a database in use cannot be dropped.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            """select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid()
                 and backend_type = 'client backend'  -- a vacuum is not ours to end, and ends by itself"""
        )


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
