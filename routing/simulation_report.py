"""What `palabre simulate` prints: the figures of one day, or of several of the same kind with how far they vary."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from routing.erlang import Demand, needed, staffed
from routing.scenario import Scenario
from routing.simulated import DayFigures, Figures, interval

Pick = Callable[[DayFigures], float | None]


def as_json(scenario: Scenario, days: Sequence[DayFigures]) -> dict[str, Any]:
    """One object: each day's figures, and for several the mean of the main ones with its 95 % confidence."""
    found: dict[str, Any] = {
        "scenario": scenario.day.name,
        "target": {"share": scenario.day.target.share, "within_s": scenario.day.target.within_s},
        "warnings": list(scenario.warnings),
        "days": [one.as_json() for one in days],
    }
    if len(days) > 1:
        found["mean"] = {name: _mean(days, pick) for name, pick in MAIN.items()}
    erlang = erlang_beside(scenario)
    if erlang is not None:
        found["erlang_c"] = erlang
    return found


MAIN: dict[str, Pick] = {
    "service_level": lambda day: day.whole.service_level,
    "asa_s": lambda day: day.whole.asa_s,
    "wait_p50_s": lambda day: day.whole.wait_p50_s,
    "wait_p90_s": lambda day: day.whole.wait_p90_s,
    "abandonment": lambda day: day.whole.abandonment,
    "occupancy": lambda day: day.staffing.occupancy,
    "gini": lambda day: day.staffing.gini,
}


def _mean(days: Sequence[DayFigures], pick: Pick) -> dict[str, float | None]:
    values = [value for day in days if (value := pick(day)) is not None]
    if not values:
        return {"mean": None, "plus_minus_95": None}
    mean, off = interval(values)
    return {"mean": mean, "plus_minus_95": None if math.isinf(off) else off}


def erlang_beside(scenario: Scenario) -> dict[str, float] | None:
    """Erlang C for the same day; None where it may not be asked (docs/staffing.md), or beyond its size."""
    day = scenario.day
    if len(day.arrivals) != 1 or len(day.agents) != 1:
        return None
    one, crew = day.arrivals[0], day.agents[0]
    if not isinstance(one.per_half_hour, float) or one.per_half_hour <= 0:
        return None
    memoryless = one.handling.shape == "exponential" and one.patience is None
    whole_day = scenario.shifts[0] == ((0.0, scenario.length_s),)
    all_alike = not one.wants and not scenario.ladders[one.queue].steps and not scenario.warnings
    one_at_a_time = crew.capacity == one.weight == 1 and crew.ring is None
    if not (memoryless and whole_day and all_alike and one_at_a_time):
        return None
    demand = Demand(one.per_half_hour, one.handling.mean_s, target=day.target.share, within_s=day.target.within_s)
    try:
        here, enough = staffed(demand, crew.count), needed(demand)
    except ValueError:  # more agents than there are anywhere
        return None
    found = {"service_level": here.service_level, "occupancy": here.occupancy, "agents_needed": enough.agents}
    return found if math.isinf(here.asa_s) else {**found, "asa_s": here.asa_s}


def text(scenario: Scenario, days: Sequence[DayFigures], took_s: float) -> str:
    """For a terminal of 80 columns."""
    day, target = scenario.day, scenario.day.target
    several = f"{len(days)} days of this kind: the mean, and ± with 95 % confidence" if len(days) > 1 else "one day"
    lines = [f"{day.name}: {day.hours:g} h from {day.start}, {several}", ""]
    lines += [f"  ! {warning}" for warning in scenario.warnings]
    add = lines.append
    whole = days[0].whole
    if len(days) == 1:
        add(f"  contacts         {whole.contacts:,}: {whole.answered:,} answered, {whole.abandoned:,} gave up, "
            f"{whole.to_bot:,} to the bot, {whole.left_waiting:,} left waiting")  # fmt: skip
    add(f"  service level    {_shown(days, MAIN['service_level'], _percent)} answered within {target.within_s:g} s, of "
        f"all who came (target {target.share:.0%})")  # fmt: skip
    p50, p90, average = (_shown(days, MAIN[name], _seconds) for name in ("wait_p50_s", "wait_p90_s", "asa_s"))
    add(f"  wait             p50 {p50}   p90 {p90}   average {average}")
    add(f"  gave up          {_shown(days, MAIN['abandonment'], _percent)}")
    add(f"  occupancy        {_shown(days, MAIN['occupancy'], _percent)} of the time signed in with at least one talk, "
        f"{_shown(days, lambda one: one.staffing.capacity_used, _percent)} of all capacity")  # fmt: skip
    add(f"  fairness         {_shown(days, lambda one: one.staffing.handled_per_hour_least, _plain)} to "
        f"{_shown(days, lambda one: one.staffing.handled_per_hour_most, _plain)} handled an hour by agent, "
        f"Gini {_shown(days, MAIN['gini'], _fine)}")  # fmt: skip
    offers = [(one.staffing.declined, one.staffing.missed) for one in days]
    if any(map(any, offers)):
        add(f"  offers           {sum(d for d, _ in offers):,} declined, {sum(m for _, m in offers):,} missed")
    add(f"  wait estimate    {_shown(days, lambda one: one.estimate.within_p50, _percent)} within p50, "
        f"{_shown(days, lambda one: one.estimate.within_p90, _percent)} within p90, "
        f"off by {_shown(days, lambda one: one.estimate.median_error_s, _seconds)} (median)")  # fmt: skip
    erlang = erlang_beside(scenario)
    if erlang is not None:
        asa = f", average wait {erlang['asa_s']:.1f} s" if "asa_s" in erlang else ""
        add(f"  Erlang C         {erlang['service_level']:.1%}{asa}, occupancy {erlang['occupancy']:.1%}; "
            f"{erlang['agents_needed']:.0f} agents for the target")  # fmt: skip
    if len(days[0].queues) > 1:
        lines += ["", f"  {'queue':<20}{'contacts':>10}{'in time':>10}{'p50':>9}{'p90':>9}{'gave up':>10}"]
        lines += [f"  {name[:19]:<20}{_row([one.queues[name] for one in days])}" for name in days[0].queues]
    rounds = sum(one.rounds for one in days)
    lines += ["", f"  {rounds:,} rounds of the routing core in {took_s:.1f} s"]
    return "\n".join(lines)


def _row(found: Sequence[Figures]) -> str:
    def mean(values: list[float | None], shown: Callable[[float], str]) -> str:
        known = [one for one in values if one is not None]
        return shown(sum(known) / len(known)) if known else "-"

    return (
        f"{mean([float(one.contacts) for one in found], lambda n: f'{n:,.0f}'):>10}"
        f"{mean([one.service_level for one in found], _percent):>10}"
        f"{mean([one.wait_p50_s for one in found], _seconds):>9}"
        f"{mean([one.wait_p90_s for one in found], _seconds):>9}"
        f"{mean([one.abandonment for one in found], _percent):>10}"
    )


def _shown(days: Sequence[DayFigures], pick: Pick, form: Callable[[float], str]) -> str:
    found = _mean(days, pick)
    if found["mean"] is None:
        return "-"
    off = found["plus_minus_95"]
    return form(found["mean"]) if off is None else f"{form(found['mean'])} ± {form(off)}"


def _percent(value: float) -> str:
    return f"{value:.1%}"


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 120 else f"{value / 60:.1f} min"


def _plain(value: float) -> str:
    return f"{value:.1f}"


def _fine(value: float) -> str:
    return f"{value:.3f}"
