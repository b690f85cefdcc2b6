"""The questions. Each is one cheap statement with a time limit; one that fails is red and hides none of the others.

`organisation_id` None asks about the whole installation; an administrator is shown his own organisation's part.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import redis
from django.conf import settings
from django.db import DatabaseError, connection

from common.partitions import PARTITIONED, months_ahead
from config.health.bot_servers import bot_servers
from config.health.bot_versions import bot_versions
from config.health.limits import CheckName, Facts, Finding, Level, measured, unanswered
from config.health.look_up_sources import look_up_sources
from conversations.spool import Spool

PATIENCE_MS = 2000  # for one statement
Scope = UUID | None
Probe = Callable[[Any, Scope], Iterator[Finding]]


def look(organisation_id: Scope = None) -> list[Finding]:
    """Every check, in the order of the page. Never raises: what cannot be asked is red."""
    found: list[Finding] = []
    try:
        with connection.cursor() as cursor:
            began = time.perf_counter()
            cursor.execute(f"set statement_timeout = {PATIENCE_MS}")
            found.append(measured("database", time.perf_counter() - began))
            try:
                for check, probe in _ASKED_OF_THE_DATABASE.items():
                    found += _answers(check, probe, cursor, organisation_id)
            finally:
                cursor.execute("reset statement_timeout")
    except DatabaseError as error:
        # The pool's time-out is an OperationalError, too. Its words may name hosts and roles: not for this page.
        found = [one for one in found if one.check != "database"]
        found.insert(0, unanswered("database", type(error).__name__))
    return found + beside()


def beside() -> list[Finding]:
    """What can be looked at without the database."""
    return [_redis(), _webhooks(), _disk()]


def _answers(check: CheckName, probe: Probe, cursor: Any, organisation_id: Scope) -> list[Finding]:
    try:
        return list(probe(cursor, organisation_id))
    except DatabaseError as error:
        if connection.connection is None or connection.connection.closed:
            raise
        return [unanswered(check, type(error).__name__)]


def _oldest_transaction(cursor: Any, _organisation: Scope) -> Iterator[Finding]:
    cursor.execute("select palabre_oldest_transaction()")
    yield measured("oldest_transaction", cursor.fetchone()[0])


def _clock(cursor: Any, _organisation: Scope) -> Iterator[Finding]:
    before = time.time()
    cursor.execute("select extract(epoch from clock_timestamp())::double precision")
    theirs = cursor.fetchone()[0]
    # It was read at some moment between: the difference is at least this much.
    after = time.time()
    apart = max(before - theirs, theirs - after, 0.0)
    yield measured("clock", apart)


def _partitions(_cursor: Any, _organisation: Scope) -> Iterator[Finding]:
    found = months_ahead()
    yield measured("partitions_ahead", min(found.get(table, -1) for table in PARTITIONED))


_UNHANDLED = """
select count(*), coalesce(extract(epoch from clock_timestamp() - min(since)), 0)::double precision
from (select since from conversations_unhandled
      where (%(organisation)s::uuid is null or organisation_id = %(organisation)s)
      order by since limit 10000) as oldest
"""


def _unhandled(cursor: Any, organisation_id: Scope) -> Iterator[Finding]:
    cursor.execute(_UNHANDLED, {"organisation": organisation_id})
    count, age = cursor.fetchone()
    yield measured("inbound_unhandled", age, facts={"count": count})


# Each counts to ten thousand and no further: more is as bad, and counting costs.
_LINKS = """
select link.id, link.name, link.is_enabled and not link.is_draining, live.state, live.error, live.facts::text,
       extract(epoch from clock_timestamp() - live.since)::double precision,
       extract(epoch from clock_timestamp() - live.updated_at)::double precision,
       lease.epoch, extract(epoch from lease.expires_at - clock_timestamp())::double precision,
       ready.count, ready.age, taken.age, unknown.count, alarm.count, parked.count
from conversations_link link
left join conversations_linkstate live on live.link_id = link.id
left join jobs_lease lease on lease.name = 'link:' || link.id
cross join lateral (
    select count(*), extract(epoch from clock_timestamp() - min(due_at))::double precision as age
    from (select due_at from conversations_delivery where link_id = link.id and state = 0 and due_at <= now()
          order by lane, message_id limit 10000) as due) as ready
cross join lateral (
    select extract(epoch from clock_timestamp() - min(updated_at))::double precision as age
    from conversations_delivery where link_id = link.id and state = 1) as taken
cross join lateral (
    select count(*) from (select from conversations_delivery
        where link_id = link.id and state = 2 and updated_at > now() - interval '24 hours' limit 10000) as u) as unknown
cross join lateral (
    select count(*) from (select from conversations_rawinbound where link_id = link.id and error <> ''
        and received_at > now() - interval '24 hours' limit 10000) as a) as alarm
cross join lateral (
    select count(*) from (select from conversations_receipt where link_id = link.id and attempt_id is null
        and received_at > now() - interval '24 hours' limit 10000) as p) as parked
where (%(organisation)s::uuid is null or link.organisation_id = %(organisation)s)
order by link.name, link.id
"""
SILENT_S = 15  # a gateway says something of each of its links every five seconds


def _links(cursor: Any, organisation_id: Scope) -> Iterator[Finding]:
    cursor.execute(_LINKS, {"organisation": organisation_id})
    ready, ready_age, taken, unknown, alarms, parked = 0, 0.0, 0.0, 0, 0, 0
    for (
        id_, name, enabled, state, error, reported, since, said, epoch, lease_left, due, due_age, taken_age,
        link_unknown, link_alarms, link_parked,
    ) in cursor.fetchall():  # fmt: skip
        ready, unknown, alarms, parked = ready + due, unknown + link_unknown, alarms + link_alarms, parked + link_parked
        ready_age, taken = max(ready_age, due_age or 0.0), max(taken, taken_age or 0.0)
        if not enabled:
            continue
        facts = orjson.loads(reported) if reported else {}
        # A gateway that stops gives its links back at once; one that dies loses them within seconds, long before
        # its last word of them is old.
        held = lease_left is not None and lease_left > 0
        about = {
            "state": state if held and said is not None and said <= SILENT_S else "silent",
            "ready": due, "unknown": link_unknown, "lease_epoch": epoch,
            "lease_left": None if lease_left is None else round(max(lease_left, 0.0), 1),
            **{key: facts[key] for key in ("sent", "refused", "throttled", "unanswered") if key in facts},
        }  # fmt: skip
        beside: dict[str, Any] = {"of": str(id_), "name": name, "facts": about}
        if about["state"] == "bound":
            yield Finding("link", Level.OK, 0.0, **beside)
        else:
            away = said if state == "bound" else since
            yield measured("link", away if away is not None else SILENT_S, words=error or "", **beside)
    yield measured("outbound_ready", ready_age, facts={"count": ready})
    yield measured("outbound_under_way", taken)
    yield measured("deliveries_unknown", unknown)
    yield measured("inbound_unreadable", alarms)
    yield measured("receipts_parked", parked)


_LEADERS = """
select organisation.id, organisation.slug, lease.epoch,
       extract(epoch from clock_timestamp() - lease.expires_at)::double precision
from accounts_organisation organisation
left join jobs_lease lease on lease.name = 'routing:' || organisation.id
where (%(organisation)s::uuid is null or organisation.id = %(organisation)s)
order by organisation.slug
"""


def _leaders(cursor: Any, organisation_id: Scope) -> Iterator[Finding]:
    cursor.execute(_LEADERS, {"organisation": organisation_id})
    for id_, slug, epoch, over in cursor.fetchall():
        beside: dict[str, Any] = {"of": str(id_), "name": slug, "facts": {"lease_epoch": epoch}}
        if over is None:
            yield Finding("routing_lease", Level.RED, None, words="nobody has led yet", **beside)
        elif over < 0:
            yield Finding("routing_lease", Level.OK, 0.0, **beside)
        else:
            yield measured("routing_lease", over, **beside)


_JOBS = """
select count(*) filter (where state = 'waiting' and due_at <= clock_timestamp()),
       coalesce(extract(epoch from clock_timestamp() - min(due_at)
           filter (where state = 'waiting' and due_at <= clock_timestamp())), 0)::double precision
from jobs_job where state = 'waiting' and (%(organisation)s::uuid is null or organisation_id = %(organisation)s)
"""
_FAILED = """
select count(*) from jobs_job
where id >= uuid_floor(now() - interval '24 hours') and state = 'failed'
    and (%(organisation)s::uuid is null or organisation_id = %(organisation)s)
"""


def _jobs(cursor: Any, organisation_id: Scope) -> Iterator[Finding]:
    cursor.execute(_JOBS, {"organisation": organisation_id})
    count, age = cursor.fetchone()
    yield measured("jobs_due", age, facts={"count": count})
    cursor.execute(_FAILED, {"organisation": organisation_id})
    yield measured("jobs_failed", cursor.fetchone()[0])


_ASKED_OF_THE_DATABASE: dict[CheckName, Probe] = {
    "link": _links,
    "routing_lease": _leaders,
    "inbound_unhandled": _unhandled,
    "bot_server": bot_servers,
    "bot_version": bot_versions,
    "look_up_source": look_up_sources,
    "jobs_due": _jobs,
    "partitions_ahead": _partitions,
    "oldest_transaction": _oldest_transaction,
    "clock": _clock,
}


def _redis() -> Finding:
    began = time.perf_counter()
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
            memory: dict[str, Any] = client.info("memory")
    except redis.RedisError as error:
        return unanswered("redis", type(error).__name__)
    limit = int(memory.get("maxmemory", 0))
    facts: Facts = {"used": int(memory.get("used_memory", 0)), "limit": limit}
    if limit and int(memory.get("used_memory", 0)) >= limit:
        return Finding("redis", Level.RED, None, words="full", facts=facts)
    return measured("redis", time.perf_counter() - began, facts=facts)


def _webhooks() -> Finding:
    """Of the machine that answers: each that runs web processes has a spool of its own."""
    spool = Spool(Path(settings.WEBHOOK_SPOOL))
    try:
        (count, age), aside = spool.waiting(), spool.put_aside()
    except (OSError, ValueError) as error:
        return unanswered("webhooks_waiting", type(error).__name__)
    found = measured("webhooks_waiting", age, facts={"count": count, "put_aside": aside})
    return replace(found, level=Level.WARNING) if aside and found.level == Level.OK else found


def _disk() -> Finding:
    try:
        usage = shutil.disk_usage(settings.STATE)
    except OSError as error:
        return unanswered("disk_free", type(error).__name__)
    return measured("disk_free", 100 * usage.free / usage.total, facts={"free": usage.free})
