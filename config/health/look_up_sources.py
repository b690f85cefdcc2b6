"""How the sources fare that bots look things up in (docs/look-ups.md), by what those say that asked them lately.

Never red: whoever asks is told that it does not work now, and may reach a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson

from config.health.limits import Facts, Finding, Level, measured

# One that nobody has asked for a while is neither well nor unwell.
_TOLD = """
select source.id, source.name, told.state, told.error,
       extract(epoch from clock_timestamp() - told.since)::double precision,
       extract(epoch from told.until - clock_timestamp())::double precision, told.facts::text
from lookups_source source
left join lookups_faring told on told.source_id = source.id
     and told.updated_at > clock_timestamp() - interval '10 minutes'
where source.is_enabled and (%(organisation)s::uuid is null or source.organisation_id = %(organisation)s)
order by source.name, source.id, told.owner
"""
_WORST_FIRST = ("open", "failing", "answering")


def look_up_sources(cursor: Any, organisation_id: UUID | None) -> Iterator[Finding]:
    """One finding for each source that is switched on; one in all where there is none.

    facts: `state`, `error` (the last failure's kind), `open_s` until it is tried again, `calls`, `failures` and
    `p95_ms` (of the slowest process) since the processes began.
    """
    cursor.execute(_TOLD, {"organisation": organisation_id})
    by_source: dict[tuple[UUID, str], list[tuple[Any, ...]]] = {}
    for id_, name, *row in cursor.fetchall():
        by_source.setdefault((id_, name), []).extend([tuple(row)] if row[0] else [])
    if not by_source:
        yield Finding("look_up_source", Level.OK, 0.0, facts={"state": "unused"})
    for (id_, name), rows in by_source.items():
        if rows:
            yield _of(str(id_), name, rows)
        else:
            yield Finding("look_up_source", Level.OK, 0.0, str(id_), name, facts={"state": "unasked"})


def _of(id_: str, name: str, rows: list[tuple[Any, ...]]) -> Finding:
    state, error, failing_s, open_s, _ = min(rows, key=lambda row: _WORST_FIRST.index(row[0]))
    counts: Counter[str] = Counter()
    slowest: float | None = None
    for *_, told in rows:
        facts = orjson.loads(told)
        counts["calls"] += facts.get("calls", 0)
        counts["failures"] += sum(facts.get("failures", {}).values())
        slowest = max(filter(None, (slowest, facts.get("p95_ms"))), default=None)
    about: Facts = {
        "state": state, "error": error or None, "open_s": None if open_s is None else max(0, round(open_s)),
        "p95_ms": slowest, **counts,
    }  # fmt: skip
    if state == "answering":
        return Finding("look_up_source", Level.OK, 0.0, id_, name, facts=about)
    return measured("look_up_source", max(0.0, failing_s or 0.0), of=id_, name=name, words=error, facts=about)
