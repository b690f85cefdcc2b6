"""When what breaks: made from a seed, printed as one line, and replayed from that line or that seed.

FAULT_SEED=7 ...                                 the schedule of seed 7
FAULT_SCHEDULE='{"storm": "kills", ...}' ...     exactly this one, with these moments
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass

PROCESSES = ("gateway", "dispatcher", "web", "worker")
# An engine that is stopped again before it has recovered tells nothing about recovering.
APART = 0.6  # of the share of time that each stop has


@dataclass(frozen=True)
class Act:
    """`what`: kill (-9, of process `which`), stop (of PostgreSQL, immediately), flush (of all that Valkey holds)."""

    at_s: float
    what: str
    which: str


@dataclass(frozen=True)
class Schedule:
    storm: str
    seed: int
    seconds: float
    acts: tuple[Act, ...]

    def line(self) -> str:
        return json.dumps(
            {
                "storm": self.storm,
                "seed": self.seed,
                "seconds": self.seconds,
                "acts": [[act.at_s, act.what, act.which] for act in self.acts],
            }
        )

    @classmethod
    def read(cls, line: str) -> Schedule:
        said = json.loads(line)
        acts = tuple(Act(float(at), str(what), str(which)) for at, what, which in said["acts"])
        return cls(str(said["storm"]), int(said["seed"]), float(said["seconds"]), acts)


def made(
    storm: str,
    seed: int,
    *,
    seconds: float,
    kills: int,
    stops: int = 0,
    flushes: int = 0,
    among: Sequence[str] = PROCESSES,
) -> Schedule:
    """Each process is killed at least once where there are kills enough; engine stops keep a distance."""
    chance = random.Random(f"{storm} {seed}")
    victims = [*chance.sample(list(among), min(kills, len(among)))]
    victims += [chance.choice(list(among)) for _ in range(kills - len(victims))]
    chance.shuffle(victims)
    acts = [Act(_moment(chance, seconds), "kill", victim) for victim in victims]
    share = seconds / max(stops, 1)
    acts += [
        Act(round(share * (number + chance.uniform(0.2, 0.2 + APART)), 2), "stop", "postgres")
        for number in range(stops)
    ]
    acts += [Act(_moment(chance, seconds), "flush", "valkey") for _ in range(flushes)]
    return Schedule(storm, seed, seconds, tuple(sorted(acts, key=lambda act: act.at_s)))


def _moment(chance: random.Random, seconds: float) -> float:
    return round(chance.uniform(0.05, 0.95) * seconds, 2)


def chosen(storm: str, seed: int, **counts: float | int) -> Schedule:
    """The schedule to run: the one given in the environment where it is of this storm, else the seed's. Printed."""
    given = os.environ.get("FAULT_SCHEDULE", "")
    schedule = Schedule.read(given) if given else None
    if schedule is None or schedule.storm != storm:
        schedule = made(storm, seed, **counts)  # the counts that `made` names
    print(f"\nFAULT_SCHEDULE='{schedule.line()}'", flush=True)
    return schedule
