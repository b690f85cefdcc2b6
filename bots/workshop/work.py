"""The workshop's kinds of job. Every process knows them; only the worker that runs one loads engines."""

from __future__ import annotations

from typing import Any

from jobs.kinds import RunningJob, job_kind


@job_kind("workshop.train")
def train_version(job: RunningJob, *, version_id: str, revision: int, **_later: object) -> dict[str, Any]:
    """Teach a version its phrases and judge it. A second run finds what the first has learnt."""
    from bots.workshop.candidates import train

    return train(job, version_id, revision)
