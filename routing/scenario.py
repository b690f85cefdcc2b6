"""The file that describes a day to simulate: TOML, read into what routing/simulation.py runs. Format: docs/staffing.md.

Everything wrong with a file is said at once, each fault with its place: `agents.2.shifts.1: ...`.
"""

from __future__ import annotations

import csv
import math
import random
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from pydantic import ValidationError

from common.errors import Invalid
from routing import ladder as ladders
from routing.assignment import Want
from routing.scenario_parts import HALF_HOUR_S, MOST_AGENTS, Arrivals, Crew, Day, Queue

NAMES = UUID("6f0c3a52-8f0e-4f7e-9d8a-2f6f8f1d9b31")  # ids of queues and skills are made of their names within this
DAY_S = 86_400.0
MOST_CONTACTS = 1_000_000


class ScenarioError(Exception):
    """The file cannot be simulated. `faults`: "place: what is wrong", in the order of the file."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


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
    teams: tuple[UUID | None, ...]  # by arrivals: the crew that is asked first
    warnings: tuple[str, ...]


def chance_of(seed: str) -> random.Random:
    """The same seed, the same people: nothing secret is made of it."""
    return random.Random(seed)  # noqa: S311


def skill_id(name: str) -> UUID:
    return uuid5(NAMES, f"skill:{name}")


def queue_id(name: str) -> UUID:
    return uuid5(NAMES, f"queue:{name}")


def team_id(name: str) -> UUID:
    return uuid5(NAMES, f"team:{name}")


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
        warnings = tuple(self._nobody_for(known))
        first: dict[str, Want] = {}
        for queue in day.queues:
            if queue.preferred_team is not None:
                first[queue.name], known[queue.name] = ladders.team_first(
                    known[queue.name], team_id(queue.preferred_team), queue.preferred_team_s
                )
        wants = tuple(
            (
                *(Want(skill_id(want.skill), want.least, want.preferred) for want in one.wants),
                *([first[one.queue]] if one.queue in first else ()),
            )
            for one in day.arrivals
        )
        teams = tuple(first[one.queue].skill_id if one.queue in first else None for one in day.arrivals)
        return Scenario(day, self.length_s, self.queue_ids, known, wants, recorded, shifts, teams, warnings)

    def _names(self) -> None:
        if len(self.queue_ids) < len(self.day.queues):
            self.faults.append("queues: two have the same name")
        crews = {crew.name for crew in self.day.agents}
        for place, queue in enumerate(self.day.queues):
            if queue.preferred_team is not None and queue.preferred_team not in crews:
                self.faults.append(f"queues.{place}.preferred_team: there are no agents {queue.preferred_team!r}")
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
