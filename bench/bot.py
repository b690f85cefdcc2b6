"""What a bot's turn costs, and how long whoever texts a bot waits for its answer, with everything of `make up` running.

`embedded_turn_p99_ms`: processor time of take_turn, language and mood included, over the texts of bots/kept, each
with up to six turns before it. Baseline: the same turns without the mood. `best_p99_ms`: each turn counted with the
least that it took in any pass so far, which is what it costs on a machine that nobody else uses.

`reply_p95_ms_100`, `reply_p95_ms_500`: subscribers text a line with a bot, 100 and 500 a second. From the commit of a
text to the commit of the bot's first reply, both by PostgreSQL's own clock (track_commit_timestamp, switched on for
this). `lost`: texts that are not in the database, or have no reply of the bot. `late`: replies after over a second;
`behind_s`: seconds from the last text until the last was decided about.
`ceiling`: what the generator, the simulator in its process, hands to a customer that keeps nothing.

`rasa_turn_p99_ms`: 50 turns a second through the server of RASA_URL, from when a turn is due until it is there; the
server's bot is `telecom`. Without RASA_URL a server that speaks as Rasa does, and thinks no longer than the embedded
engine, takes its place: the metric is then `fake_rasa_turn_p99_ms`, and is about our part of the work alone.
`..._flooded`: far above its rate; `lost`: turns without an answer; `fell_back`: the embedded engine answered.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import psycopg

from bench import _ground as ground
from bench._ground import Processor, percentile
from config.up import trial
from config.up.trial import Running

REPEATS = 5
TO = "1919"  # its line has the telecom bot
LIMIT_S = 300.0
RATES = {100: (2_000, 50), 500: (7_500, 200)}  # texts of a repeat, bound in milliseconds

# The first reply of the bot after each text. Rows of messages are never updated: xmin is who stored them.
_WAITS = """
select extract(epoch from pg_xact_commit_timestamp(reply.xmin) - pg_xact_commit_timestamp(text.xmin)) * 1000
from conversations_message text
left join lateral (
    select m.xmin from conversations_message m
    where m.conversation_id = text.conversation_id and m.seq > text.seq and m.kind = 'outgoing' and m.author = 'bot'
    order by m.seq limit 1
) reply on true
where text.kind = 'incoming' and text.body like %s
"""


def run() -> Iterator[dict[str, Any]]:
    served = {name: os.environ[name] for name in ("RASA_URL", "RASA_TOKEN") if name in os.environ}
    with trial.running(env=served) as palabre:
        yield from _turns(palabre)
        _keep_commit_times(palabre)
        ground.set_windows(palabre, 200)
        measured = []
        for rate, (count, bound) in RATES.items():
            measured += [_replies(palabre, rate, count, bound, f"r{rate}x{repeat}") for repeat in range(REPEATS)]
        palabre.stop("gateway")
        ceiling = ground.ceiling_in(palabre, window=200, count=20_000, numbers=5_000, to=TO)
        for figure in measured:
            yield {**figure, "ceiling": ceiling}


def _turns(palabre: Running) -> Iterator[dict[str, Any]]:
    """Turns alone, in a process of their own; the dispatcher is stopped, so that they have a processor."""
    palabre.stop("dispatcher")
    with ground.helper(palabre, "_bot_turns", repeats=REPEATS) as turns:
        for _ in range(REPEATS):
            said = turns.hear()
            yield {
                "metric": "embedded_turn_p99_ms", "value": said["p99_ms"], "unit": "ms", "at_most": 1,
                "baseline": "without the mood", "baseline_value": said["bare_p99_ms"],
                "p50_ms": said["p50_ms"], "best_p99_ms": said["best_p99_ms"],
                "turns": said["turns"], "lost": said["lost"],
            }  # fmt: skip
        for _ in range(REPEATS):
            said = turns.hear()
            name = "rasa_turn_p99_ms" if said["real"] else "fake_rasa_turn_p99_ms"
            for kind in ("", "_flooded"):
                one = said["flooded" if kind else "paced"]
                bound = {} if kind else {"at_most": 300}
                yield {"metric": name + kind, "value": one["p99_ms"], "unit": "ms", **bound, **one}
    palabre.resume("dispatcher", 60)


def _keep_commit_times(palabre: Running) -> None:
    """Takes a restart of PostgreSQL: the supervisor starts it again."""
    ground.rows(palabre, "alter system set track_commit_timestamp = on", superuser=True)
    palabre.kill("postgres")

    def kept() -> bool:
        try:
            return ground.rows(palabre, "show track_commit_timestamp") == [("on",)]
        except psycopg.Error:
            return False

    ground.wait_until(kept, 60, "PostgreSQL is back")
    time.sleep(10.0)  # leases and links are taken again


def _decided(palabre: Running) -> bool:
    """A cheap question, for it is asked while the last texts are decided about."""
    return ground.rows(palabre, "select not exists (select from conversations_unhandled)") == [(True,)]


def _replies(palabre: Running, rate: int, count: int, bound: int, mark: str) -> dict[str, Any]:
    """Each number texts once: nobody waits behind himself."""
    processor = Processor(palabre).start()
    handed = ground.flood(palabre, count=count, numbers=count, rate=rate, to=TO, text=f"mon solde svp {mark} {{n}}")
    like = f"mon solde svp {mark} %"
    try:
        behind = ground.wait_until(lambda: _decided(palabre), LIMIT_S, "every text is decided about")
    except RuntimeError:
        behind = LIMIT_S  # who still waits is no loss yet, but will be counted as one
    used = processor.used()
    there = [float(wait) for (wait,) in ground.rows(palabre, _WAITS, like) if wait is not None]
    return {
        "metric": f"reply_p95_ms_{rate}", "value": round(percentile(there, 0.95), 1), "unit": "ms", "at_most": bound,
        "p50_ms": round(percentile(there, 0.5), 1), "p99_ms": round(percentile(there, 0.99), 1),
        "late": sum(wait > 1000 for wait in there), "lost": count - len(there),
        "rate": round(handed["handed"] / handed["seconds"]), "behind_s": round(behind, 1),
        "cpu_ms": {name: round(1000 * seconds / count, 3) for name, seconds in used.items() if seconds > 0.1},
    }  # fmt: skip
