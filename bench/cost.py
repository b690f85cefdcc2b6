"""CPU milliseconds for each inbound text, by process, at 100 and 1,000 texts/s and saturated (RFP-017).

`cpu_ms_at_100`, `cpu_ms_at_1000`, `cpu_ms_saturated`: user and system time of gateway, dispatcher, web, worker, beat,
PostgreSQL (its background included) and Valkey over the texts, less what they take in as long a time of silence.
Nobody looks at a screen; what sockets cost stands in bench/push.py. The simulator, which a real installation has not,
is told beside. `lost` is counted in the database. `ceiling`: what the generator hands to a customer that keeps nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from bench import _ground as ground
from bench._ground import PRODUCT, Processor
from config.up import trial
from config.up.trial import Running

NUMBERS = 2_000
TO = "3334"
REPEATS = 5
COUNTS = {"at_100": (500, 100), "at_1000": (5_000, 1_000), "saturated": (20_000, 0)}


def run() -> Iterator[dict[str, Any]]:
    with trial.running() as palabre:
        ground.set_windows(palabre, 100)
        ground.flood(palabre, count=NUMBERS, numbers=NUMBERS, to=TO, text="warm {n}")
        time.sleep(2)
        idle = _idle(palabre)
        figures = []
        for name, (count, rate) in COUNTS.items():
            for repeat in range(REPEATS):
                mark = f"{name}{repeat}"
                processor = Processor(palabre, (*PRODUCT, "simulator")).start()
                began = time.monotonic()
                found = ground.flood(
                    palabre, count=count, numbers=NUMBERS, to=TO, text=f"{mark} {{n}}", rate=rate
                )  # fmt: skip
                time.sleep(1.0)  # the dispatcher's share, too
                used, seconds = processor.used(), time.monotonic() - began
                each = {
                    process: round(1000 * max(0.0, took - idle.get(process, 0.0) * seconds) / count, 3)
                    for process, took in used.items()
                }
                simulator = each.pop("simulator")
                figure = {
                    "metric": f"cpu_ms_{name}",
                    "value": round(sum(each.values()), 3),
                    "unit": "ms a text",
                    "by_process": each,
                    "simulator": simulator,
                    "texts_per_s": round(found["handed"] / found["seconds"]),
                    "lost": ground.lost(palabre, mark, count),
                }
                figures.append(figure)
        palabre.stop("gateway")
        ceiling = ground.ceiling_in(palabre, window=100, count=40_000, numbers=NUMBERS, to=TO)
        yield from ({**figure, "ceiling": ceiling} for figure in figures)


def _idle(palabre: Running, seconds: float = 5.0) -> dict[str, float]:
    """CPU seconds a second while nothing happens."""
    processor = Processor(palabre, (*PRODUCT, "simulator")).start()
    time.sleep(seconds)
    return {name: took / seconds for name, took in processor.used().items()}
