"""When a start may leave the migrations out, and when it may not."""

from __future__ import annotations

import os

import psycopg
import pytest

from config.up import schema


@pytest.fixture
def owner(tmp_path):
    """A database with two applied migrations: its owner's address."""
    name = f"schema_{os.getpid()}"
    server = os.environ["DATABASE_OWNER_URL"]
    url = server.rsplit("/", 1)[0] + f"/{name}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"create database {name}")
        yield url
        admin.execute(f"drop database {name} with (force)")


def applied(url, *names):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table if not exists django_migrations (app text, name text)")
        for name in names:
            connection.execute("insert into django_migrations values ('jobs', %s)", [name])


def test_an_untouched_schema_is_left_alone_and_anything_else_is_migrated(owner, tmp_path, monkeypatch):
    assert not schema.is_current(tmp_path, owner)
    schema.remember(tmp_path, owner)
    assert not schema.is_current(tmp_path, owner), "nothing was ever applied"
    applied(owner, "0001_initial")
    schema.remember(tmp_path, owner)
    assert schema.is_current(tmp_path, owner)

    applied(owner, "0002_by_another_hand")
    assert not schema.is_current(tmp_path, owner)
    schema.remember(tmp_path, owner)

    project = tmp_path / "project"
    (project / "jobs" / "migrations").mkdir(parents=True)
    monkeypatch.setattr(schema, "ROOT", project)
    (project / "jobs" / "migrations" / "0001_initial.py").write_text("# one")
    schema.remember(tmp_path, owner)
    assert schema.is_current(tmp_path, owner)
    (project / "jobs" / "migrations" / "0003_new.py").write_text("# new")
    assert not schema.is_current(tmp_path, owner)
