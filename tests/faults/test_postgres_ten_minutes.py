"""PostgreSQL away for ten minutes in one installation, Valkey in another beside it: the same ten minutes."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from config.up import trial
from config.up.trial import Running
from tests.faults.conftest import FULL, Line, wait_until
from tests.faults.engines import away
from tests.faults.screen import Screen
from tests.faults.test_postgres_away import ride_out
from tests.faults.test_valkey_away import Work, live, nothing_is_lost

SECONDS = float(os.environ.get("FAULT_ABSENCE_S", "600"))
LOOK_EVERY_S = 45.0


def rows_of(palabre: Running):
    def ask(sql: str, *parameters: object) -> list[tuple]:
        with psycopg.connect(palabre.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
            return connection.execute(sql, parameters).fetchall()

    return ask


def without_postgresql(palabre: Running) -> None:
    ride_out(palabre, Line(palabre), rows_of(palabre), away, SECONDS, "dix minutes", every_s=1.0)


def without_valkey(palabre: Running) -> None:
    line, rows = Line(palabre), rows_of(palabre)
    # One person takes all that comes in these minutes; routing gives nothing to the agents, who are full.
    rows(
        """insert into routing_agentstate (user_id, organisation_id, state, reason, capacity, load)
           select id, organisation_id, 'offline', '', 1000, 0 from accounts_user where role = 'supervisor'
           on conflict (user_id) do update set capacity = excluded.capacity returning 1"""
    )
    with Screen(palabre) as screen:
        work = Work(palabre, line, rows, screen)
        wait_until(lambda: rows("select 1 from jobs_schedule limit 1") != [], "schedules are there", 30)
        with away(palabre, "valkey") as back:
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                times = work.once("sans valkey")
                print("sans valkey: " + ", ".join(f"{name} {took:.1f} s" for name, took in times.items()))
                work.job("sans valkey")
                time.sleep(max(0.0, min(LOOK_EVERY_S, until - time.monotonic())))
        print(f"live view {live(screen, line, 1):.1f} s after the text, {back.since():.1f} s after Valkey's return")
        nothing_is_lost(line, rows, screen, work.done)


@pytest.mark.skipif(not FULL, reason="ten minutes: `make faults`")
@pytest.mark.timeout(1500)
def test_ten_minutes_without_an_engine_need_no_hand():
    with trial.running() as one, trial.running() as other, ThreadPoolExecutor(2) as both:
        for done in (both.submit(without_postgresql, one), both.submit(without_valkey, other)):
            done.result()
