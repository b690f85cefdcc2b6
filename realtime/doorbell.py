"""Waking those who wait. Losing a ring costs a moment, never a message: every listener also sweeps each second.

Two bells: NOTIFY for the processes that hold a database connection anyway (dispatcher, gateway), Redis for the web
processes, which follow the event log. Ring after COMMIT, once for a batch: NOTIFY inside a transaction takes a
database-wide lock at its commit.
"""

from __future__ import annotations

import logging
import time
from uuid import UUID

import redis
from django.conf import settings
from django.db import connection
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

UNHANDLED = "palabre_unhandled"  # texts to decide about
WAITING = "palabre_waiting"  # conversations or agents whose assignment may have changed
OUTBOX = "palabre_outbox"  # deliveries ready
LINKS = "palabre_links"  # the configuration of links changed
EVENTS_TOPIC = "palabre:events"

LEAVE_ALONE_S = 1.0

_client: redis.Redis | None = None
_silent_until = 0.0


def _redis() -> redis.Redis:
    global _client  # noqa: PLW0603
    if _client is None:
        # Short time-outs and one try: a deed that is committed must not wait for a bell that is broken.
        _client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=0.3, socket_connect_timeout=0.3, retry=Retry(NoBackoff(), 0)
        )
    return _client


def ring(bell: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, '')", [bell])


def ring_events(organisation_id: UUID) -> None:
    """Tell the web processes that an organisation's log has grown. What grew, they read themselves.

    A broken bell is left alone for a second, so that a Redis that hangs does not slow every deed down.
    """
    global _silent_until  # noqa: PLW0603
    if time.monotonic() < _silent_until:
        return
    try:
        _redis().publish(EVENTS_TOPIC, str(organisation_id))
    except redis.RedisError as error:
        _silent_until = time.monotonic() + LEAVE_ALONE_S
        log.warning("the event bell is silent: %s", type(error).__name__)
