"""The file that describes a day to simulate: TOML, read into what routing/simulation.py runs. Format: docs/staffing.md.

Everything wrong with a file is said at once, each fault with its place: `agents.2.shifts.1: ...`.
"""

from __future__ import annotations

import csv
import math
import random
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from common.errors import Invalid
from routing import ladder as ladders
from routing.assignment import Strategy, Want

NAMES = UUID("6f0c3a52-8f0e-4f7e-9d8a-2f6f8f1d9b31")  # ids of queues and skills are made of their names within this
HALF_HOUR_S = 1800.0
DAY_S = 86_400.0
MOST_CONTACTS = 1_000_000
MOST_AGENTS = 20_000


class ScenarioError(Exception):
    """The file cannot be simulated. `faults`: "place: what is wrong", in the order of the file."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


Positive = Annotated[float, Field(gt=0, le=1e7, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Level = Annotated[int, Field(ge=0, le=5)]
Name = Annotated[str, Field(min_length=1, max_length=80)]


class Length(_Part):
    """A stretch of time that differs from one to the next. `spread`: standard deviation by mean, of a lognormal."""

    mean_s: Positive
    shape: Literal["exponential", "lognormal", "fixed"] = "exponential"
    spread: Positive = 0.7

    def draw(self, chance: random.Random) -> float:
        if self.shape == "fixed":
            return self.mean_s
        if self.shape == "exponential":
            return chance.expovariate(1.0 / self.mean_s)
        sigma_squared = math.log(1.0 + self.spread**2)
        return chance.lognormvariate(math.log(self.mean_s) - sigma_squared / 2, math.sqrt(sigma_squared))


class Target(_Part):
    share: Annotated[float, Field(gt=0, lt=1)] = 0.8
    within_s: NotNegative = 20.0


class Queue(_Part):
    name: Name
    strategy: Strategy = Strategy.BEST_LEVEL
    points_per_minute: NotNegative = 1.0
    ladder: list[dict[str, Any]] = []


class Asked(_Part):
    skill: Name
    least: Level = 0
    preferred: Level = 0


class Arrivals(_Part):
    """Contacts that ask the same. Given by `per_half_hour` (a figure, or one for each), `at_s` or `recorded`."""

    queue: Name
    handling: Length
    per_half_hour: NotNegative | list[NotNegative] | None = None
    at_s: list[NotNegative] | None = None
    recorded: str | None = None  # a CSV file with a column `at` and perhaps `handling_s`
    patience: Length | None = None  # None: nobody gives up
    wants: list[Asked] = []
    priority: Annotated[int, Field(ge=0, le=100)] = 0
    medium: Name = "sms"
    weight: Annotated[int, Field(ge=1, le=100)] = 1

    @model_validator(mode="after")
    def _one_source(self) -> Arrivals:
        if sum(one is not None for one in (self.per_half_hour, self.at_s, self.recorded)) != 1:
            raise ValueError("give one of per_half_hour, at_s and recorded")
        return self

    def times(self, length_s: float, chance: random.Random) -> Iterator[float]:
        """Seconds from the start at which they come: at random, at the rate of each half hour."""
        for half in range(math.ceil(length_s / HALF_HOUR_S)):
            figures = self.per_half_hour
            each = figures[half] if isinstance(figures, list) else figures or 0.0
            rate = each / HALF_HOUR_S  # 0 also where a float has nothing as small
            at, end = half * HALF_HOUR_S, min((half + 1) * HALF_HOUR_S, length_s)
            while rate > 0:
                at += chance.expovariate(rate)
                if at >= end:
                    break
                yield at


class Ring(_Part):
    """Offers instead of assignment at once. What is neither declined nor missed is accepted after `takes`."""

    takes: Length
    limit_s: Positive = 20.0  # unanswered for so long is missed
    declined: Share = 0.0
    missed: Share = 0.0
    away_s: NotNegative = 60.0  # whoever misses one is "not responding" for so long

    @model_validator(mode="after")
    def _shares(self) -> Ring:
        if self.declined + self.missed > 1:
            raise ValueError("declined and missed together are more than 1")
        return self


class Crew(_Part):
    """Agents who are alike."""

    name: Name
    count: Annotated[int, Field(ge=1, le=MOST_AGENTS)]
    capacity: Annotated[int, Field(ge=1, le=100)] = 1
    media: dict[str, Annotated[int, Field(ge=0, le=100)]] = {}  # of each medium at once, by weight
    skills: dict[str, Annotated[int, Field(ge=1, le=5)]] = {}
    queues: list[Name] | None = None  # None: all
    shifts: list[tuple[str, str]] | None = None  # times of the day, the same each 24 hours; None: the whole of it
    ring: Ring | None = None
    slower: NotNegative = 0.0  # by how much each talk takes longer for every other that its agent holds


class Day(_Part):
    name: Name = "a day"
    seed: int = 1
    start: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "08:00"
    hours: Annotated[float, Field(gt=0, le=168)] = 8.0
    warm_up_hours: NotNegative = 0.0  # contacts of this time are served, and not counted
    target: Target = Target()
    queues: Annotated[list[Queue], Field(min_length=1)]
    arrivals: Annotated[list[Arrivals], Field(min_length=1)]
    agents: Annotated[list[Crew], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A day that can be run: names are known, times are seconds from its start."""

    day: Day
    length_s: float
    queue_ids: Mapping[str, UUID]
    ladders: Mapping[str, ladders.Ladder]
    wants: tuple[tuple[Want, ...], ...]  # by arrivals
    recorded: tuple[tuple[tuple[float, float | None], ...] | None, ...]  # by arrivals: at, handling_s
    shifts: tuple[tuple[tuple[float, float], ...], ...]  # by crew
    warnings: tuple[str, ...]


def chance_of(seed: str) -> random.Random:
    """The same seed, the same people: nothing secret is made of it."""
    return random.Random(seed)  # noqa: S311


def skill_id(name: str) -> UUID:
    return uuid5(NAMES, f"skill:{name}")


def queue_id(name: str) -> UUID:
    return uuid5(NAMES, f"queue:{name}")


def read(path: Path) -> Scenario:
    """Raises ScenarioError, also for a file that is not there or not TOML."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # ValueError: TOML, UTF-8, figures of thousands of digits
        raise ScenarioError([f"{path}: {error}"]) from error
    return scenario(found, beside=path.parent)


def scenario(given: Mapping[str, Any], *, beside: Path = Path()) -> Scenario:
    """`beside`: the folder in which recorded files are looked for. Raises ScenarioError."""
    try:
        day = Day.model_validate(given)
    except ValidationError as error:
        raise ScenarioError([_said(one) for one in error.errors(include_url=False)]) from error
    return _Reader(day, beside).scenario()


def _said(fault: Any) -> str:
    # Branches of "one figure or a list" are no places of the file.
    place = ".".join(str(part) for part in fault["loc"] if not re.search(r"[\[(]", str(part)) and part != "float")
    return f"{place or 'the file'}: {fault['msg'].removeprefix('Value error, ')}"


class _Reader:
    """What pydantic cannot see: names that must exist, times that must fit, files."""

    def __init__(self, day: Day, beside: Path) -> None:
        self.day = day
        self.beside = beside
        self.faults: list[str] = []
        self.length_s = day.hours * 3600.0
        self.queue_ids = {one.name: queue_id(one.name) for one in day.queues}
        self.skills = {name for crew in day.agents for name in crew.skills} | {
            want.skill for one in day.arrivals for want in one.wants
        }

    def scenario(self) -> Scenario:
        day = self.day
        self._names()
        known = {queue.name: self._ladder(place, queue) for place, queue in enumerate(day.queues)}
        self._check(known)
        recorded = tuple(self._arrivals(place, one) for place, one in enumerate(day.arrivals))
        shifts = tuple(self._shifts(place, crew) for place, crew in enumerate(day.agents))
        if day.warm_up_hours >= day.hours:
            self.faults.append("warm_up_hours: nothing of the day is left to be counted")
        if sum(crew.count for crew in day.agents) > MOST_AGENTS:
            self.faults.append(f"agents: at most {MOST_AGENTS} in all")
        expected = sum(len(known_) if known_ else _expected(one, day) for one, known_ in zip(
            day.arrivals, recorded, strict=True))  # fmt: skip
        if expected > MOST_CONTACTS:
            self.faults.append(f"arrivals: about {expected:,.0f} contacts; at most {MOST_CONTACTS:,} can be run")
        if self.faults:
            raise ScenarioError(self.faults)
        wants = tuple(
            tuple(Want(skill_id(want.skill), want.least, want.preferred) for want in one.wants) for one in day.arrivals
        )
        return Scenario(
            day, self.length_s, self.queue_ids, known, wants, recorded, shifts, tuple(self._nobody_for(known))
        )

    def _names(self) -> None:
        if len(self.queue_ids) < len(self.day.queues):
            self.faults.append("queues: two have the same name")
        for place, one in enumerate(self.day.arrivals):
            if one.queue not in self.queue_ids:
                self.faults.append(f"arrivals.{place}.queue: there is no queue {one.queue!r}")
        for place, crew in enumerate(self.day.agents):
            for name in crew.queues or ():
                if name not in self.queue_ids:
                    self.faults.append(f"agents.{place}.queues: there is no queue {name!r}")

    def _ladder(self, place: int, queue: Queue) -> ladders.Ladder:
        def named(row: dict[str, Any]) -> dict[str, Any]:
            given = dict(row)
            if isinstance(given.get("skill"), str):
                given["skill"] = skill_id(given["skill"])
            if isinstance(given.get("queue"), str):
                given["queue"] = queue_id(given["queue"])
            return given

        try:
            return ladders.from_rows([named(row) for row in queue.ladder])
        except Invalid as refusal:
            self.faults.append(f"queues.{place}.{refusal.field}: {refusal.message}")
            return ladders.Ladder()

    def _check(self, known: Mapping[str, ladders.Ladder]) -> None:
        by_id = {self.queue_ids[name]: one for name, one in known.items()}
        skills = {skill_id(name) for name in self.skills}
        for place, queue in enumerate(self.day.queues):
            own = self.queue_ids[queue.name]
            others = {id_: one for id_, one in by_id.items() if id_ != own}
            try:
                ladders.check(by_id[own], own_queue=own, queues=set(by_id), skills=skills, others=others)
            except Invalid as refusal:
                self.faults.append(f"queues.{place}.{refusal.field}: {refusal.message}")

    def _arrivals(self, place: int, one: Arrivals) -> tuple[tuple[float, float | None], ...] | None:
        if isinstance(one.per_half_hour, list):
            halves = math.ceil(self.length_s / HALF_HOUR_S)
            if len(one.per_half_hour) != halves:
                self.faults.append(
                    f"arrivals.{place}.per_half_hour: {len(one.per_half_hour)} figures for {halves} half hours"
                )
        if one.recorded is not None:
            return self._file(place, self.beside / one.recorded)
        if one.at_s is None:
            return None
        return self._within(f"arrivals.{place}.at_s", ((at, None) for at in one.at_s))

    def _file(self, place: int, path: Path) -> tuple[tuple[float, float | None], ...]:
        where = f"arrivals.{place}.recorded"
        rows: list[tuple[float, float | None]] = []
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                for row in csv.DictReader(file):
                    handling = row.get("handling_s") or None
                    rows.append((self._moment(row["at"]), None if handling is None else float(handling)))
                    if rows[-1][1] is not None and not 0 < float(handling or 0) <= 1e7:
                        raise ValueError(f"handling_s {handling}")
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            self.faults.append(f"{where}: {error}")
        except (KeyError, TypeError, ValueError) as error:
            self.faults.append(f"{where}: row {len(rows) + 1} of {path.name} cannot be read: {error}")
        return self._within(where, rows)

    def _moment(self, text: str) -> float:
        """A time of the day, or seconds from its start."""
        if ":" not in text:
            return float(text)
        if self.length_s > DAY_S:
            raise ValueError(f"{text} may be of any of these days: give seconds from the start")
        return self._time(text)

    def _within(self, where: str, rows: Iterable[tuple[float, float | None]]) -> tuple[tuple[float, float | None], ...]:
        found = sorted(rows, key=lambda row: row[0])
        if any(not 0 <= at <= self.length_s for at, _ in found):
            self.faults.append(f"{where}: not all of these lie within the day of {self.day.hours:g} hours")
        return tuple(found)

    def _shifts(self, place: int, crew: Crew) -> tuple[tuple[float, float], ...]:
        if crew.shifts is None:
            return ((0.0, self.length_s),)
        found: list[tuple[float, float]] = []
        for number, (begin, end) in enumerate(crew.shifts):
            where = f"agents.{place}.shifts.{number}"
            try:
                one = self._time(begin), self._time(end, last=True)
            except ValueError as error:
                self.faults.append(f"{where}: {error}")
                continue
            if one[0] >= one[1]:
                self.faults.append(f"{where}: ends before it begins")
            if found and one[0] < found[-1][1]:
                self.faults.append(f"{where}: begins before the one above it has ended")
            found.append(one)
        return tuple(
            (day + begin, min(day + end, self.length_s))
            for day in (DAY_S * number for number in range(math.ceil(self.length_s / DAY_S)))
            for begin, end in found
            if day + begin < self.length_s
        )

    def _time(self, text: str, *, last: bool = False) -> float:
        """Seconds from the start of the day; past midnight where the day is. `last`: its start's hour is its end."""

        def of(text: str) -> float:
            parts = re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", text.strip())
            if parts is None or int(parts[1]) > 24 or int(parts[2]) > 59:
                raise ValueError(f"{text!r} is no time of the day, such as 08:30")
            return int(parts[1]) * 3600.0 + int(parts[2]) * 60.0 + int(parts[3] or 0)

        after = (of(text) - of(self.day.start)) % DAY_S
        if last and after == 0:
            after = DAY_S
        if after > self.length_s:
            raise ValueError(f"{text} lies outside the day of {self.day.hours:g} hours from {self.day.start}")
        return after

    def _nobody_for(self, known: Mapping[str, ladders.Ladder]) -> Iterable[str]:
        """Contacts that no agent may ever take: they wait until they give up."""
        for place, one in enumerate(self.day.arrivals):
            least = {want.skill: want.least for want in one.wants}
            queues = {one.queue}
            for step in known[one.queue].steps:
                what = step.what
                if isinstance(what, ladders.LowerLevel):
                    least = {name: max(0, n - what.by) if skill_id(name) == what.skill_id else n
                             for name, n in least.items()}  # fmt: skip
                elif isinstance(what, ladders.AddQueue):
                    queues |= {name for name, id_ in self.queue_ids.items() if id_ == what.queue_id}
            if not any(
                (crew.queues is None or queues & set(crew.queues))
                and all(crew.skills.get(name, 0) >= level for name, level in least.items())
                and one.weight <= min(crew.capacity, crew.media.get(one.medium, one.weight))
                for crew in self.day.agents
            ):
                yield f"arrivals.{place}: no agent may ever take these"


def _expected(one: Arrivals, day: Day) -> float:
    if isinstance(one.per_half_hour, list):
        return sum(one.per_half_hour)
    return (one.per_half_hour or 0.0) * day.hours * 2
