"""A new sender's ramp-up: how many parts may leave an hour (or a day) until it is known, growing day by day.

    ramp_start   parts in an hour or a day, to begin with
    ramp_per     "hour" or "day"
    ramp_growth  each further day so many times as many, until the link's full rate is reached; 2 when it is not said

Operators and their filters distrust a sender that is unknown today and sends ten thousand texts tomorrow. Answers to
people who wrote (lanes 0 and 1) never wait for it, as they would come when nobody needs them any more; they count.
Campaigns wait. The allowance of an hour is spread over it. What has left is counted from the attempts, which are
committed before anything is written: neither a crash nor another owner forgets any of it. When it began stands in
LinkState.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, floor, inf, log
from typing import Any
from uuid import UUID

import psycopg

from jobs.leases import ticking

PERIODS = {"hour": 3600.0, "day": 86_400.0}
DAY_S = 86_400.0
CLAIM_S = 10.0  # no claim is longer under way
LAST_FREE_LANE = 1  # answers; the lanes behind it wait

# `at`: a uuidv7 begins with its time in milliseconds, so the attempts of a period are one stretch of the key.
_LOOK = """
with plan as (select min(ramp_began_at) as began from conversations_linkstate where link_id = %(link)s),
at as (
    select began, clock_timestamp() as now,
           began + floor(extract(epoch from clock_timestamp() - began) / %(period)s) * make_interval(secs => %(period)s)
           as since
    from plan
)
select began, now, (
    select count(*) from conversations_attempt
    where link_id = %(link)s and not withdrawn
      and id >= (lpad(to_hex((extract(epoch from coalesce(since, now)) * 1000)::bigint), 12, '0')
                 || '70008000000000000000')::uuid)
from at
"""
_BEGIN = """
insert into conversations_linkstate as live (link_id, state, error, facts, ramp_began_at)
values (%(link)s, 'unbound', '', '{}', %(began)s)
on conflict (link_id) do update set ramp_began_at = coalesce(live.ramp_began_at, excluded.ramp_began_at)
"""
_FORGET = """
update conversations_linkstate set ramp_began_at = null where link_id = %(link)s and ramp_began_at is not null
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """`rate`: of the link, in parts a second: the goal."""

    start: float
    per: str
    growth: float
    rate: float

    @property
    def period_s(self) -> float:
        return PERIODS[self.per]

    @property
    def full_after_days(self) -> int:
        """Days from the beginning until nothing is held back any more."""
        return max(0, ceil(log(max(1.0, self.rate * self.period_s / self.start)) / log(self.growth)))

    def allowance(self, days: int) -> float:
        """Parts a period, on this day of the plan (0: the first). inf: the ramp is over."""
        return inf if days >= self.full_after_days else self.start * self.growth**days


def read(settings: Mapping[str, Any]) -> Plan | None:
    """The plan that a link's settings hold. Raises ValueError that begins with the setting's name."""
    if settings.get("ramp_start") in (None, "", 0):
        return None
    start, growth = _number(settings, "ramp_start"), _number(settings, "ramp_growth", 2.0)
    rate, per = _number(settings, "rate_per_s", 0.0), settings.get("ramp_per", "hour")
    if per not in PERIODS:
        raise ValueError(f"ramp_per is {per!r}, it must be one of {', '.join(PERIODS)}")
    if not 1 <= start <= 1_000_000:
        raise ValueError(f"ramp_start is {start:g}, it must be from 1 to 1000000")
    if not 1.01 <= growth <= 10:
        raise ValueError(f"ramp_growth is {growth:g}, it must be from 1.01 to 10")
    if not rate > 0:
        raise ValueError("rate_per_s is missing: it is where the ramp-up ends")
    return Plan(start, str(per), growth, rate)


def _number(settings: Mapping[str, Any], name: str, default: float = 0.0) -> float:
    try:
        return float(settings.get(name, default))
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number") from None


class Ramp:
    """The plan of one link at work, between `look` and `look` by its own count. Times: the database's, in seconds."""

    def __init__(self, link_id: UUID, plan: Plan | None) -> None:
        self.plan = plan
        self._link_id = link_id
        self.begun = asyncio.Event()  # just now: `look` is asked to keep it
        self._began: float | None = None
        self._saved = False
        self._used = 0
        self._period = 0
        self._offset = 0.0  # from `ticking` to the database's clock
        self._looked = False

    async def look(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Learn what has left, and keep when it began. Without a plan, forget that there was one."""
        parameters: dict[str, Any] = {"link": self._link_id}
        if self.plan is None:
            if not self._looked:
                await connection.execute(_FORGET, parameters)
            self._looked = True
            return
        if self._began is not None and not self._saved:
            await connection.execute(_BEGIN, {**parameters, "began": datetime.fromtimestamp(self._began, UTC)})
        cursor = await connection.execute(_LOOK, {**parameters, "period": self.plan.period_s})
        row = await cursor.fetchone()
        assert row is not None
        began, now, used = row
        self._offset = now.timestamp() - ticking()
        if began is not None:
            self._began, self._saved = began.timestamp(), True
            self._period = self._period_of(now.timestamp())
            self._used = used
        self._looked = True

    def left(self) -> float:
        """Parts of campaigns that may leave now. 0 until the first `look`; inf without a plan, or when it is done."""
        if self.plan is None:
            return inf
        if not self._looked:
            return 0
        now = self._now()
        self._turn(now)
        if self._began is None:
            return 1
        allowance = self.plan.allowance(self._days(now))
        if allowance == inf:
            return inf
        share = (now - self._began) % self.plan.period_s / self.plan.period_s
        return max(0, min(floor(allowance), floor(allowance * share) + 1) - self._used)

    def took(self, parts: int, *, campaign: bool) -> None:
        """So many parts have been claimed."""
        if self.plan is None or not parts:
            return
        now = self._now()
        if self._began is None:
            if not campaign:
                return
            # Before the claim that tells us: its attempts are of the first period, too.
            self._began, self._period = now - CLAIM_S, 0
            self.begun.set()
        self._turn(now)
        self._used += parts

    def facts(self) -> dict[str, Any] | None:
        """For the link's page; None without a plan, and once it is done."""
        if self.plan is None or not self._looked:
            return None
        now = self._now()
        self._turn(now)
        days = 0 if self._began is None else self._days(now)
        allowance = self.plan.allowance(days)
        if allowance == inf:
            return None
        began = None if self._began is None else datetime.fromtimestamp(self._began, UTC).isoformat(timespec="seconds")
        return {
            "per": self.plan.per, "allowed": floor(allowance), "used": self._used, "day": days + 1,
            "full_on_day": self.plan.full_after_days + 1, "began": began, "holds": self.left() <= 0,
        }  # fmt: skip

    def _now(self) -> float:
        return ticking() + self._offset

    def _days(self, now: float) -> int:
        return int((now - (self._began or now)) // DAY_S)

    def _period_of(self, now: float) -> int:
        assert self.plan is not None
        return int((now - (self._began or now)) // self.plan.period_s)

    def _turn(self, now: float) -> None:
        """A new hour or day begins with nothing used."""
        if self._began is not None and self._period_of(now) > self._period:
            self._period, self._used = self._period_of(now), 0
