"""A thread in each worker that looks for due jobs by itself: with Redis empty, silent or gone, jobs still run."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from django.db import connections

from jobs import runner, schedules, service

log = logging.getLogger(__name__)

NAME = "job poller"
LOOK_EVERY_S = 2.0
TICK_EVERY_S = 5.0


def start(**_signal: Any) -> None:
    """Begin to look, once a process however often Celery starts in it."""
    if not any(thread.name == NAME for thread in threading.enumerate()):
        threading.Thread(target=_look_for_ever, name=NAME, daemon=True).start()


def _look_for_ever() -> None:
    ticked_at = 0.0
    while True:
        time.sleep(LOOK_EVERY_S)
        try:
            if time.monotonic() - ticked_at >= TICK_EVERY_S:
                ticked_at = time.monotonic()
                schedules.tick()
            look()
        except Exception as error:
            log.warning("jobs are looked for again in a moment: %s", type(error).__name__)
        finally:
            connections.close_all()


def look(overdue_s: float = 3.0) -> int:
    """Run what nobody was rung for, one after the other; returns how many were run here."""
    return sum(runner.run(job_id) for job_id in service.due_jobs(overdue_s))
