"""How many agents for so many contacts: Erlang C (routing/erlang.py) for each half hour of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, takewhile
from typing import TypedDict

from common.errors import Invalid
from routing.erlang import Demand, Staffed, needed, table

MOST_TRAFFIC = 5_000  # erlangs in one half hour: beyond that no one desk is meant, and it would take a while
AROUND = 3  # rows below and above what is needed


class StaffingRow(TypedDict):
    """What so many agents come to. Shares from 0 to 1, seconds; null where nobody comes in that half hour."""

    agents: int
    scheduled: int  # on the rota, with shrinkage
    service_level: float | None
    waits: float | None  # the share that has to wait
    asa_s: float | None
    occupancy: float | None


class StaffingHalf(StaffingRow):
    contacts: float
    traffic: float  # erlangs


class Staffing(TypedDict):
    """`halves`: what is needed in each. `options`: of the busiest of them, some agents fewer and some more."""

    halves: list[StaffingHalf]
    busiest: int
    options: list[StaffingRow]
    agent_hours: float  # of all halves together, on the rota


def staffing(contacts: Sequence[float], each: Demand) -> Staffing:
    """`contacts`: of each half hour; `each`: everything else. Raises Invalid("too_much_traffic")."""
    demands = [replace(each, contacts=one) for one in contacts]
    for place, one in enumerate(demands):
        if one.traffic > MOST_TRAFFIC:
            raise Invalid(
                "too_much_traffic", f"more than {MOST_TRAFFIC:,} agents would talk at once", field=f"contacts.{place}",
                most=MOST_TRAFFIC,
            )  # fmt: skip
    found = [needed(one) if one.contacts else None for one in demands]
    halves: list[StaffingHalf] = [
        {"contacts": one.contacts, "traffic": one.traffic, **_row(enough)}
        for one, enough in zip(demands, found, strict=True)
    ]
    busiest = max(range(len(demands)), key=lambda place: demands[place].traffic)
    return {
        "halves": halves,
        "busiest": busiest,
        "options": _options(demands[busiest], found[busiest]),
        "agent_hours": sum(half["scheduled"] for half in halves) / 2,
    }


def _options(demand: Demand, enough: Staffed | None) -> list[StaffingRow]:
    if enough is None:
        return []
    below = takewhile(lambda one: one.agents < enough.agents, table(demand))
    above = islice(table(demand), enough.agents - next(table(demand)).agents, None)
    return [_row(one) for one in (*list(below)[-AROUND:], *islice(above, AROUND + 1))]


def _row(one: Staffed | None) -> StaffingRow:
    if one is None:
        return {
            "agents": 0, "scheduled": 0, "service_level": None, "waits": None, "asa_s": None, "occupancy": None,
        }  # fmt: skip
    return {
        "agents": one.agents,
        "scheduled": one.scheduled,
        "service_level": one.service_level,
        "waits": one.waits,
        "asa_s": one.asa_s,
        "occupancy": one.occupancy,
    }
