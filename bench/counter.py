"""The event counter of one organisation on a disk that takes 5 ms to flush: two ways to commit.

200 agents' transactions a second (conversation, message, delivery, event: the product's statements) beside 2,000 texts
a second of the same organisation, each in a process of its own; `commit_delay = 5000` makes PostgreSQL wait 5 ms before
each flush. `agents_p99_ms_plain`: COMMIT waits for the disk and the counter's row stays locked meanwhile, as in the
product. `agents_p99_ms_flushed`: COMMIT does not wait, then the log is flushed, then the deed is acknowledged.
`agents_p99_ms_fast_disk`: plain, on this machine's own disk. Time runs from when each deed was due. What the choice was
stands in docs/decisions/0013-the-counter-on-a-slow-disk.md. `holes`: numbers missing from the log or given twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from bench import _ground as ground
from bench._ground import percentile
from config.up import trial
from config.up.trial import Running

AGENTS_RATE, TEXTS_RATE = 200, 2_000
SECONDS = 5
REPEATS = 5
NUMBERS = 2_000
WAYS = {"plain": (5_000, False), "flushed": (5_000, True), "fast_disk": (0, False)}

DENSE = """
select coalesce(sum(abs(h.head - (select count(*) from realtime_event e where e.organisation_id = h.organisation_id))
       + (select count(*) - count(distinct seq) from realtime_event e where e.organisation_id = h.organisation_id)), 0)
from realtime_eventhead h
"""


def run() -> Iterator[dict[str, Any]]:
    with trial.running() as palabre:
        ground.set_windows(palabre, 100)
        ground.flood(palabre, count=NUMBERS, numbers=NUMBERS, to="3334", text="first {n}")
        time.sleep(2)
        conversations = [
            str(one)
            for (one,) in ground.rows(
                palabre, "select id from conversations_conversation where status = 'queued' order by id limit 400"
            )
        ]
        for way, (delay_us, flushed) in WAYS.items():
            _slow_disk(palabre, delay_us)
            for _ in range(REPEATS):
                yield _measure(palabre, way, flushed, conversations)


def _slow_disk(palabre: Running, delay_us: int) -> None:
    for statement in (
        f"alter system set commit_delay = {delay_us}",
        "alter system set commit_siblings = 0",
        "select pg_reload_conf()",
    ):
        ground.rows(palabre, statement, superuser=True)
    time.sleep(0.5)


def _measure(palabre: Running, way: str, flushed: bool, conversations: list[str]) -> dict[str, Any]:
    ((link,),) = ground.rows(palabre, "select id from conversations_link order by id limit 1")
    ((line,),) = ground.rows(palabre, "select id from conversations_line where address = '3334'")
    common = {"seconds": SECONDS, "flushed": flushed, "dsn": palabre.environ["DATABASE_URL"]}
    with (
        ground.helper(
            palabre, "_writers", role="intake", rate=TEXTS_RATE, link=str(link), line=str(line), **common
        ) as texts,
        ground.helper(
            palabre, "_writers", role="agents", rate=AGENTS_RATE, conversations=conversations, **common
        ) as agents,
    ):  # fmt: skip
        of_agents, of_texts = agents.hear(), texts.hear()
    ((holes,),) = ground.rows(palabre, DENSE)
    return {
        "metric": f"agents_p99_ms_{way}",
        "value": round(percentile(of_agents["took_ms"], 0.99), 1),
        "unit": "ms",
        "p50_ms": round(percentile(of_agents["took_ms"], 0.5), 1),
        "agents_per_s": round(of_agents["per_s"]),
        "texts_p99_ms": round(percentile(of_texts["took_ms"], 0.99), 1),
        "texts_per_s": round(of_texts["per_s"]),
        "holes": int(holes),
        "lost": AGENTS_RATE * SECONDS - len(of_agents["took_ms"]) + TEXTS_RATE * SECONDS - len(of_texts["took_ms"]),
    }
