"""Jobs that are over are kept for a month, for whoever asks what came of them, and then forgotten."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from django.db import connection, transaction

from jobs.kinds import RunningJob, job_kind

KEPT_DAYS = 30
SLICE = 1000  # rows of one short transaction: a long one would stop vacuum on the queue itself

# A job's key is made with it, so what is older than its key says needs no index of its own.
_SLICE = """
with old as (
    select id from jobs_job
    where id < uuid_floor(clock_timestamp() - make_interval(days => %(days)s))
      and state in ('done', 'failed', 'cancelled')
      and finished_at < clock_timestamp() - make_interval(days => %(days)s)
    order by id limit %(limit)s
), runs as (delete from jobs_scheduledrun where job_id in (select id from old))
delete from jobs_job where id in (select id from old)
"""


def forget_in_slices(job: RunningJob, statement: str, *, days: int) -> int:
    """How many rows `statement` deletes that are older than `days`: at most `limit` at a time, until fewer are left."""
    forgotten = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, {"days": days, "limit": SLICE})
            forgotten += cursor.rowcount
            if cursor.rowcount < SLICE:
                return forgotten
        job.progress(0.5)


@job_kind("jobs.forget", every=timedelta(days=1), at=time(2, 30))
def forget_finished(job: RunningJob, **_later: object) -> dict[str, Any]:
    """Delete what has been over for KEPT_DAYS, slice by slice."""
    return {"forgotten": forget_in_slices(job, _SLICE, days=KEPT_DAYS)}
