"""Where Erlang C holds (one skill, steady arrivals, nobody gives up), the simulated service is what it says."""

from __future__ import annotations

import math
import statistics

import pytest

from routing.erlang import Demand, staffed
from routing.scenario import Scenario, scenario
from routing.simulated import figures
from routing.simulation import simulate

DAYS = 10
T_99 = 3.250  # Student's t, 99 %, nine degrees of freedom: twenty comparisons are made
# Agents: hours of warming up, hours counted. The nearer to its limit, the longer a queue remembers.
ROWS = {11: (8.0, 16.0), 12: (3.0, 12.0), 13: (2.0, 10.0), 14: (2.0, 10.0), 15: (2.0, 10.0)}


def steady(agents: int, warm_up_hours: float, hours: float) -> Scenario:
    return scenario({
        "hours": warm_up_hours + hours,
        "warm_up_hours": warm_up_hours,
        "queues": [{"name": "Support"}],
        "arrivals": [{"queue": "Support", "per_half_hour": 60, "handling": {"mean_s": 300}}],
        "agents": [{"name": "Day", "count": agents}],
    })  # fmt: skip


@pytest.mark.parametrize("agents", ROWS)
def test_the_simulated_service_is_within_its_confidence_interval_of_erlang_c(agents):
    day = steady(agents, *ROWS[agents])
    found = [figures(simulate(day, 1000 * agents + number)) for number in range(DAYS)]
    theory = staffed(Demand(contacts=60, handling_s=300), agents)
    # Each with the widest that its interval may be: one that everything fits into proves nothing. By the asymptotic
    # variance of M/M/N they are widest with 11 agents: 0.11, 0.10, 0.66 of the average wait, 0.03.
    for name, values, expected, widest in (
        ("service level", [one.whole.service_level for one in found], theory.service_level, 0.15),
        ("share that waits", [one.whole.waited for one in found], theory.waits, 0.2),
        ("average wait, s", [one.whole.asa_s for one in found], theory.asa_s, 1.5 * theory.asa_s),
        ("occupancy", [one.staffing.occupancy for one in found], theory.occupancy, 0.06),
    ):
        mean, off = statistics.fmean(values), T_99 * statistics.stdev(values) / math.sqrt(DAYS)
        print(f"{agents} agents, {name}: {mean:.3f} ± {off:.3f}, Erlang C {expected:.3f}")
        assert abs(mean - expected) <= off
        assert off < widest
