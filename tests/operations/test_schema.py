"""When a start may leave the migrations out, and when it may not."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import Namespace

import psycopg
import pytest
from django.db import connection

from config import cli
from config.settings import ROOT
from config.up import command, schema


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


@pytest.mark.django_db(transaction=True)
def test_a_migration_has_time_for_its_tables_and_between_its_statements(monkeypatch):
    seen = []

    def migrate(*_names, **_options):
        with connection.cursor() as cursor:
            cursor.execute("show lock_timeout")
            seen.append(cursor.fetchone()[0])
            cursor.execute("show idle_in_transaction_session_timeout")
            seen.append(cursor.fetchone()[0])

    monkeypatch.setattr("django.core.management.call_command", migrate)
    monkeypatch.setattr("config.grants.apply", lambda *_given, **_named: None)
    monkeypatch.setenv("DATABASE_URL", os.environ["DATABASE_URL"])
    with connection.cursor() as cursor:  # as every process of the product begins (config/settings.py)
        cursor.execute("set lock_timeout = '4s'; set idle_in_transaction_session_timeout = '10s'")
    cli.migrate(Namespace())
    assert seen == ["0", "10min"]


@pytest.mark.django_db(transaction=True)
def test_migrations_read_both_addresses_from_mounted_secrets(tmp_path):
    application = os.environ["TEST_APP_DATABASE_URL"]
    mine = os.environ["DATABASE_OWNER_URL"].rsplit("/", 1)[0] + "/" + application.rsplit("/", 1)[1]
    given = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
    for name, value in {"DATABASE_URL": application, "DATABASE_OWNER_URL": mine}.items():
        (tmp_path / name).write_text(f"{value}\n")
        given[f"{name}_FILE"] = str(tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-m", "config.cli", "migrate"],
        cwd=ROOT,
        env={**given, "PALABRE_STATE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "No migrations to apply" in done.stdout


@pytest.mark.parametrize("there", [True, False])
def test_links_of_the_demonstration_follow_a_simulator_that_listens_elsewhere(tmp_path, monkeypatch, there):
    """Its port may be another program's at the next start: without this no link would ever be bound, and no start would
    be ready."""
    ran: list[str] = []
    monkeypatch.setattr(command, "_run", lambda name, *_: ran.append(name))
    monkeypatch.setattr(command, "_has_data", lambda _url: there)
    monkeypatch.setattr(schema, "is_current", lambda *_: True)

    def start(port: str) -> list[str]:
        ran.clear()
        env = {"DATABASE_URL": "", "DATABASE_OWNER_URL": "", "PALABRE_MODE": "demo",
               "SIMULATOR_SMPP_PORT": port, "SIMULATOR_HTTP_PORT": "8001"}  # fmt: skip
        command._prepare_data(env, tmp_path, lambda _said: None, ours=True)
        return ran

    assert start("2775") == ["seed"]
    assert start("2775") == ([] if there else ["seed"])
    assert start("41000") == ["seed"]
