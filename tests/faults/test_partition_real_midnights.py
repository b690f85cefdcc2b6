"""The whole product, PostgreSQL too, lives through the ends of a month and of a year, by a wall clock of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from common.partitions import PARTITIONED
from config.up import trial
from config.up.binaries import postgres_bin
from tests.faults.conftest import FULL, Line, promised, wait_until
from tests.faults.engines import Pour, accounted, dense, sent_once

COMPILER = shutil.which("cc")
BEFORE_S = 75.0  # for the product's start; the load begins shortly before the boundary
LOAD_S = 10.0


@contextmanager
def clock_of(offset: int) -> Iterator[dict[str, str]]:
    """The environment of a product whose wall clock is `offset` seconds ahead (tests/faults/clock.c).

    Engines are started with an environment of their own: PostgreSQL's programs get the clock by wrappers.
    """
    place = Path(tempfile.mkdtemp(prefix="palabre-clock-", dir="/var/tmp"))
    try:
        place.chmod(0o755)
        library = place / "clock.so"
        source = Path(__file__).with_name("clock.c")
        subprocess.run([str(COMPILER), "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        clock = {"LD_PRELOAD": str(library), "CLOCK_OFFSET_S": str(offset)}
        words = " ".join(f"{name}={value}" for name, value in clock.items())
        (place / "bin").mkdir(mode=0o755)
        for program in postgres_bin().iterdir():
            wrapper = place / "bin" / program.name
            wrapper.write_text(f'#!/bin/sh\nexec env {words} "{program}" "$@"\n')
            wrapper.chmod(0o755)
        yield {**clock, "PG_BIN": str(place / "bin")}
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.mark.skipif(not FULL, reason="two minutes each: `make faults`")
@pytest.mark.skipif(COMPILER is None, reason="no C compiler on this machine for tests/faults/clock.c (Debian: gcc)")
@pytest.mark.timeout(400)
@pytest.mark.parametrize("boundary", ["2026-12-01", "2027-01-01", "2028-03-01"])
def test_a_boundary_is_lived_through_under_load(boundary: str, data: Path):
    edge = datetime.fromisoformat(boundary).replace(tzinfo=UTC).timestamp()
    offset = round(edge - BEFORE_S - time.time())
    with clock_of(offset) as environment, trial.running(environment, like=data, seconds=BEFORE_S) as palabre:
        line = Line(palabre)

        def rows(sql: str, *parameters: object) -> list[tuple]:
            with psycopg.connect(palabre.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
                return connection.execute(sql, parameters).fetchall()

        [(now,)] = rows("select extract(epoch from clock_timestamp())::float8")
        assert abs(now - (time.time() + offset)) < 2, "PostgreSQL keeps the time that it was given"
        print(f"ready {edge - now:.0f} s before {boundary}")
        for account in ("savane", "lagune"):
            line.behave(account, window=20, receipt_delay_ms=3000)
        time.sleep(max(0.0, edge - LOAD_S - (time.time() + offset)))
        asks = Pour(line, "bonjour, à minuit", to="1919", every_s=0.1, first=700_000)
        with Pour(line, "minuit sonne", every_s=0.05) as people, asks:
            while time.time() + offset < edge + LOAD_S:
                if abs(edge - time.time() - offset) < 0.5:
                    line.behave("savane", lose_answers=1)
                time.sleep(0.2)
        expected = {*people.sent, *asks.sent}
        wait_until(lambda: set(line.acknowledged()) >= expected, "every text is acknowledged", promised(10))
        wait_until(
            lambda: not rows("select 1 from conversations_delivery where state in (0, 1, 3)"), "receipts are in", 20
        )
        new = datetime.fromtimestamp(edge, UTC).strftime("_y%Ym%m")
        for table in PARTITIONED:
            assert rows(f"select count(*) > 0 from {table}{new}") == [(True,)], f"{table}: nothing in the new month"
        found, stored = accounted(line, rows, "minuit")
        assert found <= set(stored)
        assert sorted(stored) == sorted(expected), "stored twice, or never"
        sent_once(line, rows)
        dense(rows)
        wait_until(
            lambda: rows("select to_regclass(%s) is not null", f"realtime_event{months_after(edge, 3)}") == [(True,)],
            "three months ahead again",
            promised(10),
        )
    print(f"{len(expected)} texts over {boundary}T00:00Z")


def months_after(edge: float, months: int) -> str:
    at = datetime.fromtimestamp(edge, UTC)
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return f"_y{year:04d}m{month + 1:02d}"
