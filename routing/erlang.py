"""How many agents for so many contacts: the Erlang C formula.

Assumptions, which `routing/simulation.py` does without: contacts arrive at random at a steady rate (Poisson), handling
times are exponential, one skill, one contact at a time, nobody gives up, first come first served.

With A = contacts per second * average handling time (the traffic, in erlangs) and N agents, N > A:

    Pw  = [A^N/N! * N/(N-A)] / [sum(k<N) A^k/k! + A^N/N! * N/(N-A)]     the share that has to wait
    SL  = 1 - Pw * exp(-(N-A) * T / AHT)                                answered within T
    ASA = Pw * AHT / (N-A)                                              average speed of answer, all contacts
    occupancy = A/N

Sources: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges" (1917); L. Kleinrock, "Queueing Systems" vol. 1 (1975), section 3.5 (M/M/m). Pw is worked out from Erlang's
loss formula by its recursion B(0) = 1, B(n) = A*B(n-1) / (n + A*B(n-1)), in which no factorial and no power occurs, so
that thousands of agents are as good as three: Pw = N*B / (N - A*(1-B)).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MOST_AGENTS = 100_000


@dataclass(frozen=True, slots=True)
class Demand:
    """What comes in one interval, and how well it is to be met.

    `concurrency`: contacts that one agent handles at the same time. The handling time is divided by it, which is rough:
    it takes it that an agent with three talks is three times as fast. With skills or messaging, simulate.
    `shrinkage`: the share of paid time in which somebody is not available (breaks, training, absence).
    """

    contacts: float  # in the interval
    handling_s: float  # average, wrap-up included
    interval_s: float = 1800.0
    target: float = 0.8  # this share ...
    within_s: float = 20.0  # ... answered within so many seconds
    concurrency: float = 1.0
    shrinkage: float = 0.0

    def __post_init__(self) -> None:
        """Raises ValueError with the name of what cannot be."""
        allowed = (
            ("contacts", 0 <= self.contacts < math.inf),
            ("handling_s", 0 < self.handling_s < math.inf),
            ("interval_s", 0 < self.interval_s < math.inf),
            ("target", 0 < self.target < 1),
            ("within_s", 0 <= self.within_s < math.inf),
            ("concurrency", 1 <= self.concurrency < math.inf),
            ("shrinkage", 0 <= self.shrinkage < 1),
        )
        for name, good in allowed:
            if not good:
                raise ValueError(name)

    @property
    def effective_handling_s(self) -> float:
        return self.handling_s / self.concurrency

    @property
    def traffic(self) -> float:
        """Erlangs: how many agents are busy on average."""
        return self.contacts / self.interval_s * self.effective_handling_s


@dataclass(frozen=True, slots=True)
class Staffed:
    """What N agents come to. Shares are from 0 to 1, times in seconds."""

    agents: int
    waits: float  # the share that has to wait (Pw)
    service_level: float
    asa_s: float
    occupancy: float
    scheduled: int  # agents to put on the rota, with shrinkage


def waiting_share(traffic: float, agents: int) -> float:
    """Pw, Erlang C. 1.0 where the agents cannot keep up (agents <= traffic): the queue grows for ever."""
    if traffic <= 0:
        return 0.0
    if agents <= traffic:
        return 1.0
    loss = 1.0
    for n in range(1, agents + 1):
        loss = traffic * loss / (n + traffic * loss)
    return _waits(traffic, agents, loss)


def staffed(demand: Demand, agents: int) -> Staffed:
    """What `agents` agents come to. Too few: nobody within the target in the long run, an endless wait (math.inf)."""
    return _staffed(demand, agents, waiting_share(demand.traffic, agents))


@lru_cache(maxsize=4096)  # a plan is asked for again with each figure that is changed in it
def needed(demand: Demand) -> Staffed:
    """The fewest agents that meet the target. Raises ValueError("contacts") beyond 100,000 agents."""
    return next(one for one in table(demand) if one.service_level >= demand.target)


def table(demand: Demand) -> Iterator[Staffed]:
    """From the fewest agents who keep up, one more each time, without end but 100,000 agents (ValueError)."""
    traffic = demand.traffic
    if traffic > MOST_AGENTS:
        raise ValueError("contacts")
    loss = 1.0
    for agents in range(1, MOST_AGENTS + 1):
        loss = traffic * loss / (agents + traffic * loss)
        if agents > traffic:
            yield _staffed(demand, agents, _waits(traffic, agents, loss))
    raise ValueError("contacts")


def _waits(traffic: float, agents: int, loss: float) -> float:
    return agents * loss / (agents - traffic * (1.0 - loss))


def _staffed(demand: Demand, agents: int, waits: float) -> Staffed:
    traffic, handling_s = demand.traffic, demand.effective_handling_s
    # Divided, not multiplied by 1 + s: of ten on the rota at 30 % shrinkage seven are there.
    scheduled = math.ceil(agents / (1.0 - demand.shrinkage) - 1e-9)
    if traffic <= 0:  # nobody comes, so nobody waits, whether somebody is there or not
        return Staffed(agents, waits=0.0, service_level=1.0, asa_s=0.0, occupancy=0.0, scheduled=scheduled)
    spare = agents - traffic
    level = 1.0 - waits * math.exp(-spare * demand.within_s / handling_s) if spare > 0 else 0.0
    return Staffed(
        agents=agents,
        waits=waits,
        service_level=level,
        asa_s=waits * handling_s / spare if spare > 0 else math.inf,
        occupancy=min(1.0, traffic / agents) if agents else 1.0,
        scheduled=scheduled,
    )
