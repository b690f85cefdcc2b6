"""Kinds of job for tests. What ran stands in the database, where every process of a test can see it."""

from __future__ import annotations

import time
from typing import Any

from common.errors import Conflict
from jobs.kinds import RunningJob, job_kind
from jobs.models import Job


@job_kind("tests.count")
def count(job: RunningJob, *, seconds: float = 0.0, **_later: object) -> dict[str, Any]:
    """Takes `seconds`, in steps; the result says which attempt it was."""
    Job.objects.create(kind="tests.ran", arguments={"of": str(job.id)}, state="done")
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        job.progress(1 - left / seconds)
        time.sleep(0.05)
    return {"attempt": job.attempt}


@job_kind("tests.refuse")
def refuse(job: RunningJob, **_later: object) -> None:
    raise Conflict("busy", "the list is being changed")


@job_kind("tests.break")
def break_(job: RunningJob, **_later: object) -> None:
    raise ValueError("Bonjour, mon mot de passe est 1234")
