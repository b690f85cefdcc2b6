"""What jobs there are: a name, the function that does it, and for recurring ones how often.

    @job_kind("conversations.count_density", every=timedelta(days=1), at=time(2))
    def count_density(job: RunningJob, **_later: object) -> dict: ...

A function takes its arguments by name and ignores those it does not know (a newer caller). It may run again after a
crash, so it must do no harm the second time. It calls `job.progress(0.4)` now and then: that is where a job which
was cancelled, or whose lease was lost, ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any, Protocol
from uuid import UUID


class RunningJob(Protocol):
    id: UUID
    organisation_id: UUID | None
    attempt: int  # from 1

    def progress(self, fraction: float) -> None:
        """Say how far it is, 0 to 1. Raises Stopped when it should not go on."""


class Stopped(Exception):
    """The job was cancelled, or belongs to another worker by now."""


Work = Callable[..., dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    work: Work
    every: timedelta | None
    at: time | None  # UTC, of the first run; None: at once


kinds: dict[str, Kind] = {}


def job_kind(name: str, *, every: timedelta | None = None, at: time | None = None) -> Callable[[Work], Work]:
    """Register the function under `name`. Two of one name are a mistake found at start."""

    def register(work: Work) -> Work:
        if name in kinds and kinds[name].work is not work:
            raise RuntimeError(f"two kinds of job are called {name}")
        kinds[name] = Kind(name, work, every, at)
        return work

    return register
