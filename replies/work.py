"""The kinds of job of replies. Every process knows them; only the worker that runs one loads what it does."""

from __future__ import annotations

from typing import Any

from jobs.kinds import RunningJob, job_kind


@job_kind("replies.send_scheduled")
def send_scheduled(job: RunningJob, *, scheduled_id: str, **_later: object) -> dict[str, Any]:
    """Send an answer whose time has come."""
    from replies.scheduled import send_scheduled as send

    return send(job, scheduled_id=scheduled_id)
