"""Everything breaks while people text and answer: nothing acknowledged is lost, nothing is twice, all of it comes back.

`make faults` runs the two storms of the promise whole (20 kills in 120 s; 5,000 texts with 30 kills, 5 immediate stops
of PostgreSQL and 3 FLUSHALL) and several seeds of the short one, which is also what every `make test` runs.
"""

from __future__ import annotations

import random
import uuid
from typing import Any

import psycopg
import pytest

from tests.faults.checker import judge
from tests.faults.conftest import FULL, promised, seeds
from tests.faults.schedule import chosen
from tests.faults.screen import Desk, Screen
from tests.faults.storm import Storm, slower_than
from tests.faults.traffic import Agents, Subscribers
from tests.faults.witnesses import Witnesses, await_quiet

RATE = 50.0
KILLS: dict[str, Any] = {"seconds": 120.0, "kills": 20}
ENGINES: dict[str, Any] = {"seconds": 100.0, "kills": 30, "stops": 5, "flushes": 3}
SHORT: dict[str, Any] = {"seconds": 14.0, "kills": 5, "stops": 1, "flushes": 1}
MOST_SHORT = 4  # seeds of the short storm in `make faults`: what an hour has room for
STORMS = [("short", SHORT, seed) for seed in seeds(MOST_SHORT)]
if FULL:
    STORMS = [("kills", KILLS, seed) for seed in seeds(1)] + [("engines", ENGINES, seed) for seed in seeds(1)] + STORMS

# From a kill, or from PostgreSQL's return. While engines die, too, it is the service's own time that is promised.
READY_AGAIN_S = {"kills": 5.0, "short": 5.0, "engines": 10.0}
SERVICE_AGAIN_S = 10.0  # from PostgreSQL's return: a new text is acknowledged and shown
ROOM = 200  # conversations that each agent may hold: the storm needs people who answer
JOB = "conversations.count_density"


def ask_for_jobs(database: str, seed: int) -> list[str]:
    """Rows of jobs as the product makes them, spread over the storm; nobody is rung for."""
    chance = random.Random(f"jobs {seed}")
    asked = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(20)]
    with psycopg.connect(database, autocommit=True) as connection:
        for number, id_ in enumerate(asked):
            connection.execute(
                """insert into jobs_job (id, kind, arguments, state, progress, attempts, max_attempts, due_at,
                                         lease_holder, result, error, created_at)
                   values (%s, %s, '{}', 'waiting', 0, 0, 10, now() + %s * interval '0.6 s', '', '{}', '', now())""",
                [id_, JOB, number],
            )
    return asked


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("storm", "counts", "seed"), STORMS, ids=[f"{name}-{seed}" for name, _, seed in STORMS])
@pytest.mark.needs("MCE-029")
@pytest.mark.needs("RFP-002", part="what two people write to each other survives; campaigns come later")
@pytest.mark.needs("RFP-017", part="50 texts a second while its processes are killed; speed is the benches'")
def test_nothing_is_lost_and_nothing_is_twice(palabre, line, storm, counts, seed):
    database = palabre.environ["DATABASE_OWNER_URL"]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("update routing_agentstate set capacity = %s", [ROOM])
    for account in ("savane", "lagune"):
        line.behave(account, window=50)  # more in flight, and still one text at a time of each subscriber
    schedule = chosen(storm, seed, **counts)
    witnesses = Witnesses(line, database)
    jobs = ask_for_jobs(database, seed)
    with Screen(palabre) as screen:
        weather = Storm(palabre, line, Desk(palabre), schedule)
        subscribers = Subscribers(line, rate=RATE, seconds=schedule.seconds, seed=seed)
        with Agents(palabre, seed=seed) as agents, subscribers:
            weather.run()
        print(weather.told())
        quiet = await_quiet(line, database, 60, leases=FULL)
        print(f"{subscribers.sent} texts, {len(agents.kept)} answers ({agents.repeated} of them clicked twice)")
        print(f"quiet after {quiet:.1f} s")
        verdict = judge(witnesses.world(screen, answers=agents.kept, jobs=jobs))
    print(verdict)
    assert verdict.holds, str(verdict)
    assert not agents.faults, agents.faults
    assert not subscribers.refused, subscribers.refused
    assert agents.kept, "agents have answered"
    assert slower_than(weather.recoveries, promised(READY_AGAIN_S[storm])) == []
    assert slower_than(weather.services, promised(SERVICE_AGAIN_S)) == []
