"""What a file that describes a day may say, part by part (routing/scenario.py reads it; docs/staffing.md)."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from routing.assignment import Strategy

HALF_HOUR_S = 1800.0
MOST_AGENTS = 20_000


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
    preferred_team: Name | None = None  # a crew
    preferred_team_s: Annotated[int, Field(ge=5, le=600)] = 60


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
