"""How sources fare, told by the processes that ask them: the health page is made by others."""

from __future__ import annotations

import os
import socket
import threading
import time
from dataclasses import asdict
from uuid import UUID

import orjson
from django.db import connection

from bots.lookups.guarded import Guarded

EVERY_S = 5.0  # at most, while nothing changes

_TELL = """
insert into lookups_faring as told
    (id, organisation_id, source_id, owner, state, error, since, until, facts, updated_at)
select uuidv7(), source.organisation_id, source.id, %(owner)s, %(state)s, %(error)s,
       clock_timestamp() - make_interval(secs => %(failing_s)s),
       clock_timestamp() + make_interval(secs => %(open_s)s), %(facts)s, clock_timestamp()
from lookups_source source where source.id = %(source)s
on conflict (owner, source_id) do update
set state = excluded.state, error = excluded.error, since = excluded.since, until = excluded.until,
    facts = excluded.facts, updated_at = excluded.updated_at
"""
# What processes said that are no more.
_FORGET = "delete from lookups_faring where source_id = %s and updated_at < clock_timestamp() - interval '1 day'"

_told: dict[UUID, tuple[str, float]] = {}
_lock = threading.Lock()
OWNER = f"{socket.gethostname()[:60]}:{os.getpid()}"


def tell(guarded: Guarded) -> None:
    """Store how it fares, when that has changed or was not said for a while."""
    facts, now, id_ = guarded.facts(), time.monotonic(), guarded.source.id
    with _lock:
        state, at = _told.get(id_, ("", 0.0))
        if state == facts.state and now - at < EVERY_S:
            return
        is_first = id_ not in _told
        _told[id_] = (facts.state, now)
    counts = {name: value for name, value in asdict(facts).items() if name in ("calls", "failures", "p95_ms")}
    with connection.cursor() as cursor:
        if is_first:
            cursor.execute(_FORGET, [id_])
        cursor.execute(_TELL, {
            "owner": OWNER, "source": id_, "state": facts.state, "error": facts.error, "failing_s": facts.failing_s,
            "open_s": facts.open_s, "facts": orjson.dumps(counts).decode(),
        })  # fmt: skip
