"""A large number of messages through the simulator: 50,000 texts in, 50,000 answers out with receipts (RFP-017).

`in_per_s`: texts acknowledged; `p95_ms` from the deliver_sm to its acknowledgement, at a window of 100. `out_per_s`:
from COMMIT of all answers until the last receipt is stored; `p95_ms` from an attempt's claim to its stored answer.
`peak_mb`: the highest PSS of the whole product meanwhile, the simulator with its ledger beside. `lost` and `twice` are
counted in the database and in the operators' ledger. `ceiling`: what the simulator alone does
with a customer that keeps nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg

from bench import _ground as ground
from bench._ground import percentile
from bench._memory import Peak
from bench.outbox import WRITE
from config.up import trial
from config.up.trial import Running
from realtime.doorbell import OUTBOX

COUNT = 50_000
NUMBERS = 5_000
TO = "3334"


def run() -> Iterator[dict[str, Any]]:
    with trial.running() as palabre:
        ground.set_links(palabre, window=100, rate_per_s=0)
        ground.set_windows(palabre, 100)
        with Peak(palabre) as peak:
            figures = [*_texts_in(palabre), *_answers_out(palabre)]
        palabre.stop("gateway")
        port = int(palabre.environ["SIMULATOR_SMPP_PORT"])
        ceilings = {
            "in_per_s": ground.ceiling_in(palabre, window=100, count=COUNT, numbers=NUMBERS, to=TO),
            "out_per_s": ground.ceiling_out(palabre, port=port, count=COUNT // 2, window=100, source=TO),
        }
        yield from ({**figure, "ceiling": ceilings[str(figure["metric"])]} for figure in figures)
        simulator = peak.by_process.pop("simulator", 0.0)
        yield {
            "metric": "peak_mb",
            "value": round(sum(peak.by_process.values()), 1),
            "unit": "MB",
            "by_process": peak.by_process,
            "simulator": simulator,
        }


def _texts_in(palabre: Running) -> Iterator[dict[str, Any]]:
    found = ground.flood(palabre, count=COUNT, numbers=NUMBERS, to=TO, text="bulk {n}")
    began: dict[str, float] = {}
    took = []
    for row in ground.ledger(palabre):
        if row.get("command") == "deliver_sm" and str(row.get("text", "")).startswith("bulk "):
            began.setdefault(row["mo"], row["at"])
        elif row.get("command") == "deliver_sm_resp" and row.get("mo") in began:
            took.append((row["at"] - began[row["mo"]]) * 1000)
    yield {
        "metric": "in_per_s",
        "value": round(found["handed"] / found["seconds"]),
        "unit": "1/s",
        "p95_ms": round(percentile(took, 0.95), 1),
        "lost": ground.lost(palabre, "bulk", COUNT),
    }


def _answers_out(palabre: Running) -> Iterator[dict[str, Any]]:
    since = ground.ask(palabre, "/control/state")["ledger"]["last"]
    with psycopg.connect(ground.url(palabre)) as connection:
        connection.execute(WRITE, {"mark": "bulkout", "line": TO, "conversations": NUMBERS, "each": COUNT // NUMBERS})
        connection.execute(f"notify {OUTBOX}")
    began = time.monotonic()
    left = "select count(*) from conversations_delivery where lane = 0 and state < 4 and source = '3334'"
    ground.wait_until(lambda: ground.rows(palabre, left) == [(0,)], 300, "every receipt is stored")
    seconds = time.monotonic() - began
    told: list[tuple[Any, ...]] = ground.rows(
        palabre,
        """select count(*) filter (where d.state = 4),
                  1000 * extract(epoch from percentile_disc(0.95)
                                 within group (order by a.answered_at - a.requested_at))
           from conversations_delivery d
           join conversations_message m on m.id = d.message_id
           join conversations_attempt a on a.message_id = d.message_id
           where m.body like 'bulkout %'""",
    )
    submitted = Counter(
        row["text"] for row in ground.ledger(palabre, since) if row.get("command") == "submit_sm" and "text" in row
    )
    delivered, p95 = told[0]
    yield {
        "metric": "out_per_s",
        "value": round(COUNT / seconds),
        "unit": "1/s",
        "p95_ms": round(float(p95), 1),
        "lost": COUNT - int(delivered),
        "twice": sum(1 for count in submitted.values() if count > 1),
    }
