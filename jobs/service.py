"""Asking for slow work, and stopping it. The row first; Celery is rung after COMMIT and may as well not hear."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from common.errors import NotFound
from jobs.kinds import kinds
from jobs.models import Job, JobState

log = logging.getLogger(__name__)

RING_EXPIRES_S = 10  # a sweep rings again by then
LEAVE_ALONE_S = 10.0  # after a ring that nobody heard; workers look for themselves every two seconds

_bell = ThreadPoolExecutor(1, thread_name_prefix="job bell")
_silent_until = 0.0

_DUE = """
select id from jobs_job
where kind = any(%s) and (state = 'waiting' and due_at <= clock_timestamp() - make_interval(secs => %s)
                          or state = 'running' and lease_until <= clock_timestamp())
order by due_at limit 20
"""


def request_job(
    *,
    kind: str,
    organisation_id: UUID | None = None,
    owner_id: UUID | None = None,
    arguments: dict[str, Any] | None = None,
    max_attempts: int = 5,
    due_at: datetime | None = None,
) -> Job:
    """Store a job, in the caller's transaction if there is one; a worker has it within moments of the commit.

    `arguments` hold JSON values. A `kind` that no worker knows waits until one does.
    """
    job = Job(
        kind=kind,
        organisation_id=organisation_id,
        owner_id=owner_id,
        arguments=arguments or {},
        max_attempts=max_attempts,
    )
    if due_at is not None:
        job.due_at = due_at
    job.save(force_insert=True)
    if due_at is None:
        transaction.on_commit(lambda: ring_soon(job.id), robust=True)
    return job


def cancel_job(*, organisation_id: UUID, job_id: UUID) -> None:
    """Stop a job that is not over; one that runs ends at its next `progress`. Raises NotFound."""
    found = Job.objects.filter(id=job_id, organisation_id=organisation_id)
    if not found.exists():
        raise NotFound("no_job", "there is no such job")
    from django.db.models.functions import Now

    found.filter(state__in=[JobState.WAITING, JobState.RUNNING]).update(
        state=JobState.CANCELLED, finished_at=Now(), lease_until=None
    )


def ring_soon(job_id: UUID) -> None:
    """Tell a worker, on a thread of the bell's own: a broker that hangs takes seconds, which are nobody's who asks."""
    if time.monotonic() >= _silent_until:
        _bell.submit(_ring_unless_silent, job_id)


def _ring_unless_silent(job_id: UUID) -> None:
    if time.monotonic() >= _silent_until:  # asked again: those that were given before the first time-out need not try
        ring(job_id)


def ring(job_id: UUID) -> bool:
    """Tell a worker, and wait until he is told. A broker that is away is no reason to fail: the row is there, the sweep
    rings again.

    False: nobody has heard.
    """
    global _silent_until  # noqa: PLW0603 (one broker a process)
    from jobs.tasks import ring as task

    try:
        task.apply_async(kwargs={"job_id": str(job_id)}, expires=RING_EXPIRES_S, retry=False)
    except Exception as error:
        log.warning("nobody hears of job %s yet: %s", job_id, type(error).__name__)
        _silent_until = time.monotonic() + LEAVE_ALONE_S
        return False
    return True


def due_jobs(overdue_s: float = 0.0) -> list[UUID]:
    """The oldest jobs that somebody should run now: due since `overdue_s`, or let go by a worker that died.

    Of kinds that this process knows: those that wait for a newer one must not stand before all others for ever.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [list(kinds), overdue_s])
        return [row[0] for row in cursor.fetchall()]


def ring_due() -> int:
    """Ring again for what a lost ring, a dead worker or a later due time has left; returns for how many.

    Ends with the first that nobody hears: a broker that hangs would cost seconds for each.
    """
    found = due_jobs(overdue_s=2.0)
    for number, job_id in enumerate(found):
        if not ring(job_id):
            return number
    return len(found)
