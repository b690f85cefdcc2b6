"""How the servers that talk for bots fare (docs/bots.md): what the dispatchers say of them, put together for each bot.

Never red: while a server is away the embedded engine answers, and whoever it does not understand reaches a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson

from config.health.limits import Facts, Finding, Level, measured

# A dispatcher tells every three seconds, and takes up to two for each server that it looks at first.
_TOLD = """
select bot, state, error, extract(epoch from clock_timestamp() - since)::double precision,
       extract(epoch from until - clock_timestamp())::double precision, facts::text
from routing_botserver
where updated_at > clock_timestamp() - interval '20 seconds'
  and (%(organisation)s::uuid is null or bot in (
      select bot from conversations_line where organisation_id = %(organisation)s and is_enabled))
order by bot, owner
"""
_WORST_FIRST = ("open", "failing", "not_configured", "answering", "unasked")


def bot_servers(cursor: Any, organisation_id: UUID | None) -> Iterator[Finding]:
    """One finding for each bot whose engine is a server; one in all where there is none.

    facts: `state`, `error` (the last failure's kind), `open_s` until it is tried again, `asked`, `calls`, `fallbacks`
    and `fallbacks_KIND` since the dispatchers began, `p95_ms` of the slowest dispatcher's last calls.
    """
    cursor.execute(_TOLD, {"organisation": organisation_id})
    by_bot: dict[str, list[tuple[Any, ...]]] = {}
    for bot, *row in cursor.fetchall():
        by_bot.setdefault(bot, []).append(tuple(row))
    if not by_bot:
        yield Finding("bot_server", Level.OK, 0.0, facts={"state": "unused"})
    for bot, rows in by_bot.items():
        yield _of(bot, rows)


def _of(bot: str, rows: list[tuple[Any, ...]]) -> Finding:
    state, error, failing_s, open_s, _ = min(rows, key=lambda row: _WORST_FIRST.index(row[0]))
    counts: Counter[str] = Counter()
    slowest: float | None = None
    for *_, told in rows:
        facts = orjson.loads(told)
        for key in ("asked", "calls", "fallbacks"):
            counts[key] += facts[key]
        for kind, count in facts["failures"].items():
            counts[f"fallbacks_{kind}"] += count
        slowest = max(filter(None, (slowest, facts["p95_ms"])), default=None)
    about: Facts = {
        "state": state, "error": error or None, "open_s": None if open_s is None else max(0, round(open_s)),
        "p95_ms": slowest, **counts,
    }  # fmt: skip
    if state in ("answering", "unasked"):
        return Finding("bot_server", Level.OK, 0.0, bot, bot, facts=about)
    if state == "not_configured":
        return Finding("bot_server", Level.WARNING, None, bot, bot, facts=about)
    return measured("bot_server", max(0.0, failing_s or 0.0), of=bot, name=bot, words=error, facts=about)
