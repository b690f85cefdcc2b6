"""Celery's tasks: doorbells for rows, nothing else. They accept unknown keywords, so that yesterday's worker
survives today's caller; running one twice, or never, changes nothing."""

from __future__ import annotations

from importlib import import_module
from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_init
from django.conf import settings
from django.db import connections

from jobs import poller, runner, schedules

import_module(settings.JOBS_APPLICATION)  # without it Celery would invent a broker


@shared_task(name="jobs.ring", ignore_result=True)
def ring(*, job_id: str, **_unknown: Any) -> None:
    """Run this job if it is due and free."""
    try:
        runner.run(UUID(job_id))
    finally:
        connections.close_all()


@shared_task(name="jobs.tick", ignore_result=True)
def tick(**_unknown: Any) -> None:
    """Make the recurring jobs that are due."""
    try:
        schedules.tick()
    finally:
        connections.close_all()


# A worker that Redis has forgotten (a flush takes Celery's own bindings along) still looks for itself; so does one
# that starts while Redis is away, which is never "ready": hence at its first sign of life.
worker_init.connect(poller.start, weak=False)
