"""What the whole stack holds in memory: at rest, and while it serves 1,000 texts in 2 GB on two processors (BUS-001).

`idle_mb`: the sum of PSS of every process of `make up`, PostgreSQL and Valkey included, ten seconds after READY; the
simulator, which an installation has not, is told beside and not counted. `served_peak_mb`: the highest sum, the
simulator's included, while 1,000 texts to the bot's line are taken in, decided about and answered.

Where a control group can be made (root), all of it runs under a limit of 2 GiB without swap and on two processors, and
`lost` counts what the kernel killed, too; where not, the line says `"capped": false`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from bench import _ground as ground
from bench._memory import Peak, capped, pss_mb
from config.up import trial
from config.up.trial import Running

LIMIT = 2 * 2**30
COUNT = 1_000


def run() -> Iterator[dict[str, Any]]:
    with capped(LIMIT) as cap, trial.running() as palabre:
        time.sleep(10)
        now = pss_mb(palabre)
        simulator = now.pop("simulator")
        yield {
            "metric": "idle_mb",
            "value": round(sum(now.values()), 1),
            "unit": "MB",
            "at_most": 1_200,
            "by_process": now,
            "simulator": simulator,
        }
        with Peak(palabre) as peak:
            missing = serve(palabre, COUNT)
            time.sleep(1)
        figure: dict[str, Any] = {
            "metric": "served_peak_mb",
            "value": peak.mb,
            "unit": "MB",
            "at_most": 2_048,
            "by_process": peak.by_process,
            "capped": cap is not None,
        }
        if cap is not None:
            figure |= {"killed": cap.killed(), "with_page_cache_mb": round(cap.peak_mb(), 1)}
        yield {**figure, "lost": missing + int(figure.get("killed", 0))}


def serve(palabre: Running, count: int) -> int:
    """Have 1,000 subscribers text the bot; returns how many of them no answer, or no person, was found for."""
    ground.set_windows(palabre, 100)
    ground.flood(palabre, count=count, numbers=count, to="1919", text="Bonjour, mon solde ? {n}", rate=100)
    undecided = "select count(*) from conversations_unhandled"
    ground.wait_until(lambda: ground.rows(palabre, undecided) == [(0,)], 300, "everything is decided")
    ((served,),) = ground.rows(
        palabre,
        """select count(distinct m.conversation_id) from conversations_message m
           where m.kind = 'incoming' and m.body like 'Bonjour, mon solde ?%' and exists (
               select from conversations_message after
               where after.conversation_id = m.conversation_id and after.seq > m.seq and after.kind <> 'incoming')""",
    )
    return count - int(served)
