"""The desk's kinds of job. Every process knows them; only the worker that runs one loads what it does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from jobs.kinds import RunningJob, job_kind


@job_kind("inbox.bulk")
def bulk(job: RunningJob, *, deed_id: str, **_later: object) -> dict[str, Any]:
    """Go on with one thing that is done to many conversations."""
    from inbox.bulk import go_on

    return go_on(job, deed_id=deed_id)


@job_kind("inbox.forget_bulk", every=timedelta(days=1))
def forget_bulk(job: RunningJob, **_later: object) -> dict[str, Any]:
    """What was done to many is kept for some days, so that the same request finds it."""
    from inbox.bulk import forget

    return forget(job)
