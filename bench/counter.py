"""The event counter of one organisation on a disk that takes 5 ms to flush: ways to commit.

200 agents' transactions a second (conversation, message, delivery, event: the product's statements) beside 2,000 texts
a second of the same organisation, each in a process of its own; `commit_delay = 5000` makes PostgreSQL wait 5 ms before
each flush. `agents_p99_ms_plain`: COMMIT waits for the disk and the counter's row stays locked meanwhile, as in the
product. `..._flushed`: COMMIT does not wait, then the log is flushed, then the deed is acknowledged;
`..._agents_flushed`: so for the agents only, texts commit plainly. `..._fast_disk`, `..._fast_disk_agents_flushed`: on
this machine's own disk. Time runs from when each deed was due. What the choice was stands in
docs/decisions/0013-the-counter-on-a-slow-disk.md. `holes`: numbers missing from the log or given twice. `ceiling`,
`texts_ceiling`: deeds and texts a second that the same two processes get through when nothing is written.
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
# name: microseconds that a flush takes longer, whether agents and whether texts commit first and flush afterwards.
WAYS = {
    "plain": (5_000, False, False),
    "agents_flushed": (5_000, True, False),
    "flushed": (5_000, True, True),
    "fast_disk": (0, False, False),
    "fast_disk_agents_flushed": (0, True, False),
}

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
        ceilings = _measured(palabre, conversations, idle=True)
        for way, (delay_us, agents_flushed, texts_flushed) in WAYS.items():
            _slow_disk(palabre, delay_us)
            for _ in range(REPEATS):
                figure = _measure(palabre, way, conversations, agents_flushed, texts_flushed)
                yield {**figure, "ceiling": round(ceilings[0]["per_s"]), "texts_ceiling": round(ceilings[1]["per_s"])}


def _slow_disk(palabre: Running, delay_us: int) -> None:
    for statement in (
        f"alter system set commit_delay = {delay_us}",
        "alter system set commit_siblings = 0",
        "select pg_reload_conf()",
    ):
        ground.rows(palabre, statement, superuser=True)
    time.sleep(0.5)


def _measured(
    palabre: Running, conversations: list[str], *flushed: bool, idle: bool = False
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the agents and what the intake say of themselves. `flushed`: the agents, the texts."""
    ((link,),) = ground.rows(palabre, "select id from conversations_link order by id limit 1")
    ((line,),) = ground.rows(palabre, "select id from conversations_line where address = '3334'")
    agents_flushed, texts_flushed = flushed or (False, False)
    common = {"seconds": SECONDS, "dsn": palabre.environ["DATABASE_URL"], "idle": idle}
    with (
        ground.helper(
            palabre, "_writers", role="intake", rate=TEXTS_RATE, link=str(link), line=str(line),
            flushed=texts_flushed, **common,
        ) as texts,
        ground.helper(
            palabre, "_writers", role="agents", rate=AGENTS_RATE, conversations=conversations,
            flushed=agents_flushed, **common,
        ) as agents,
    ):  # fmt: skip
        return agents.hear(), texts.hear()


def _measure(palabre: Running, way: str, conversations: list[str], *flushed: bool) -> dict[str, Any]:
    of_agents, of_texts = _measured(palabre, conversations, *flushed)
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
