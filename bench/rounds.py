"""Routing with 10,000 waiting in 50 queues of skills and 1,000 agents, on the real tables.

`event_to_offer_ms`: an agent becomes available until the offer that this brings is committed. `round_ms`: a round from
its first read to the commit of its first slice, with every agent free. `assignments_per_s`: all that 1,000 agents with
room for five each can take, read, planned and committed slice by slice. `idle_bell_ms`: what a bell costs that rings
for nobody, as each close and each change of state does, with every agent free; `arrival_to_offer_ms`: three come to as
many free agents, until all three are offered. `curve`: `event_to_offer_ms` (median) by the
number that waits. The dispatcher is stopped: what is measured is one leader that nobody disturbs. `loop_late_ms`: a
dispatcher of its own then hands out what 1,000 agents who come at once can take of 10,000, and the longest that its
event loop kept a sleeper waiting meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench import _ground as ground
from bench._ground import percentile
from config.up import trial

SIZES = (100, 1_000, 10_000)
AGENTS, QUEUES = 1_000, 50
REPEATS = 5
AS_BEFORE = """
with gone as (delete from routing_offer)
update routing_agentstate set state = 'break', load = 0 where capacity = 5 and state <> 'break'
"""


def run() -> Iterator[dict[str, Any]]:
    with trial.running() as palabre:
        for name in ("gateway", "dispatcher"):
            palabre.stop(name)
        curve: dict[int, float] = {}
        with ground.helper(palabre, "_router", sizes=SIZES, agents=AGENTS, queues=QUEUES, repeats=REPEATS) as router:
            said = router.hear()
            for metric, took, bound in (
                ("idle_bell_ms", said["bells_ms"], 3),
                ("arrival_to_offer_ms", said["arrivals_ms"], 50),
            ):
                figure = {"metric": metric, "value": round(percentile(took, 0.95), 1), "unit": "ms", "at_most": bound}
                yield figure | {"p50_ms": round(percentile(took, 0.5), 1)}
            for size in SIZES:
                took = router.hear()["events_ms"]
                curve[size] = round(percentile(took, 0.5), 1)
            yield {
                "metric": "event_to_offer_ms",
                "value": round(percentile(took, 0.95), 1),
                "unit": "ms",
                "at_most": 50,
                "p50_ms": round(percentile(took, 0.5), 1),
                "curve": curve,
            }
            for _ in range(REPEATS):
                said = router.hear()
                yield {"metric": "round_ms", "value": round(said["round_ms"], 1), "unit": "ms", "at_most": 300}
                yield {
                    "metric": "assignments_per_s",
                    "value": round(said["assigned"] / said["seconds"]),
                    "unit": "1/s",
                    "at_least": 500,
                    "assigned": said["assigned"],
                }
        for _ in range(REPEATS):
            with ground.helper(palabre, "_dispatching") as dispatching:
                said = dispatching.hear()
            yield {
                "metric": "loop_late_ms", "value": round(said["late_ms"], 1), "unit": "ms", "at_most": 20,
                "p99_ms": round(said["p99_ms"], 1), "looks": said["looks"], "offered": said["offered"],
            }  # fmt: skip
            ground.rows(palabre, AS_BEFORE, superuser=True)
